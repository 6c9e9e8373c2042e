"""A conversation with tools as one without: past calls and results as text, in user and assistant turns only.

    assistant   Checking.                 its own text
                                          a blank line
                <tool_calls>…             its calls, exactly in the notation that is asked for
    user        <tool_results>
                <result name="weather">   the results of that turn, in the order of the calls
                12 degrees
                </result>
                </tool_results>
                                          a blank line
                And tomorrow?             what the user said next

A result is matched to its call by id, then by the tool's name, then by its place: clients send one, the other or
neither (Open WebUI only the id, the ollama package only the name, LangChain nothing at all). No id stands in the text;
weak models confuse them. Chat templates of Gemma and Mistral refuse two turns of one role in a row, a second system
message and a conversation that the assistant begins, so none of these goes out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolbridge.dialects.form import Form
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.tool_prompt.answer_form import answer_form
from toolbridge.tool_prompt.block import NO_TOOL, prompt_form, tool_prompt
from toolbridge.tool_prompt.defuse import defused

EMPTY = "(no output)"
IMAGE_ONLY = "(an image, attached to this message)"
MISSING = "(no result given)"
ERROR = "Error: "
BEGINNING = "(The conversation begins with the assistant.)"
SEPARATOR = "---"
"""The line between our text and the user's, where both share a turn."""

_BREAKS_OUT = re.compile(r"[\"<>]")
"""What would end the attribute or the tag that a name stands in."""
_UNLINKED: dict[str, Any] = {"tool_calls": (), "tool_call_id": None, "tool_name": None, "is_error": False}
"""Fields of a message that say nothing of text."""


def inject(request: ChatRequest, dialect: str = "xml", *, system: str = "", folded: bool = False) -> ChatRequest:
    """The request with its tools in the prompt and its past calls and results as text; `tools` is empty in it.

    `system` is the model's own system text, for requests that bring none: a backend leaves it out beside another one.
    `folded` puts everything into the first user turn, for models without a system role. A request without tools, or
    with a `tool_choice` of none, gets no block, but its history is rewritten all the same. Beside a block a `format` is
    asked for in words, and no backend is held to it (`answer_form`). Raises `UnknownDialect` and `CannotPrompt`.
    """
    form = prompt_form(dialect)
    said = [message.content for message in request.messages if message.role == "system"]
    texts = [defused(text, form, request.tools) for text in said] or [system]
    wanted = request.format
    if request.tools:
        none = request.tool_choice.mode == "none"
        block = tool_prompt(request.tools, dialect, parallel=request.parallel, tool_choice=request.tool_choice)
        texts.append(NO_TOOL if none else block)
        if wanted is not None and not none:
            texts.append(answer_form(wanted, form, [tool.name for tool in request.tools]))
            wanted = None
    instructions = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    turns = _turns([message for message in request.messages if message.role != "system"], form, request.tools)
    pictures = tuple(image for message in request.messages if message.role == "system" for image in message.images)
    if turns and turns[0].role == "assistant":
        turns.insert(0, Message("user", "" if folded and instructions else BEGINNING))
    if pictures or (folded and instructions):
        first = turns[0] if turns else Message("user")
        content = _folded(instructions, first.content) if folded and instructions else first.content
        turns[:1] = [replace(first, content=content, images=(*pictures, *first.images))]
    if instructions and not folded:
        turns.insert(0, Message("system", instructions))
    return replace(request, messages=tuple(turns), tools=(), tool_choice=ToolChoice(), format=wanted)


def _folded(instructions: str, said: str) -> str:
    return f"{instructions}\n\n{SEPARATOR}\n\n{said}" if said else instructions


def _turns(messages: Iterable[Message], form: Form, tools: Sequence[Tool]) -> list[Message]:
    """User and assistant turns that take turns."""
    turns: list[Message] = []
    names = tuple(tool.name for tool in tools)
    results = _Results(form, names, tools)
    for message in messages:
        if message.role == "tool":
            results.add(message)
            continue
        if message.role == "user":
            written = replace(message, content=defused(message.content, form, tools), **_UNLINKED)
            _join(turns, results.turn(last=False), written)
            continue
        content = message.content
        if message.tool_calls:
            block = form.write([_readable(call, form, names) for call in message.tool_calls], tools)
            content = f"{content.rstrip()}\n\n{block}" if content.strip() else block
        _join(turns, results.turn(last=False))
        if content.strip() or message.images:
            _join(turns, replace(message, content=content, **_UNLINKED))
        results.expect(message.tool_calls)
    _join(turns, results.turn(last=True))
    return turns


