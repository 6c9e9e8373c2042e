"""A wire is a value that holds the functions and the facts of one chat protocol.

Every package of this folder exports its wire as `WIRE`. The rest of toolbridge asks the value, and never compares
names.

    Wire           read_request     a client's body        → ChatRequest
                   writer           events                 → bytes of a reply
    BackendWire    write_request    ChatRequest            → a backend's body
                   reader           bytes of a reply       → events
                   rewrite          a frame                → the same frame with other text and calls
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from toolbridge.budget import Budget
from toolbridge.events import Error, Event, ReplyStart
from toolbridge.frames import Frame, NdjsonFrames, SseFrames
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.traits import Traits
from toolbridge.wire.whole import WholeWriter

Clock = Callable[[], float]
"""Unix seconds."""
Ids = Callable[[], str]
"""The next id of a tool call."""
_LATEST = 2**53
"""A number of unix seconds that JavaScript no longer reads exactly: no server's clock shows it."""


class Reader(Protocol):
    """Takes the bytes of a reply by `feed` and `finish`, and gives its events.

    A caller that needs the original bytes beside the events cuts first and then reads: it calls `frames` and `read` for
    the bytes that came, `rest` and `read` at the end, and at last `finish`. A reply that was not streamed is one frame,
    which `rest` gives.
    """

    closing: bool
    """Whether the finish reason of the reply has been read, so that only the end is still to come."""
    as_asked: bool
    """Whether the reply comes in the form that was asked for: as a stream, or in one piece."""
    body: dict[str, Any] | None
    """The object in the last frame that was `read`, for `BackendWire.rewrite`; None if the frame held no object."""

    def feed(self, data: bytes) -> list[Event]:
        """Read the frames that these bytes complete. Neighbouring deltas of one kind are joined."""
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
        """The last events, after the last byte: an `Error` among them unless the reply had ended before."""
        ...


class Writer(Protocol):
    """Takes events and gives the bytes of a reply: as the events come if it is streamed, else at the end."""

    def feed(self, events: Iterable[Event]) -> bytes:
        """Write these events into one `bytes`."""
        ...

    def finish(self) -> bytes:
        """The last bytes: no more events will come."""
        ...


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """The client's own request, a clock and a source of ids: a reply is written with these.

    With `notes`, a wire whose clients do not show an error in mid-stream writes the error into the text of the reply.
    """

    request: ChatRequest
    clock: Clock
    ids: Ids
    notes: bool = False

    def created(self, start: ReplyStart) -> int:
        """The time when the reply began, in whole unix seconds; the clock's if the backend gave no valid time."""
        if start.created is None or not abs(start.created) < _LATEST:
            return int(self.clock())
        return int(start.created)

    def new_id(self, prefix: str) -> str:
        """A new id for a reply: the next id of a call, with this prefix in place of `call_`."""
        return prefix + self.ids().removeprefix("call_")


