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
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolbridge import schema as schemas
from toolbridge.budget import Budget
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.notation.dialect import Form
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
_LONGEST = 128
"""Characters of a name that stands before a result; no tool is offered under a longer one."""


def inject(
    request: ChatRequest,
    dialect: str = "xml",
    *,
    system: str = "",
    folded: bool = False,
    budget: Budget | None = None,
) -> ChatRequest:
    """The request with its tools in the prompt and its past calls and results as text; `tools` is empty in it.

    `system` is the model's own system text, for requests that bring none: a backend leaves it out beside another one.
    `folded` puts everything into the first user turn, for models without a system role. A request without tools, or
    with a `tool_choice` of none, gets no block, but its history is rewritten all the same. Beside a block a `format` is
    asked for in words, and no backend is held to it (`answer_form`).

    What is written of the conversation is drawn from the budget as "text", its tools as `tool_prompt` says. Raises
    `OverLimit`, `UnknownDialect` and `CannotPrompt`.
    """
    budget = budget or Budget()
    form = prompt_form(dialect)
    for message in request.messages:
        budget.spend("text", _length(message))
    said = [message.content for message in request.messages if message.role == "system"]
    texts = [defused(text, form, request.tools) for text in said] or [system]
    wanted = request.format
    if request.tools:
        none = request.tool_choice.mode == "none"
        block = tool_prompt(
            request.tools, dialect, parallel=request.parallel, tool_choice=request.tool_choice, budget=budget
        )
        texts.append(NO_TOOL if none else block)
        if wanted is not None and not none:
            texts.append(answer_form(wanted, form, [tool.name for tool in request.tools], budget))
            wanted = None
    instructions = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    turns = _turns([message for message in request.messages if message.role != "system"], form, request.tools, budget)
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


def _length(message: Message) -> int:
    """Characters of a message that are read or written."""
    calls = sum(len(call.name) + len(call.arguments_json) for call in message.tool_calls)
    return len(message.content) + len(message.reasoning) + calls


def _turns(messages: Iterable[Message], form: Form, tools: Sequence[Tool], budget: Budget) -> list[Message]:
    """User and assistant turns that take turns."""
    turns = _Turns()
    calls = _Calls(form, tools, budget)
    results = _Results(form, calls.offered, tools, budget)
    for message in messages:
        if message.role == "tool":
            results.add(message)
            continue
        if message.role == "user":
            turns.add(results.turn(last=False))
            turns.add(replace(message, content=defused(message.content, form, tools), **_UNLINKED))
            continue
        content = message.content
        if message.tool_calls:
            block = calls.written(message.tool_calls)
            content = f"{content.rstrip()}\n\n{block}" if content.strip() else block
        turns.add(results.turn(last=False))
        if content.strip() or message.images:
            turns.add(replace(message, content=content, **_UNLINKED))
        results.expect(message.tool_calls)
    turns.add(results.turn(last=True))
    return turns.finish()


class _Turns:
    """Turns of which those of one role in a row become one, joined once and not with each that comes."""

    __slots__ = ("_alike", "_turns")

    def __init__(self) -> None:
        self._turns: list[Message] = []
        self._alike: list[Message] = []
        """The last turns, all of one role."""

    def add(self, message: Message | None) -> None:
        """A turn; None is none."""
        if message is None:
            return
        if self._alike and self._alike[0].role != message.role:
            self._close()
        self._alike.append(message)

    def finish(self) -> list[Message]:
        """All the turns."""
        self._close()
        return self._turns

    def _close(self) -> None:
        alike, self._alike = self._alike, []
        if len(alike) < 2:
            self._turns += alike
            return
        self._turns.append(
            replace(
                alike[0],
                content="\n\n".join(one.content for one in alike if one.content),
                images=tuple(image for one in alike for image in one.images),
                parts=tuple(part for one in alike for part in one.parts),
                reasoning="\n\n".join(one.reasoning for one in alike if one.reasoning),
                extra={name: value for one in alike for name, value in one.extra.items()},
            )
        )


