"""The chat protocols: one file or package each, both directions in it.

A wire is a module with the names of `Wire`. `read_` turns a wire's JSON or bytes into our own types, `write_` does the
reverse; `reader` and `writer` do it for a reply, streamed or whole, with `feed` and `finish`. A wire knows nothing of
dialects, prompts or sockets.

What the wires share lies beside them: `codec` (JSON that keeps its digits), `fields` (lenient reading of bodies),
`failures` (error answers), `linking` (calls and their results), `reading` (frames to events), `whole` (replies in one
piece).

`extra` is flat. A wire writes back an extra that is its own: a request's by `ChatRequest.source`; a reply's by a field
that no other wire has (`created_at` in the closing fields of Ollama's), and of any other only what it knows by name.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, Literal, Protocol, cast

from toolbridge.budget import Budget
from toolbridge.errors import UnknownWire
from toolbridge.events import Error, Event
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest

Clock = Callable[[], float]
"""Unix seconds."""
Ids = Callable[[], str]
"""The next id of a tool call."""

NAMES = ("ollama", "openai", "anthropic")
CLIENTS = ("ollama.generate", "responses")
"""Wires that clients speak and no backend is asked by: of `Wire` they have what reads requests and writes replies."""


class Reader(Protocol):
    """Bytes of a reply in, events out, by `feed` and `finish`.

    Who needs the original bytes beside the events cuts first and reads then: `frames` and `read` for what came, `rest`
    and `read` at the end, then `finish`. A reply that was not streamed is one frame, and comes with `rest`.
    """

    closing: bool
    """Whether the reason of the reply has been read, so that only its end is to come."""

    def feed(self, data: bytes) -> list[Event]:
        """Read what these bytes complete; neighbouring deltas of one kind come joined."""
        ...

    def frames(self, data: bytes) -> list[Frame]:
        """Cut bytes into frames without reading them (see `read`)."""
        ...

    def read(self, frame: Frame) -> list[Event]:
        """Read one frame."""
        ...

    def rest(self) -> list[Frame]:
        """The frames that the end of the bytes completes."""
        ...

    def finish(self) -> list[Event]:
        """The bytes ended: an `Error` unless the reply had ended before."""
        ...


class Writer(Protocol):
    """Events in, bytes of a reply out: as they come where it is streamed, at the end where it is not."""

    def feed(self, events: Iterable[Event]) -> bytes:
        """Write these events; one `bytes` for all of them."""
        ...

    def finish(self) -> bytes:
        """No more events will come."""
        ...


class Wire(Protocol):
    """What the module of a wire has."""

    NAME: str
    STREAM_TYPE: str
    """Content-Type of a streamed reply."""
    WHOLE_TYPE: str
    """Content-Type of a reply in one piece."""
    STREAM_END: bytes
    """What stands behind the last frame of a stream."""

    @staticmethod
    def read_request(body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
        """A client's chat body. Raises `RequestError` with a message that says what to mend.

        Its messages and tools are counted before they are read; without a budget, in one of its own.
        """
        ...

    @staticmethod
    def write_request(request: ChatRequest) -> dict[str, Any]:
        """The body that a backend of this wire takes."""
        ...

    @staticmethod
    def reader(*, stream: bool, limits: Limits, clock: Clock, ids: Ids) -> Reader:
        """A reader for one reply of a backend."""
        ...

    @staticmethod
    def writer(*, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
        """A writer for one reply to a client; `request` is the client's own, as `read_request` gave it.

        With `notes`, a wire whose clients show nothing of an error in mid-stream says it in the text of the reply.
        """
        ...

    @staticmethod
    def rewrite(frame: Frame, events: Iterable[Event]) -> bytes | None:
        """A frame of this wire with its text and calls replaced by those of `events`, all else as it was.

        The empty string if nothing is left for the frame to say; None if the frame has no place for text and calls. A
        wire whose frames depend on each other has no such function (see `translate`).
        """
        ...

    @staticmethod
    def word(reason: str) -> str:
        """The word of this wire for one of our finish reasons."""
        ...

    @staticmethod
    def write_error(error: Error) -> bytes:
        """The body of an error answer, sent with the status `error.status`."""
        ...

    @staticmethod
    def read_error(status: int, body: bytes) -> Error:
        """A backend's error answer, whatever its body holds; JSON inside the error string is unwrapped."""
        ...


Part = Literal["reader", "write_request"]
"""What a wire may lack, as no backend is asked by it."""
_LACKS: Mapping[Part, str] = {
    "reader": "replies of the wire {!r} are not read",
    "write_request": "requests of the wire {!r} are not written",
}


def wire(name: str, needs: Part | None = None) -> Wire:
    """The wire of this name, with the part that it `needs` to have. Raises `UnknownWire`."""
    if name not in NAMES + CLIENTS:
        raise UnknownWire(f"no wire is called {name!r}; there are: {', '.join(NAMES + CLIENTS)}")
    found = import_module(f"{__name__}.{name}")
    if needs and not hasattr(found, needs):
        raise UnknownWire(f"{_LACKS[needs].format(name)}: only clients speak it")
    return cast("Wire", found)


def rewrites(one: Wire) -> bool:
    """Whether frames of this wire can be changed one by one. In others blocks or events are numbered throughout."""
    return hasattr(one, "rewrite")
