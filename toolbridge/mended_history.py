"""A conversation whose past turns were broken by a client or a model, mended for the backend.

    assistant  <tool_call>{…}</tool_call> and the same call     the text without the call
    call_0 … call_0                                             call_0 … call_0_2, and its result too
    assistant, assistant                                        a single turn, as templates want roles that alternate

Only what is certainly wrong is changed, and the same turns give the same bytes each time. The operator switches this on
for a model (`tools.repair_history`), as a conversation that a backend takes should otherwise keep its bytes.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from toolbridge.events import ContentDelta, Event, ToolCall, ToolCallArgsDelta, ToolCallStart
from toolbridge.messages import Message, Tool
from toolbridge.reply_parser import ReplyParser

_LONGEST = 64 * 1024
"""Characters of a turn's text that is looked through for calls."""


def mended(messages: tuple[Message, ...], tools: Sequence[Tool] = ()) -> tuple[Message, ...]:
    """The conversation with these faults mended; the very same tuple if it has none of them."""
    whole = tuple(_merged(_numbered(_said_once(message, tools) for message in messages)))
    return messages if whole == messages else whole


def _said_once(message: Message, tools: Sequence[Tool]) -> Message:
    """The turn without the text of calls that it also makes."""
    if not message.tool_calls or not message.content.strip() or len(message.content) > _LONGEST:
        return message
    parser = ReplyParser("auto", tools)
    events = [*parser.feed(message.content), *parser.finish()]
    made = [(call.name, call.arguments) for call in message.tool_calls]
    spoken = [(call.name, call.arguments) for call in _calls(events)]
    if not spoken or any(call not in made for call in spoken):
        return message
    return replace(message, content="".join(event.text for event in events if isinstance(event, ContentDelta)).strip())


def _calls(events: Iterable[Event]) -> Iterator[ToolCall]:
    """The calls among these events."""
    names: dict[int, str] = {}
    texts: dict[int, str] = {}
    for event in events:
        if isinstance(event, ToolCallStart):
            names[event.index], texts[event.index] = event.name, ""
        elif isinstance(event, ToolCallArgsDelta):
            texts[event.index] += event.json
    return (ToolCall(name, texts[index] or "{}") for index, name in names.items())


def _numbered(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages with one id for each call. A result gets the id of its call: the oldest that waits under its id."""
    times: Counter[str] = Counter()
    waiting: dict[str, deque[str]] = {}
    for message in messages:
        if message.role == "tool" and message.tool_call_id in waiting:
            queue = waiting[message.tool_call_id]
            found = queue.popleft() if len(queue) > 1 else queue[0]
            yield message if found == message.tool_call_id else replace(message, tool_call_id=found)
            continue
        if not message.tool_calls:
            yield message
            continue
        for name in {call.id for call in message.tool_calls if call.id}:
            waiting[name] = deque()
        calls = []
        for call in message.tool_calls:
            if call.id:
                times[call.id] += 1
                new = call.id if times[call.id] == 1 else f"{call.id}_{times[call.id]}"
                waiting[call.id].append(new)
                calls.append(call if new == call.id else replace(call, id=new))
            else:
                calls.append(call)
        yield message if tuple(calls) == message.tool_calls else replace(message, tool_calls=tuple(calls))


def _merged(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages with neighbouring turns of the assistant joined."""
    before: Message | None = None
    for message in messages:
        if before is not None and before.role == message.role == "assistant" and not before.parts and not message.parts:
            before = replace(
                before,
                content="\n\n".join(text for text in (before.content, message.content) if text.strip()),
                reasoning="\n\n".join(text for text in (before.reasoning, message.reasoning) if text.strip()),
                tool_calls=(*before.tool_calls, *message.tool_calls),
                images=(*before.images, *message.images),
            )
            continue
        if before is not None:
            yield before
        before = message
    if before is not None:
        yield before
