"""Events, the steps of a reply: the reader of every wire makes them, and the writer of every wire takes them.

A reply is `ReplyStart`, then deltas and calls in the model's order, then a `Finish` or an `Error`, and then nothing.
For each call, identified by its index, the start comes before the arguments and these before the end. The `json` pieces
of a complete call join to a valid JSON object. Arguments travel as JSON *text*, so that 2^64 and the order of keys are
kept. No delta is empty.

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
"""Why the text ended: the model was done, it reached its limit of tokens, or the stream broke off."""


T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def _delta(cls: type[T]) -> type[T]:
    """Make a class of events that come with every token.

    Only the type checker sees them as frozen, because it takes three times as long to make a really frozen object.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the backend counted them; None if it did not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyStart:
    """The reply began. `created` is in unix seconds; `extra` holds fields of its first frame that only one wire has."""

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
    """A piece of the model's reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningEnd:
    """The reasoning ended; `signature` is its seal on Anthropic's wire."""

    signature: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCallStart:
    """A call began. `index` counts the calls of the reply from 0; `id` is unique in the conversation."""

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
    """A call ended. Only a complete call may be executed; `tolerances` counts the lenient readings."""

    index: int
    outcome: Outcome = "complete"
    tolerances: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether the arguments are whole."""
        return self.outcome == "complete"


@dataclass(frozen=True, slots=True)
class Logprobs:
    """The probabilities of tokens: objects with `token`, `logprob`, and maybe `bytes` and `top_logprobs`."""

    tokens: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Finish:
    """The reply is whole. `reason` is stop, length, tool_calls, content_filter, load or unload.

    `extra` holds closing fields that only one wire knows (Ollama's durations); a writer of the same wire writes them.
    """

    reason: str = "stop"
    usage: Usage | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Error:
    """The reply failed. `kind` is the error's type on the wire, `status` the HTTP status of such an error."""

    message: str
    kind: str = "api_error"
    status: int = 502


@dataclass(frozen=True, slots=True)
class Opaque:
    """A piece of one wire without a meaning on others; it is written only if source and target are that wire."""

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
    """A complete call. `arguments_json` is the JSON text of an object, as the model wrote it."""

    name: str
    arguments_json: str = "{}"
    id: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments as a dict. The standard library reads them, as it keeps integers of any size."""
        value = json.loads(self.arguments_json)
        return value if isinstance(value, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. `tool_calls` holds only complete calls; `error` is set if the reply failed."""

    content: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    usage: Usage | None = None
    error: Error | None = None


def collect(events: Iterable[Event]) -> Reply:
    """Join the events of a reply. Calls that did not end complete are left out."""
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
    """The same events with neighbouring deltas of one kind joined, so that they do not show how the stream was cut."""
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
    """Replace the last event by a delta with all pieces of the run that ends here."""
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
    """An event as a line of JSON with its `type` first; `toolbridge parse` prints such lines."""
    return json.dumps({"type": type(event).__name__} | _plain(event), default=_plain, ensure_ascii=False)


def _plain(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}
