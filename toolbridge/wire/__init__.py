"""The chat protocols: one package each, both directions in it, found by being there.

A package exports one value `WIRE` (`base` says what it holds). Its files are named by what they do: `read_request`,
`write_request`, `read_reply`, `write_reply`. A wire knows nothing of dialects, prompts or sockets.

What the wires share lies beside them: `codec` (JSON that keeps its digits), `fields` (lenient reading of bodies),
`failures` (error answers), `linking` (calls and their results), `reply_reader` (frames to events), `whole` (replies in
one piece).

`extra` is flat. A wire writes back an extra that is its own: a request's by `ChatRequest.source`; a reply's by a field
that no other wire has (`created_at` in the closing fields of Ollama's), and of any other only what it knows by name.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from toolbridge.errors import UnknownWire
from toolbridge.wire.base import BackendWire, Clock, Ids, Reader, ReplyContext, Rewrite, Wire, Writer

__all__ = [
    "BackendWire",
    "Clock",
    "Ids",
    "Reader",
    "ReplyContext",
    "Rewrite",
    "Wire",
    "Writer",
    "backend_wire",
    "wire",
    "wires",
]


@cache
def wires() -> Mapping[str, Wire]:
    """All wires, by name."""
    found: list[Wire] = [
        import_module(f"{__name__}.{entry.name}").WIRE for entry in iter_modules(__path__) if entry.ispkg
    ]
    return {each.name: each for each in found}


def wire(name: str) -> Wire:
    """The wire of this name. Raises `UnknownWire`."""
    known = wires()
    if name not in known:
        raise UnknownWire(f"no wire is called {name!r}; there are: {', '.join(known)}")
    return known[name]


def backend_wire(name: str) -> BackendWire:
    """The wire of this name, by which requests are written and replies are read. Raises `UnknownWire`."""
    found = wire(name)
    if not isinstance(found, BackendWire):
        raise UnknownWire(f"only clients speak the wire {name!r}: no request is written and no reply is read in it")
    return found