class ReadRequest(Protocol):
    """Reads a client's chat body. Raises `RequestError` with a message that tells the client how to mend the body."""

    def __call__(self, body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
        """Messages and tools are drawn from the budget before they are read; without a budget, from a fresh one."""
        ...


Rewrite = Callable[[Frame, dict[str, Any] | None, Iterable[Event]], bytes | None]
"""Replaces the text and the calls of a frame by those of the events, and leaves all else of the frame as it was.

Its second argument is the object in the frame, `Reader.body`, which may be changed. The result is empty if the frame
would hold nothing any more, and None if the frame has no place for text and calls.
"""


class NewReader(Protocol):
    """Makes a reader for one reply of a backend."""

    def __call__(self, *, stream: bool, limits: Limits, ids: Ids) -> Reader:
        """Make it. `stream` is true if the request asked for a stream."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A protocol that clients speak."""

    name: str
    """Its name, as in `ChatRequest.source`."""
    title: str
    """The owner of the wire, for messages: `Ollama's`."""
    path: str
    """The path to which chats are posted."""
    frames: type[NdjsonFrames] | type[SseFrames]
    """The framing of a stream."""
    whole_type: str
    """Content-Type of a reply in one piece."""
    read_request: ReadRequest
    stream_writer: Callable[[ReplyContext], Writer]
    """Makes a writer of a streamed reply."""
    compose: Callable[[list[Event], ReplyContext], bytes]
    """Writes a whole reply, or the body of its error."""
    word: Callable[[str], str]
    """The word of this wire for a finish reason of ours."""
    write_error: Callable[[Error], bytes]
    """The body of an error answer, sent with the status `error.status`."""
    sign: Callable[[bytes, str], bytes] | None = None
    """Puts the id of a request into the body of its error answer; None if such a body has no place for the id."""
    id_header: str = ""
    """The header in which its clients look for the id of a request, beside `X-Request-Id`."""
    errors_below: str = ""
    """Errors at paths that begin so are written in this wire; if several wires fit, the longest beginning counts."""
    known_by: str = ""
    """The header by which its clients are known at a path that another wire has, too."""
    write_listed: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """Writes `/v1/models`, or an entry of it, from OpenAI's form; None for a wire whose clients read that form."""
    is_prompt: Callable[[ChatRequest], bool] | None = None
    """Whether a request is a finished prompt, or a prompt with a hole, and no conversation."""
    of_ollama: bool = False
    """Whether a backend with Ollama's own routes answers such requests without the bridge."""
    breaks_off: bool = False
    """Whether a stream that ends with an error also breaks its connection off: some clients of this wire skip the frame
    of an error, and would take a proper end for the end of a whole reply."""
    ping: bytes = b""
    """The frame of a stream that tells its client nothing but that the bridge is still there. It is empty for a wire
    that has no such frame."""
    tells_durations: bool = False
    """Whether the end of a reply tells how long it took: clients show a speed by these figures."""
    stream_end: bytes = b""
    """The bytes behind the last frame of a stream."""
    whole_calls: bool = False
    """Whether a call can only be written whole, as its arguments are a JSON object and not text."""
    hints_thinking: bool = False
    """Whether its clients ask for thinking as a hint, and take a reply without thoughts. Clients of other wires get an
    error if a model cannot think."""
    also_at: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    """Further paths to which chats are posted, each with the function that makes a body for `path` of the body."""
    refers: bool = False
    """Whether its clients may refer to earlier responses in place of sending them again (`responses.recall`)."""
    thinking_fields: tuple[str, ...] = ()
    """Names in `ChatRequest.extra` of fields that hold a part of the wish for thinking."""

    @property
    def stream_type(self) -> str:
        """Content-Type of a streamed reply."""
        return self.frames.TYPE

    def writer(self, *, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
        """A writer for one reply to a client; `request` is the client's own, as `read_request` gave it.

        The time to make a writer may grow with the request; the time of its steps does not.
        """
        context = ReplyContext(request, clock, ids, notes)
        if request.stream:
            return self.stream_writer(context)
        return WholeWriter(partial(self._composed, context))

    def _composed(self, context: ReplyContext, events: list[Event]) -> bytes:
        return self.compose(events, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendWire(Wire):
    """A protocol that backends speak, too, so that requests are written in it and replies are read."""

    write_request: Callable[[ChatRequest], dict[str, Any]]
    """Makes the body for a backend of this wire. Raises `RequestError` for content that has no place in such a body."""
    reader: NewReader
    read_error: Callable[[int, bytes], Error]
    """Reads a backend's error answer, whatever its body holds. JSON inside the error string is unwrapped."""
    fit: Callable[[dict[str, Any], ChatRequest, Traits], dict[str, Any]] | None = None
    """Changes a body as the traits of one server want it."""
    rewrite: Rewrite | None = None
    """None if no frame can be changed alone, as the blocks or events of a reply are numbered throughout."""
