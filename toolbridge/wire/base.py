"""What a wire is: a value that holds the functions and the facts of one chat protocol.

Every package of this folder exports one as `WIRE`. The rest of toolbridge asks the value, and never compares names.

    Wire           read_request     a client's body        → ChatRequest
                   writer           events                 → bytes of a reply
    BackendWire    write_request    ChatRequest            → a backend's body
                   reader           bytes of a reply       → events
                   rewrite          a frame, with its text and calls replaced
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from toolbridge.budget import Budget
from toolbridge.events import Error, Event, ReplyStart
from toolbridge.frames import Frame, NdjsonFrames, SseFrames
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.wire.whole import WholeWriter

Clock = Callable[[], float]
"""Unix seconds."""
Ids = Callable[[], str]
"""The next id of a tool call."""
_LATEST = 2**53
"""A number of unix seconds that JavaScript no longer reads exactly: no server's clock shows it."""


class Reader(Protocol):
    """Bytes of a reply in, events out, by `feed` and `finish`.

    A caller that needs the original bytes beside the events cuts first and reads then: `frames` and `read` for the
    bytes that came, `rest` and `read` at the end, then `finish`. A reply that was not streamed is one frame, and comes
    with `rest`.
    """

    closing: bool
    """Whether the reason of the reply has been read, so that only its end is to come."""
    body: dict[str, Any] | None
    """The object of the frame that `read` has read last, for `BackendWire.rewrite`; None if the frame held none."""

    def feed(self, data: bytes) -> list[Event]:
        """Read the frames that these bytes complete; neighbouring deltas of one kind come joined."""
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


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What a reply is written with: the client's own request, the time, and ids.

    With `notes`, a wire whose clients show nothing of an error in mid-stream says the error in the text of the reply.
    """

    request: ChatRequest
    clock: Clock
    ids: Ids
    notes: bool = False

    def created(self, start: ReplyStart) -> int:
        """When the reply began, in whole unix seconds: the backend's own time, or the clock's where that is no time."""
        if start.created is None or not abs(start.created) < _LATEST:
            return int(self.clock())
        return int(start.created)

    def new_id(self, prefix: str) -> str:
        """A new id for a reply: those of calls with this prefix in place of their own."""
        return prefix + self.ids().removeprefix("call_")


class ReadRequest(Protocol):
    """Reads a client's chat body. Raises `RequestError` with a message that says what to mend."""

    def __call__(self, body: Mapping[str, Any], budget: Budget | None = None) -> ChatRequest:
        """Messages and tools are counted before they are read; without a budget, in a fresh one."""
        ...


Rewrite = Callable[[Frame, dict[str, Any] | None, Iterable[Event]], bytes | None]
"""A frame with its text and calls replaced by those of the events, all else as it was.

The object in the frame comes with it, as `Reader.body`, and may be changed. The empty string says that nothing is left
for the frame to say; None says that the frame has no place for text and calls.
"""


class NewReader(Protocol):
    """Makes a reader for one reply of a backend."""

    def __call__(self, *, stream: bool, limits: Limits, ids: Ids) -> Reader:
        """`stream` says whether a stream was asked for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A protocol that clients speak."""

    name: str
    """What `ChatRequest.source` calls it."""
    path: str
    """Where it takes chats."""
    frames: type[NdjsonFrames] | type[SseFrames]
    """How a stream is cut into frames."""
    whole_type: str
    """Content-Type of a reply in one piece."""
    read_request: ReadRequest
    stream_writer: Callable[[ReplyContext], Writer]
    """Writes a reply as it comes."""
    compose: Callable[[list[Event], ReplyContext], bytes]
    """Writes a whole reply, or the body of its error."""
    word: Callable[[str], str]
    """The word of this wire for a finish reason of ours."""
    write_error: Callable[[Error], bytes]
    """The body of an error answer, sent with the status `error.status`."""
    sign: Callable[[bytes, str], bytes] | None = None
    """Puts the id of a request into the body of its error answer, where such a body has a place for the id."""
    stream_end: bytes = b""
    """The bytes behind the last frame of a stream."""
    whole_calls: bool = False
    """Whether a call can only be said whole."""
    hints_thinking: bool = False
    """Whether its clients ask for thinking as a hint, and take a reply without it. Others are told that a model cannot
    think."""

    @property
    def stream_type(self) -> str:
        """Content-Type of a streamed reply."""
        return self.frames.TYPE

    def writer(self, *, request: ChatRequest, clock: Clock, ids: Ids, notes: bool = False) -> Writer:
        """A writer for one reply to a client; `request` is the client's own, as `read_request` gave it.

        Making one may take as long as the request is large; its steps do not.
        """
        context = ReplyContext(request, clock, ids, notes)
        if request.stream:
            return self.stream_writer(context)
        return WholeWriter(partial(self._composed, context))

    def _composed(self, context: ReplyContext, events: list[Event]) -> bytes:
        return self.compose(events, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendWire(Wire):
    """A protocol that backends speak, too: requests are written in it, and replies are read."""

    write_request: Callable[[ChatRequest], dict[str, Any]]
    """The body that a backend of this wire takes. Raises `RequestError` for content that it has no place for."""
    reader: NewReader
    read_error: Callable[[int, bytes], Error]
    """A backend's error answer, whatever its body holds; JSON inside the error string is unwrapped."""
    rewrite: Rewrite | None = None
    """None for a wire whose frames depend on each other, as blocks or events are numbered throughout."""
