"""The chat protocols. Each is a package with both directions in it, and is found because it lies in this folder.

A package exports one value `WIRE` (`base` defines its type). Its files are `read_request`, `write_request`,
`read_reply` and `write_reply`. A wire knows nothing of dialects, prompts or sockets.

The modules beside the packages are shared by all wires:

    base            the types of a wire, of its readers and of its writers
    codec           JSON that keeps the digits of its numbers
    request_json    a client's bytes into JSON; `json_values` counts the values before they are built
    fields          a client's body, read as leniently as Ollama's server reads it
    linking, turns  calls and their results; past turns in a request to a backend
    reply_reader    frames into events; `reply_fields` and `open_calls` help the readers
    whole           replies in one piece
    failures        error answers of backends

`extra` is flat. A wire writes an `extra` back if the fields in it are its own. It knows the `extra` of a request by
`ChatRequest.source`, and that of a reply by a field that no other wire has (`created_at` in the closing fields of
Ollama's). From any other `extra` it takes only the fields that it knows by name.
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
