"""Examples as turns: requests of a user and the calls that answer them, built from the offered tools.

    user        What is the weather of Copper Bay?
    assistant   <tool_call>
                {"name": "get_weather", "arguments": {"city": "Copper Bay"}}
                </tool_call>

They stand behind the system message and in front of the conversation, where a prompt cache keeps them. The sentences
hold the noun of the tool's name and not its verb, as people speak. Where they held the description, SmolLM2-135M made
names of the user's words (`check_amzn_stock`).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from toolbridge.budget import Budget
from toolbridge.byte_cache import ByteCache
from toolbridge.events import ToolCall
from toolbridge.limits import MIB
from toolbridge.messages import Message, Tool
from toolbridge.notation.dialect import Form
from toolbridge.tool_prompt.defuse import defused
from toolbridge.tool_prompt.example import HarmlessTool, changes, only_reads
from toolbridge.tool_prompt.offer import digest_of
from toolbridge.tool_prompt.plain_values import plain_value, words_of
from toolbridge.tool_prompt.variants import BRIEF, Variant

_ROUNDS = 2
"""Examples of one tool at most; more would make the model call it for everything."""
_LOOKED_AT = 64
"""Tools that are looked at for examples."""
_LONGEST = 64
"""Characters of a name that an example may hold."""
_ONE_WORD = re.compile(r"[\w.+-]{1,32}")
"""Values of a client's schema that an example may hold: a word cannot be a label or markup."""
_WORDS = 6
"""Words of a name that a sentence holds."""
PLAIN = (
    ("Thank you!", "You are welcome!"),
    ("Why is the sky blue?", "Because air scatters blue light the most."),
    ("Hello!", "Hello! What can I do for you?"),
)
"""Turns in which no tool is used."""

_ASKS = frozenset({"get", "fetch", "lookup", "look", "show", "check", "read", "view", "retrieve", "describe", "query"})
_SEEKS = frozenset({"search", "find"})
_SENTENCES: Mapping[str, tuple[str, str]] = {
    "asks": ("What is the {noun} of {value}?", "Tell me about the {noun} for {value}."),
    "seeks": ("Find something about {value}.", "I want to know more about {value}."),
    "lists": ("Which {noun} are there for {value}?", "Show all the {noun} of {value}."),
    "looks": ("Find {noun} with {pairs}.", "I am looking for {noun}, {pairs}."),
    "does": ("Can you {verb} {value}?", "Please {verb} this {noun}: {value}."),
    "is": ("Can you {verb} {value}?", "Please {verb} {value}."),
}
"""Two sentences for each kind of tool, for the first and the second example of a tool."""


@dataclass(frozen=True, slots=True)
class ExampleCall:
    """A tool, the call of it that an example shows, and the request of the user before it."""

    tool: Tool
    call: ToolCall
    asked: str


class _Kept(NamedTuple):
    """Examples, each with the place of its tool, and the visits that it took to find them."""

    examples: tuple[tuple[int, ToolCall, str], ...]
    visits: int


_EXAMPLES: ByteCache[_Kept] = ByteCache(MIB)
"""The examples by the digest of the tools: each request asks for them three times, and each turn asks again."""


def example_requests(tools: Sequence[Tool], many: int, budget: Budget) -> tuple[ExampleCall, ...]:
    """So many examples of these tools, or fewer. The same tools give the same examples. Raises `OverLimit`.

    Tools that only read come first, and tools that change something are never shown: a model copies what it sees.
    """
    if not many:
        return ()
    key = (many, digest_of(tools[:_LOOKED_AT]))
    kept = _EXAMPLES.find(key)
    if kept is None:
        visits = budget.left("visits")
        found = tuple(_examples(tools, many, budget))
        kept = _Kept(found, visits - budget.left("visits"))
        texts = (text for _, call, asked in found for text in (call.name, call.arguments_json, asked))
        _EXAMPLES.keep(key, kept, texts)
    else:
        budget.spend("visits", kept.visits)
    return tuple(ExampleCall(tools[place], call, asked) for place, call, asked in kept.examples)


