"""Calls and their results in a conversation: adds the names and ids that link them where a client left them out."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

from toolbridge.events import ToolCall
from toolbridge.messages import Message


def named(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages, each result with the name of its tool, taken from the call with the same id."""
    names: dict[str, str] = {}
    out: list[Message] = []
    for message in messages:
        names |= {call.id: call.name for call in message.tool_calls if call.id}
        name = names.get(message.tool_call_id or "") if message.role == "tool" and not message.tool_name else None
        out.append(replace(message, tool_name=name) if name else message)
    return tuple(out)


def linked(messages: Sequence[Message]) -> Iterator[Message]:
    """The messages, whose calls and results all have ids, as most wires demand.

    Invented ids are the same each time the conversation comes, as backends cache its beginning.
    """
    known = {call.id for message in messages for call in message.tool_calls}
    invented = (name for number in count(1) if (name := f"call_{number}") not in known)
    unanswered = _Unanswered()
    for message in messages:
        if message.role == "tool":
            call = unanswered.take(message)
            if call is None:
                yield message
                continue
            # The name stands in the call already, and strict servers refuse the field.
            tool_name = None if message.tool_name == call.name else message.tool_name
            yield replace(message, tool_call_id=call.id, tool_name=tool_name)
        elif message.tool_calls:
            calls = tuple(call if call.id else replace(call, id=next(invented)) for call in message.tool_calls)
            unanswered.add(calls)
            yield replace(message, tool_calls=calls)
        else:
            yield message


class _Unanswered:
    """Calls whose results have not come. A result finds its call by id, else name, else order.

    Clients of Ollama's wire leave out ids and names.
    """

    def __init__(self) -> None:
        self._by_id: dict[str | None, ToolCall] = {}
        self._by_name: defaultdict[str | None, deque[ToolCall]] = defaultdict(deque)
        self._in_order: deque[ToolCall] = deque()

    def add(self, calls: Iterable[ToolCall]) -> None:
        for call in calls:
            self._by_id[call.id] = call
            self._by_name[call.name].append(call)
            self._in_order.append(call)

    def take(self, result: Message) -> ToolCall | None:
        if result.tool_call_id:
            return self._by_id.pop(result.tool_call_id, None)
        for queue in (self._by_name[result.tool_name], self._in_order):
            while queue:
                call = queue.popleft()
                if self._by_id.get(call.id) is call:
                    return self._by_id.pop(call.id)
        return None
