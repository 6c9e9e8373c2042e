"""A conversation with tools as a conversation without tools: past calls and results as text, in plain turns.

    assistant   Checking.                 its own text
                                          a blank line
                <tool_calls>…             its calls, exactly in the notation that is asked for
    user        <tool_results>
                <result name="weather">   the results of the calls, in the order of the calls
                12 degrees
                </result>
                </tool_results>
                                          a blank line
                And tomorrow?             the user's next words

A result is matched to its call by id, then by the tool's name, then by its place. Clients differ here: Open WebUI sends
only the id, the ollama package only the name, LangChain neither. The text holds no ids, as weak models confuse them.
Chat templates of Gemma and Mistral refuse two turns of one role in a row, a second system message, and a conversation
that begins with the assistant. So no such conversation goes out.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from toolbridge import schema as schemas
from toolbridge.budget import Budget
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message, Tool, ToolChoice
from toolbridge.models import Model
from toolbridge.notation.dialect import Form
from toolbridge.tool_prompt.answer_format import answer_format
from toolbridge.tool_prompt.block import NO_TOOL, choosable, prompt_form, tool_prompt
from toolbridge.tool_prompt.defuse import defused
from toolbridge.tool_prompt.example_turns import example_requests, example_turns
from toolbridge.tool_prompt.reminder import reminded
from toolbridge.tool_prompt.variants import BRIEF, Variant, choose_variant

EMPTY = "(no output)"
IMAGE_ONLY = "(an image, attached to this message)"
MISSING = "(no result given)"
ERROR = "Error: "
BEGINNING = "(The conversation begins with the assistant.)"
SEPARATOR = "---"
"""The line between our text and the user's text if both share a turn."""

_BREAKS_OUT = re.compile(r"[\"<>]")
"""Characters that would end the attribute or the tag around a name."""
_UNLINKED: dict[str, Any] = {"tool_calls": (), "tool_call_id": None, "tool_name": None, "is_error": False}
"""The fields of a message that link calls and results, emptied: text has no links."""
_LONGEST = 128
"""Characters of a name before a result; no offered tool has a longer name."""


def inject(
    request: ChatRequest,
    dialect: str = "xml",
    *,
    system: str = "",
    folded: bool = False,
    variant: Variant | None = None,
    reminds: int = 0,
    budget: Budget | None = None,
) -> ChatRequest:
    """The request with its tools in the prompt and its past calls and results as text; its `tools` are empty.

    `system` is the model's own system text. It goes out if the client sends no system message, because a backend drops
    it as soon as there is another system message. `folded` puts the whole prompt into the first user turn, for models
    without a system role. `variant` is the variant of the prompt; without one, the model's name decides. A request
    without tools, or with a `tool_choice` of none, gets no block, but its history is rewritten too. Beside a block, the
    prompt asks for a `format` in words, and the backend is not forced to it (`answer_format`).

    A conversation of more than `reminds` tokens ends with a reminder of the form of a call; 0 never reminds.

    The conversation is drawn from the budget as "text", its tools as `tool_prompt` says. Raises `OverLimit`,
    `UnknownDialect` and `CannotPrompt`.
    """
    budget = budget or Budget()
    form = prompt_form(dialect)
    for message in request.messages:
        budget.spend("text", _length(message))
    own = [message.content for message in request.messages if message.role == "system"]
    texts = [defused(text, form, request.tools) for text in own] or [system]
    shown: list[Message] = []
    wanted = request.format
    if request.tools and request.tool_choice.mode == "none":
        texts.append(NO_TOOL)
    elif request.tools:
        block, shown = _prompt(request, dialect, variant or choose_variant(Model(request.model)), budget)
        texts.append(block)
        if wanted is not None:
            texts.append(answer_format(wanted, form, [tool.name for tool in request.tools], budget))
            wanted = None
    instructions = "\n\n".join(text.strip("\n") for text in texts if text.strip())
    turns = _turns([message for message in request.messages if message.role != "system"], form, request.tools, budget)
    if request.tools and request.tool_choice.mode != "none":
        turns = reminded(turns, form, reminds)
    pictures = tuple(image for message in request.messages if message.role == "system" for image in message.images)
    messages = _led(turns, instructions, shown, pictures, folded=folded)
    return replace(request, messages=tuple(messages), tools=(), tool_choice=ToolChoice(), format=wanted)