def _examples(tools: Sequence[Tool], many: int, budget: Budget) -> Iterator[tuple[int, ToolCall, str]]:
    """The examples: the place of the tool, the call, and what the user asked."""
    fitting = sorted(
        (
            (not only_reads(tool), len(harmless.must), at, harmless)
            for at, tool in enumerate(tools[:_LOOKED_AT])
            if not changes(tool) and _is_plain(harmless := HarmlessTool(tool, budget))
        ),
        key=lambda row: row[:3],
    )
    chosen = [row[-2:] for row in fitting[:many]]
    shown = (
        (at, _example(harmless, number, place))
        for number in range(_ROUNDS)
        for place, (at, harmless) in enumerate(chosen, number * (len(chosen) + 1))
    )
    yield from islice(((at, *one) for at, one in shown if one is not None), many)


def allowed_variant(variant: Variant, tools: Sequence[Tool], budget: Budget) -> Variant:
    """This variant, or the one without examples if no example can be made of these tools. Raises `OverLimit`."""
    if not variant.examples or example_requests(tools, variant.examples, budget):
        return variant
    return BRIEF


def example_turns(
    examples: Sequence[ExampleCall], form: Form, variant: Variant, tools: Sequence[Tool], budget: Budget
) -> Iterator[Message]:
    """The examples as turns of user and assistant, in the notation that is asked for."""
    plain = PLAIN[: min(variant.plain, len(examples))]
    places = {max(1, len(examples) * (at + 1) // (len(plain) + 1)): turn for at, turn in enumerate(plain)}
    for at, example in enumerate(examples, 1):
        asked = defused(example.asked, form, tools)
        written = form.write([example.call], [example.tool])
        budget.spend("prompt", len(asked) + len(written))
        yield Message("user", asked)
        yield Message("assistant", written)
        if at in places:
            user, answer = places[at]
            yield Message("user", user)
            yield Message("assistant", answer)


def _is_plain(harmless: HarmlessTool) -> bool:
    """Whether an example can show this tool: one to three required parameters, each a single value."""
    names = (harmless.tool.name, *harmless.must)
    return (
        1 <= len(harmless.must) <= 3
        and all(len(name) <= _LONGEST and harmless.is_legible(name) for name in names)
        and all(name in harmless.declared and harmless.is_scalar(name) for name in harmless.must)
    )


def _example(harmless: HarmlessTool, number: int, place: int) -> tuple[ToolCall, str] | None:
    """The call and the request of this number for a tool, at this place among all; None if the tool allows none."""
    values: dict[str, Any] = {}
    told = False
    for name in (name for name in harmless.declared if name in harmless.must):
        restricted = harmless.is_restricted(name)
        value = harmless.given(name) if restricted else _invented(harmless, name, place)
        foreign = restricted and isinstance(value, str)
        if value is None or (foreign and not _ONE_WORD.fullmatch(value)):
            return None
        told = told or not (restricted or isinstance(value, bool))
        values[name] = value
    if not told:
        return None
    call = ToolCall(harmless.tool.name, json.dumps(values, ensure_ascii=False))
    return call, _request(harmless.tool.name, values, number)


def _invented(harmless: HarmlessTool, name: str, number: int) -> Any:
    schema = harmless.declared[name]
    if harmless.is_string(name) and "format" not in schema:
        return plain_value(name, number, schema)
    return harmless.invented(name, number)


def _request(tool: str, values: Mapping[str, Any], number: int) -> str:
    """What a user says who needs this call."""
    verb, *rest = words_of(tool)[:_WORDS] or ["use"]
    noun = " ".join(rest)
    pairs = [f"{' '.join(words_of(name)) or 'with'} {_spoken(value)}" for name, value in values.items()]
    value = ", ".join([_spoken(next(iter(values.values()))), *pairs[1:]])
    sentence = _SENTENCES[_kind(verb, noun, several=len(pairs) > 1)][number % _ROUNDS]
    return sentence.format(verb=verb, noun=noun, value=value, pairs=", ".join(pairs))


def _kind(verb: str, noun: str, *, several: bool) -> str:
    """The kind of tool, by the words of its name."""
    if verb in _SEEKS:
        return "looks" if several and noun else "seeks"
    if not noun:
        return "is"
    return "asks" if verb in _ASKS else "lists" if verb == "list" else "does"


def _spoken(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