def _join(turns: list[Message], *more: Message | None) -> None:
    """Append turns, those of one role as one."""
    for message in more:
        if message is None:
            continue
        before = turns[-1] if turns else None
        if before is None or before.role != message.role:
            turns.append(message)
            continue
        turns[-1] = replace(
            before,
            content="\n\n".join(text for text in (before.content, message.content) if text),
            images=(*before.images, *message.images),
            parts=(*before.parts, *message.parts),
            reasoning="\n\n".join(text for text in (before.reasoning, message.reasoning) if text),
            extra={**before.extra, **message.extra},
        )


def _readable(call: ToolCall, form: Form, offered: tuple[str, ...]) -> ToolCall:
    """The call with a name and arguments that can be read: a client may have stored those of a reply that broke off."""
    if call.name not in offered:
        call = replace(call, name=_title(call.name, form, offered) or "tool")
    try:
        if isinstance(call.arguments, dict):
            return call
    except (ValueError, RecursionError):
        pass
    return replace(call, arguments_json="{}")


@dataclass(slots=True)
class _Results:
    """The calls of the last assistant turn, and the results that have come since."""

    form: Form
    offered: tuple[str, ...]
    """The names of the tools that are offered now."""
    tools: Sequence[Tool] = ()
    calls: list[ToolCall] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The names of all calls so far by their ids, for a result that comes late."""

    def expect(self, calls: Iterable[ToolCall]) -> None:
        """Calls whose results may follow."""
        self.calls = list(calls)
        self.names.update({call.id: call.name for call in self.calls if call.id})

    def add(self, message: Message) -> None:
        """A result, of whichever call."""
        self.messages.append(message)

    def turn(self, *, last: bool) -> Message | None:
        """The turn with all results; None where there are none to tell of. At the end, results may still be to come."""
        if not self.messages and (last or not self.calls):
            self.calls = []
            return None
        placed, others = self._matched()
        told = [(call.name, message) for call, message in zip(self.calls, placed, strict=True)]
        told += [(self._name(message), message) for message in others]
        names = [name for name, _ in told]
        form = self.form
        lines = [form.wrapper[0]]
        for position, (name, message) in enumerate(told):
            again = f" (call {names[: position + 1].count(name)})" if names.count(name) > 1 else ""
            shown = _title(name, form, self.offered) + again
            lines += [form.result_open.replace("{name}", shown), self._told(message), form.result_close]
        lines.append(form.wrapper[1])
        images = tuple(image for _, message in told if message for image in message.images)
        self.calls, self.messages = [], []
        return Message("user", "\n".join(filter(None, lines)), images=images)

    def _matched(self) -> tuple[list[Message | None], list[Message]]:
        """The results in the order of the calls, and those of no call."""
        placed: list[Message | None] = [None] * len(self.calls)
        waiting = list(self.messages)
        for fits in (_same_id, _same_name, _any):
            remaining = []
            for message in waiting:
                free = (at for at, call in enumerate(self.calls) if placed[at] is None and fits(message, call))
                at = next(free, None)
                if at is None:
                    remaining.append(message)
                else:
                    placed[at] = message
            waiting = remaining
        return placed, waiting

    def _told(self, message: Message | None) -> str:
        """What a result says, or that it says nothing."""
        if message is None:
            return MISSING
        text = defused(message.content, self.form, self.tools)
        if not text.strip():
            text = IMAGE_ONLY if message.images else EMPTY
        return f"{ERROR}{text}" if message.is_error and not text.lower().startswith("error") else text

    def _name(self, message: Message) -> str:
        return message.tool_name or self.names.get(message.tool_call_id or "") or "tool"


def _same_id(message: Message, call: ToolCall) -> bool:
    return bool(message.tool_call_id) and message.tool_call_id == call.id


def _same_name(message: Message, call: ToolCall) -> bool:
    return bool(message.tool_name) and message.tool_name == call.name


def _any(_message: Message, _call: ToolCall) -> bool:
    return True


def _title(name: str, form: Form, offered: tuple[str, ...]) -> str:
    """A tool's name as it can stand in the line before its result."""
    return _BREAKS_OUT.sub("'", defused(" ".join(name.split()), form, offered))
