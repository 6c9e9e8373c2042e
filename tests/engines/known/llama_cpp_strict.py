"""llama.cpp's server with a template of Qwen 3.5's kind: it refuses a late system message, and talks without a user."""

from functools import partial

from tests.engines.engine import Engine
from tests.engines.known.llama_cpp import NEEDS, start

ENGINE = Engine(
    "llama.cpp, strict template",
    NEEDS,
    home="llama_cpp",
    package="xllamacpp",
    start=partial(start, template="strict"),
    rejects=True,
)
