"""How model families write tool calls: a file for each family, with the prompt and the parser of its notation together.

Each file holds a `DIALECT`, or the `DIALECTS` of a family that has written two notations. Nothing else is to be
registered: a dialect is found by its file being there. No family imports another family. What several families share
is in `toolbridge/notation`, which knows none of them.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from toolbridge.notation.dialect import Dialect


def families() -> Iterator[tuple[ModuleType, tuple[Dialect, ...]]]:
    """The files of this folder, imported, each with its dialects."""
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        yield module, getattr(module, "DIALECTS", None) or (module.DIALECT,)


@cache
def dialects() -> Mapping[str, Dialect]:
    """Every dialect by its name."""
    return {dialect.name: dialect for _, found in families() for dialect in found}
