"""llama.cpp's server with the scripted model and a template that shows tools: it parses the calls itself.

A call that its grammar does not know ends the reply with an error.
"""

from functools import partial

from tests.engines.engine import Engine
from tests.engines.known.llama_cpp import NEEDS, start

ENGINE = Engine(
    "llama.cpp, template with tools",
    NEEDS,
    home="llama_cpp",
    package="xllamacpp",
    start=partial(start, template="tools"),
    rejects=True,
)
