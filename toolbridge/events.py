"""The steps of a reply, as every wire's reader makes them and every wire's writer takes them.

A reply is `ReplyStart`, then deltas and calls in the order the model wrote them, then one `Finish` or `Error`, after
which nothing follows. For one call index: start before arguments before end. The `json` pieces of a complete call
join to one valid JSON object; arguments travel as JSON *text* so that 2^64 and key order survive. No delta is empty.

    start = ReplyStart()
    text = ContentDelta("Checking. ")
    call = ToolCallStart(0, "call_1", "now"), ToolCallArgsDelta(0, "{}"), ToolCallEnd(0)
    end = Finish("tool_calls")
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar, dataclass_transform

Outcome = Literal["complete", "truncated", "broken"]
Cause = Literal["stop", "length", "cut"]
"""Why the text ended: the model was done, ran into its limit, or the stream broke off."""


T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def _delta(cls: type[T]) -> type[T]:
    """What comes once a token: frozen for the type checker alone, as a frozen one takes three times as long to make."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the backend counted them; None where it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyStart:
    """The reply began. `created` is in unix seconds; `extra` holds the wire's own fields of its first frame."""

    id: str | None = None
    model: str | None = None
    created: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@_delta
class ContentDelta:
    """A piece of the answer's text."""

    text: str


@_delta
class ReasoningDelta:
    """A piece of what the model thought."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningEnd:
    """Thinking is over; `signature` is the Anthropic wire's seal on it."""

    signature: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallStart:
    """A call began. `index` counts the calls of one reply from 0; `id` is unique over the chat."""

    index: int
    id: str
    name: str


@_delta
class ToolCallArgsDelta:
    """A piece of a call's arguments, as JSON text."""

    index: int
    json: str


@dataclass(frozen=True, slots=True)
class ToolCallEnd:
    """A call ended. Only an outcome of `complete` may be executed; `tolerances` counts the lenient readings."""

    index: int
    outcome: Outcome = "complete"
    tolerances: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether the arguments are whole."""
        return self.outcome == "complete"


@dataclass(frozen=True, slots=True)
class Logprobs:
    """How likely tokens of the text were: objects of `token`, `logprob`, and maybe `bytes` and `top_logprobs`."""

    tokens: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """The reply is whole. `reason`: stop, length, tool_calls, content_filter, load, unload.

    `extra` holds the wire's own closing fields (Ollama's durations), written back where source and target agree.
    """

    reason: str = "stop"
    usage: Usage | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Error:
    """The reply failed. `kind` is the envelope's word for it, `status` the HTTP status it would have had."""

    message: str
    kind: str = "api_error"
    status: int = 502


@dataclass(frozen=True, slots=True)
class Opaque:
    """A piece of one wire with no common meaning; written only where source and target are that wire."""

    wire: str
    json: str


Event = (
    ReplyStart
    | ContentDelta
    | ReasoningDelta
    | ReasoningEnd
    | ToolCallStart
    | ToolCallArgsDelta
    | ToolCallEnd
    | Logprobs
    | Finish
    | Error
    | Opaque
)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One complete call. `arguments_json` is the JSON text of an object, as the model wrote it."""

    name: str
    arguments_json: str = "{}"
    id: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments read with the standard library, which keeps integers of any size."""
        value = json.loads(self.arguments_json)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. `tool_calls` holds the complete calls only; `error` is set where the reply failed."""

    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    error: Error | None = None


def collect(events: Iterable[Event]) -> Reply:
    """Join the events of one reply. Calls that did not end complete are left out."""
    content: list[str] = []
    reasoning: list[str] = []
    open_calls: dict[int, tuple[ToolCallStart, list[str]]] = {}
    calls: list[ToolCall] = []
    finish: Finish | None = None
    error: Error | None = None
    for event in events:
        match event:
            case ContentDelta(text):
                content.append(text)
            case ReasoningDelta(text):
                reasoning.append(text)
            case ToolCallStart(index=index):
                open_calls[index] = event, []
            case ToolCallArgsDelta(index, piece):
                open_calls[index][1].append(piece)
            case ToolCallEnd(index=index):
                start, pieces = open_calls.pop(index)
                if event.complete:
                    calls.append(ToolCall(name=start.name, arguments_json="".join(pieces), id=start.id))
            case Finish():
                finish = event
            case Error():
                error = event
    return Reply(
        content="".join(content),
        reasoning="".join(reasoning),
        tool_calls=tuple(calls),
        finish_reason=finish.reason if finish else None,
        usage=finish.usage if finish else None,
        error=error,
    )


def merged(events: Iterable[Event]) -> list[Event]:
    """The same events with neighbouring deltas of one kind joined: what does not depend on how a stream was cut."""
    out: list[Event] = []
    run: list[str] = []
    for event in events:
        match event:
            case ContentDelta(piece) | ReasoningDelta(piece) | ToolCallArgsDelta(_, piece):
                last = out[-1] if out else None
                if type(last) is type(event) and getattr(last, "index", None) == getattr(event, "index", None):
                    run.append(piece)
                    continue
                _end_run(out, run)
                run = [piece]
            case _:
                _end_run(out, run)
                run = []
        out.append(event)
    _end_run(out, run)
    return out


def _end_run(out: list[Event], run: list[str]) -> None:
    """Make the last event, a delta, one of all the pieces of its run."""
    if len(run) < 2:
        return
    match out[-1]:
        case ContentDelta():
            out[-1] = ContentDelta("".join(run))
        case ReasoningDelta():
            out[-1] = ReasoningDelta("".join(run))
        case ToolCallArgsDelta(index=index):
            out[-1] = ToolCallArgsDelta(index, "".join(run))


def dump_event(event: Event) -> str:
    """One event as a line of JSON, `type` first: what `toolbridge parse` prints."""
    return json.dumps({"type": type(event).__name__} | _plain(event), default=_plain, ensure_ascii=False)


def _plain(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