def _prompt(request: ChatRequest, dialect: str, variant: Variant, budget: Budget) -> tuple[str, list[Message]]:
    """The block of the system message, and the examples as turns."""
    tools = choosable(request.tools, request.tool_choice)
    examples = example_requests(tools, variant.examples, budget)
    block = tool_prompt(
        request.tools,
        dialect,
        parallel=request.parallel,
        tool_choice=request.tool_choice,
        variant=variant if examples or not variant.examples else BRIEF,
        budget=budget,
    )
    return block, list(example_turns(examples, prompt_form(dialect), variant, request.tools, budget))


def _led(
    turns: list[Message], instructions: str, shown: list[Message], pictures: tuple[Image, ...], *, folded: bool
) -> list[Message]:
    """The conversation behind the prompt: the instructions, the examples, and the pictures of system messages."""
    folds = folded and bool(instructions)
    if turns and turns[0].role == "assistant":
        turns = [Message("user", "" if folds and not shown else BEGINNING), *turns]
    if pictures:
        first = turns[0] if turns else Message("user")
        turns = [replace(first, images=(*pictures, *first.images)), *turns[1:]]
    if turns:
        turns = [*shown, *turns]
    if folds:
        first = turns[0] if turns else Message("user")
        return [replace(first, content=_folded(instructions, first.content)), *turns[1:]]
    return [Message("system", instructions), *turns] if instructions else turns


def _folded(instructions: str, content: str) -> str:
    return f"{instructions}\n\n{SEPARATOR}\n\n{content}" if content else instructions


def _length(message: Message) -> int:
    """The length of a message in characters: text, reasoning and calls."""
    calls = sum(len(call.name) + len(call.arguments_json) for call in message.tool_calls)
    return len(message.content) + len(message.reasoning) + calls


def _turns(messages: Iterable[Message], form: Form, tools: Sequence[Tool], budget: Budget) -> list[Message]:
    """The conversation as user and assistant turns, never two of one role in a row."""
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
    """Turns, of which neighbours of one role become one turn. They are joined once, when the next role begins."""

    __slots__ = ("_alike", "_turns")

    def __init__(self) -> None:
        self._turns: list[Message] = []
        self._alike: list[Message] = []
        """The latest turns, all of the same role."""

    def add(self, message: Message | None) -> None:
        """Add a turn, or nothing for None."""
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
                content="\n\n".join(turn.content for turn in alike if turn.content),
                images=tuple(image for turn in alike for image in turn.images),
                parts=tuple(part for turn in alike for part in turn.parts),
                reasoning="\n\n".join(turn.reasoning for turn in alike if turn.reasoning),
                extra={name: value for turn in alike for name, value in turn.extra.items()},
            )
        )


class _Calls:
    """Past calls as text.

    A notation with raw values asks a tool's schema about every argument, and asking has a cost. The cost is measured
    for the first argument of a name and then drawn from the budget for every further argument of this name.
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
        """The call with a legal name and valid arguments. Clients may store calls of a reply that broke off."""
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
    """The calls of the last assistant turn, and the results that followed them."""

    form: Form
    offered: tuple[str, ...]
    """The names of the tools that this request offers."""
    tools: Sequence[Tool]
    budget: Budget
    calls: list[ToolCall] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The name of every call so far by its id, for results that come late."""

    def expect(self, calls: Iterable[ToolCall]) -> None:
        """Remember calls whose results may follow."""
        self.calls = list(calls)
        self.names.update({call.id: call.name for call in self.calls if call.id})

    def add(self, message: Message) -> None:
        """Add a result; its call is found later."""
        self.messages.append(message)

    def turn(self, *, last: bool) -> Message | None:
        """The user turn with all results, or None if there are none.

        In the middle of a conversation a call without a result is named as such; at its end (`last`) the result may
        still come.
        """
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
        """The results in the order of the calls, and the results that belong to no call."""
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
        """The text of a result, or a note that it is empty or missing."""
        if message is None:
            return MISSING
        text = defused(message.content, self.form, self.tools)
        if not text.strip():
            text = IMAGE_ONLY if message.images else EMPTY
        return f"{ERROR}{text}" if message.is_error and not text.lower().startswith("error") else text

    def _name(self, message: Message) -> str:
        return message.tool_name or self.names.get(message.tool_call_id or "") or "tool"


def _title(name: str, form: Form, offered: tuple[str, ...]) -> str:
    """A tool's name for the line before its result: defused, without quotes and brackets, and not too long."""
    return _BREAKS_OUT.sub("'", defused(" ".join(name[: 4 * _LONGEST].split())[:_LONGEST], form, offered))
