"""The block at the end of a system message, and every sentence in it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from toolbridge.budget import Budget
from toolbridge.byte_cache import ByteCache
from toolbridge.dialect_choice import find_dialect
from toolbridge.errors import CannotPrompt
from toolbridge.events import ToolCall
from toolbridge.limits import MIB
from toolbridge.messages import Tool, ToolChoice
from toolbridge.notation.dialect import Form
from toolbridge.tool_prompt.defuse import defused
from toolbridge.tool_prompt.example import Example, example
from toolbridge.tool_prompt.example_turns import example_requests
from toolbridge.tool_prompt.offer import digest_of
from toolbridge.tool_prompt.tool_list import tool_list
from toolbridge.tool_prompt.variants import FULL, Variant
from toolbridge.tools import read_tools

PROMPT_VERSION = "2"
"""This number changes with every change of the text, so that measurements of two wordings are not mixed up."""

AUTO = ToolChoice()

_LONG_LIST = 5000
"""From this many characters on, a sentence in front of the list says that the form of a call is shown below it."""

OPENING = (
    "You can use the tools listed below by writing text in your reply. The program that reads your reply runs them and "
    "brings the results in the next message."
)
ANNOUNCED = "How to write that is shown below the list."
FORM = (
    "To use tools, end your reply with a block of this form, the words in capitals replaced. Text for the user may "
    "come before the block, nothing after it."
)
LEAVE_OUT = "Leave out optional parameters that you have no value for."
CHOICE = (
    "Use a tool when the answer needs what it does or knows.",
    "Answer in plain text, without a block, when no tool is needed or none fits: a greeting gets a greeting.",
    "When a required value is missing and no tool can find it out, ask the user for it.",
)
BRIEF = "Call a tool when it helps, in the same form as before; otherwise answer in plain text."
BRIEF_FORM = "Call a tool when it helps, with a block of this form; otherwise answer in plain text."
MUST = "This reply must use a tool."
MUST_NAMED = "This reply must use the tool {name}."
ONLY_LISTED = "Use the names exactly as they are listed, and give every required parameter."
SEVERAL = "Write calls that do not depend on each other together in one block, as in the example."
SEVERAL_UNSHOWN = "Write calls that do not depend on each other together in one block."
ONE = "Write one call per reply; the next one can follow when its result is there."
RESULTS = "Stop after the block: the program brings the results, and then you answer from them."
MADE_UP = "An example of the form; its values are made up."
INVENTED = "An example of the form; there is no tool {name}."
PLACEHOLDER = ToolCall("name_of_the_tool", '{"name_of_the_parameter": "its value"}')
"""A call in place of an example, in lower case: SmolLM2-135M calls words in capitals."""
NO_TOOL = "No tool is available for this reply; answer in plain text."


def prompt_form(dialect: str) -> Form:
    """The form in which a prompt asks for this notation. Raises `UnknownDialect`, or `CannotPrompt` with the reason."""
    found = find_dialect(dialect)
    if found.form is None:
        why = found.unpromptable or "it is only read"
        raise CannotPrompt(f"the dialect {dialect!r} cannot be asked for in a prompt: {why}")
    return found.form


class _Block(NamedTuple):
    """A prompt and its cost: a request that gets the prompt from the cache draws the same cost from its budget."""

    text: str
    visits: int
    prompt: int


class _ExampleCalls(NamedTuple):
    """The calls of an example, and the visits that it took to find them."""

    calls: tuple[ToolCall, ...]
    visits: int


_BLOCKS: ByteCache[_Block] = ByteCache(8 * MIB)
_EXAMPLES: ByteCache[_ExampleCalls] = ByteCache(MIB)


def tool_prompt(
    tools: Iterable[Any],
    dialect: str = "xml",
    *,
    parallel: bool = True,
    tool_choice: ToolChoice = AUTO,
    variant: Variant = FULL,
    budget: Budget | None = None,
) -> str:
    """The block of a system message that makes a model call these tools; the empty string if there are no tools.

    `toolbridge.tools` says which shapes of tools are read. A `tool_choice` with a name lists only the tool of this
    name; with `none` there is no block. Without a `budget` the call may cost as much as one request. Raises
    `RequestError` for a value that is not a tool, `OverLimit` if the tools cost more than the budget has,
    `UnknownDialect`, `CannotPrompt`.
    """
    budget = budget or Budget()
    chosen = choosable(read_tools(tools, budget), tool_choice)
    if not chosen:
        return ""
    offer = digest_of(chosen)
    key = (dialect, tool_choice, parallel, variant.name, offer)
    if (kept := _BLOCKS.find(key)) is not None:
        budget.spend("visits", kept.visits)
        budget.spend("prompt", kept.prompt)
        return kept.text
    visits, prompt = budget.left("visits"), budget.left("prompt")
    form = prompt_form(dialect)
    if variant.brief:
        text = _brief(chosen, form, tool_choice, exemplified=bool(variant.examples), budget=budget)
    else:
        shown = _find_example(chosen, offer, parallel=parallel, budget=budget) if variant.shows else None
        text = _block(chosen, form, tool_choice, shown, parallel=parallel, budget=budget)
    block = _Block(text, visits - budget.left("visits"), prompt - budget.left("prompt"))
    return _BLOCKS.keep(key, block, (text, dialect)).text


def example_calls(
    tools: Iterable[Any], *, parallel: bool = True, variant: Variant = FULL, budget: Budget | None = None
) -> tuple[ToolCall, ...]:
    """The calls that the prompt for these tools shows. They tell whether a reply only copies an example."""
    budget = budget or Budget()
    read = read_tools(tools, budget)
    if not read:
        return ()
    if not variant.shows:
        return ()
    if variant.brief:
        return tuple(one.call for one in example_requests(read, variant.examples, budget))
    offer = digest_of(read)
    if (kept := _EXAMPLES.find((parallel, offer))) is not None:
        budget.spend("visits", kept.visits)
        return kept.calls
    return _find_example(read, offer, parallel=parallel, budget=budget).calls


def _find_example(tools: tuple[Tool, ...], offer: bytes, *, parallel: bool, budget: Budget) -> Example:
    """The example for these tools, whose digest is `offer`. The cache keeps its calls, not its tool."""
    visits = budget.left("visits")
    shown = example(tools, parallel=parallel, budget=budget)
    texts = (text for call in shown.calls for text in (call.name, call.arguments_json))
    _EXAMPLES.keep((parallel, offer), _ExampleCalls(shown.calls, visits - budget.left("visits")), texts)
    return shown


def _block(
    tools: tuple[Tool, ...],
    form: Form,
    tool_choice: ToolChoice,
    shown: Example | None,
    *,
    parallel: bool,
    budget: Budget,
) -> str:
    names = tuple(tool.name for tool in tools)
    written = tool_list(tools, budget)
    listed = defused(written, form, tools)
    budget.spend("prompt", len(listed) - len(written))
    rules = "\n".join(f"- {rule}" for rule in _rules(form, tool_choice, parallel=parallel, shown=bool(shown)))
    opening = f"{OPENING} {ANNOUNCED}" if len(listed) > _LONG_LIST else OPENING
    exemplified = (_show_example(shown, form, names),) if shown else ()
    return "\n\n".join(
        (f"# Tools\n\n{opening}", listed, f"# Using tools\n\n{FORM}", form.skeleton, rules, *exemplified)
    )


def _brief(tools: tuple[Tool, ...], form: Form, tool_choice: ToolChoice, *, exemplified: bool, budget: Budget) -> str:
    """The short text. Where no example shows the form of a call, a call of no tool shows it."""
    written = tool_list(tools, budget)
    listed = defused(written, form, tools)
    budget.spend("prompt", len(listed) - len(written))
    how = BRIEF if exemplified else f"{BRIEF_FORM}\n\n{form.write([PLACEHOLDER], ())}"
    if tool_choice.mode == "required":
        how += f" {_must(tool_choice)}" if exemplified else f"\n\n{_must(tool_choice)}"
    return f"# Tools\n\n{listed}\n\n# Using tools\n\n{how}"


def _must(tool_choice: ToolChoice) -> str:
    return MUST if tool_choice.name is None else MUST_NAMED.format(name=tool_choice.name)


def choosable(tools: tuple[Tool, ...], tool_choice: ToolChoice) -> tuple[Tool, ...]:
    """The tools that a reply may call."""
    if tool_choice.mode == "none":
        return ()
    if tool_choice.name is None:
        return tools
    return tuple(tool for tool in tools if tool.name == tool_choice.name)


def _rules(form: Form, tool_choice: ToolChoice, *, parallel: bool, shown: bool) -> list[str]:
    choice: tuple[str, ...] = CHOICE
    if tool_choice.mode == "required":
        choice = (_must(tool_choice),)
    several = SEVERAL if shown else SEVERAL_UNSHOWN
    return [" ".join((*form.values, LEAVE_OUT)), *choice, ONLY_LISTED, several if parallel else ONE, RESULTS]


def _show_example(shown: Example, form: Form, names: tuple[str, ...]) -> str:
    name = shown.tool.name
    heading = INVENTED.format(name=name) if shown.invented else MADE_UP
    wishes = [", ".join(f"{key} {_spoken(value)}" for key, value in call.arguments.items()) for call in shown.calls]
    asked = defused(f"Use {name} with {', and with '.join(wishes)}.", form, names)
    return f"{heading} The user writes: {asked}\nThe reply:\n\n{form.write(shown.calls, [shown.tool])}"


def _spoken(value: Any) -> str:
    if isinstance(value, str):
        return "(two lines)" if "\n" in value else value
    return str(value).lower() if isinstance(value, bool) else str(value)