class _Calls:
    """Past calls as text.

    A notation with raw values asks a tool's schema about every argument. What the first argument of a name draws from
    the budget, each further one draws again, as it is asked about again.
    """

    __slots__ = ("_budget", "_costs", "_form", "_names", "_tools", "offered")

    def __init__(self, form: Form, tools: Sequence[Tool], budget: Budget) -> None:
        self.offered = tuple(tool.name for tool in tools)
        self._form = form
        self._budget = budget
        self._names = frozenset(self.offered)
        self._tools = {tool.name: tool for tool in reversed(tools)}
        self._costs: dict[tuple[str, str], int] = {}

    def written(self, calls: Sequence[ToolCall]) -> str:
        """The calls of one turn, in the notation that is asked for."""
        readable = [self._readable(call) for call in calls]
        used = [self._tools[name] for name in dict.fromkeys(call.name for call in readable) if name in self._tools]
        for call in readable:
            self._draw(call)
        return self._form.write(readable, used)

    def _draw(self, call: ToolCall) -> None:
        tool = self._tools.get(call.name)
        if tool is None:
            return
        for name in call.arguments:
            cost = self._costs.get((call.name, name))
            if cost is not None:
                self._budget.spend("visits", cost)
                continue
            before = self._budget.left("visits")
            document = schemas.Document(tool.parameters, self._budget)
            document.kinds(document.property_schema(name))
            self._costs[call.name, name] = before - self._budget.left("visits")

    def _readable(self, call: ToolCall) -> ToolCall:
        """The call with a name and arguments that can be read: those of a reply that broke off may have been stored."""
        if call.name not in self._names:
            call = replace(call, name=_title(call.name, self._form, self.offered) or "tool")
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
    tools: Sequence[Tool]
    budget: Budget
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
        form, often, so_far = self.form, Counter(name for name, _ in told), Counter[str]()
        lines = [form.wrapper[0]]
        for name, message in told:
            so_far[name] += 1
            again = f" (call {so_far[name]})" if often[name] > 1 else ""
            shown = _title(name, form, self.offered) + again
            self.budget.spend("text", len(shown))
            lines += [form.result_open.replace("{name}", shown), self._told(message), form.result_close]
        lines.append(form.wrapper[1])
        images = tuple(image for _, message in told if message for image in message.images)
        self.calls, self.messages = [], []
        return Message("user", "\n".join(filter(None, lines)), images=images)

    def _matched(self) -> tuple[list[Message | None], list[Message]]:
        """The results in the order of the calls, and those of no call."""
        placed: list[Message | None] = [None] * len(self.calls)
        waiting = self.messages
        by_id: defaultdict[str | None, deque[int]] = defaultdict(deque)
        by_name: defaultdict[str | None, deque[int]] = defaultdict(deque)
        for at, call in enumerate(self.calls):
            by_id[call.id].append(at)
            by_name[call.name].append(at)
        anywhere = deque(range(len(self.calls)))
        nowhere: deque[int] = deque()
        fits: tuple[Callable[[Message], deque[int]], ...] = (
            lambda message: by_id.get(message.tool_call_id, nowhere) if message.tool_call_id else nowhere,
            lambda message: by_name.get(message.tool_name, nowhere) if message.tool_name else nowhere,
            lambda _message: anywhere,
        )
        for fitting in fits:
            remaining = []
            for message in waiting:
                places = fitting(message)
                while places and placed[places[0]] is not None:
                    places.popleft()
                if places:
                    placed[places.popleft()] = message
                else:
                    remaining.append(message)
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


def _title(name: str, form: Form, offered: tuple[str, ...]) -> str:
    """A tool's name as it can stand in the line before its result, and no more than a name may have."""
    return _BREAKS_OUT.sub("'", defused(" ".join(name[: 4 * _LONGEST].split())[:_LONGEST], form, offered))
