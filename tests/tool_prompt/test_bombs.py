"""Tools and conversations that describe more work than they are long: bounded in steps and in characters.

Nothing here looks at a clock. What a prompt costs is counted: its functions called, its characters written.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tool_prompt.golden import DIALECTS
from tests.work import Counted, calls_of, characters_of, comparisons_of
from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError
from toolbridge.events import ToolCall
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest, Image, Message, Tool
from toolbridge.tool_prompt import block, example_calls, inject, tool_prompt
from toolbridge.tool_prompt.tool_list import entry

TEXT = {"type": "string"}
Schema = dict[str, Any]


def refer(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def tool(schema: Schema, name: str = "get_it") -> Schema:
    return {"name": name, "description": "Get it.", "parameters": schema}


def one(schema: Schema, **definitions: Any) -> Schema:
    """Parameters of which one has this schema."""
    return {"type": "object", "properties": {"a": schema}, "required": ["a"], "$defs": definitions}


def chain(length: int, link: Callable[[Schema], Schema]) -> Schema:
    """Definitions of which each leads to the next."""
    links = {f"D{number}": link(refer(f"D{number + 1}")) for number in range(length)}
    return one(refer("D0"), **links, **{f"D{length}": TEXT})


def deep(schema: Schema, word: str, levels: int) -> Schema:
    for _ in range(levels):
        schema = {word: schema}
    return schema


SELF = refer("Self")
BOMBS: dict[str, Schema] = {
    "enum beside self-referring properties": one(
        SELF, Self={"enum": [1], "description": "d", "properties": {f"p{number}": SELF for number in range(20)}}
    ),
    "the whole document as each parameter": {"properties": {f"p{n}": {"$ref": "#", "enum": ["x"]} for n in range(12)}},
    "allOf of the whole, fifty times": {"properties": {}, "allOf": [{"$ref": "#"}] * 50},
    "allOf of the whole and a word, fifty times": {"properties": {}, "allOf": [{"$ref": "#", "title": "t"}] * 50},
    "allOf of itself": one(SELF, Self={"allOf": [SELF]}),
    "allOf of itself and another": one(SELF, Self={"allOf": [SELF, TEXT]}),
    "values that are the schema again": one(SELF, Self={"additionalProperties": SELF}),
    "items that are the schema again": one(SELF, Self={"items": SELF}),
    "places that are the schema again": one(SELF, Self={"prefixItems": [SELF] * 20}),
    "enum beside values and items that are the schema again": one(
        SELF, Self={"enum": [1], "items": SELF, "additionalProperties": SELF, "minimum": 3}
    ),
    "a chain of arrays": chain(400, lambda to: {"type": "array", "items": to}),
    "a chain of unions": chain(200, lambda to: {"anyOf": [to, to, to], "minimum": 1}),
    "a chain of deep negations": chain(60, lambda to: deep(to, "not", 40)),
    "unions of unions": one(refer("D0"), **{f"D{n}": {"anyOf": [refer(f"D{n + 1}")] * 8} for n in range(6)}, D6=TEXT),
    "one large definition for many parameters": {
        "properties": {f"p{number}": refer("Big") for number in range(300)},
        "$defs": {"Big": {"properties": {f"q{n}": deep(TEXT, "not", 3) for n in range(600)}}},
    },
    "one long default in many branches": one({"anyOf": [SELF] * 200}, Self={"default": "x" * 20_000}),
    "one long title in many members": one(
        {"enum": [1], "properties": {f"p{number}": SELF for number in range(900)}}, Self={"title": "." * 20_000}
    ),
    "one long reference in many places": {
        "properties": {f"p{number}": {"$ref": "#/" + "a/" * 20_000} for number in range(50)}
    },
    "types within types": one({"type": "optional[" * 5_000}),
    "a type of many question marks": one({"type": "?" * 50_000}),
    "a type of many words": one({"type": "a|" * 50_000}),
    "many required names": {
        "properties": {f"p{number}": {} for number in range(3_000)},
        "required": [f"p{number}" for number in range(3_000)],
    },
    "many branches that declare one name": {
        "anyOf": [{"properties": {"a": {"enum": [list(range(50)), number]}}} for number in range(200)]
    },
    "many values that open a bracket": one({"type": "array", "items": {"enum": [f"{{{n}" for n in range(4_000)]}}),
    "a step of thousands of digits": one({"type": "integer", "multipleOf": 10**3_990}),
    "bounds of thousands of digits": one({"type": "integer", "minimum": 10**3_990, "maximum": -(10**3_990)}),
    "numbers that no text holds": one({"type": "integer", "multipleOf": 10**5_000, "minimum": 10**5_000}),
    "numbers that are none": one({"type": "number", "minimum": float("inf"), "maximum": float("nan"), "enum": [1e400]}),
    "a format that is a list": one({"type": "string", "format": [], "pattern": "a"}),
    "nothing but nulls": dict.fromkeys(("type", "properties", "required", "allOf", "anyOf", "$ref", "$defs", "items")),
    "names that are no strings": one({"properties": {1: TEXT, None: TEXT, (1, 2): TEXT}}),
    "a value that is long": one({"enum": ["x" * 50_000]}),
}

SMALL = Limits(visits=10_000, prompt=100_000)
_FIXED = 4_000
"""Characters of a prompt that do not come from the tools."""
_CALLS = 40
"""Functions that are called for a visit, at most."""


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    block._BLOCKS.clear()
    block._EXAMPLES.clear()


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_short_prompt_or_an_error_that_says_why(name: str) -> None:
    prompts: list[str] = []
    errors: list[RequestError] = []

    def attempt() -> None:
        try:
            prompts.append(tool_prompt([tool(BOMBS[name])], budget=Budget(SMALL)))
            example_calls([tool(BOMBS[name])], budget=Budget(SMALL))
        except RequestError as error:
            errors.append(error)

    assert calls_of(attempt) < 2 * _CALLS * SMALL.visits
    assert all(len(prompt) < SMALL.prompt + _FIXED for prompt in prompts)
    assert all(isinstance(error, OverLimit) or "tools[0]" in error.message for error in errors)


@pytest.mark.parametrize(
    "name",
    [
        "enum beside self-referring properties",
        "the whole document as each parameter",
        "allOf of the whole, fifty times",
        "allOf of itself",
        "a chain of arrays",
        "a chain of deep negations",
        "one large definition for many parameters",
        "many required names",
        "a step of thousands of digits",
        "a format that is a list",
    ],
)
def test_a_schema_that_goes_on_is_still_a_prompt_not_much_longer_than_itself(name: str) -> None:
    prompt = tool_prompt([tool(BOMBS[name])])
    assert len(prompt) < 4 * len(json.dumps(BOMBS[name])) + _FIXED


def test_a_definition_is_written_once_for_a_tool_and_found_by_its_name() -> None:
    node = {"type": "object", "properties": {"next": refer("Node"), "leaf": refer("Leaf")}}
    leaf = {"type": "object", "properties": {"up": refer("Node")}}
    schema = {"properties": {name: refer("Node") for name in "abc"}, "$defs": {"Node": node, "Leaf": leaf}}
    first, *others = [line for line in entry(Tool("f", parameters=schema)).splitlines() if line.startswith("  schema")]
    assert json.loads(first.removeprefix("  schema: "))["$defs"] == {"Node": node, "Leaf": leaf}
    assert others == ['  schema: {"$ref":"#/$defs/Node"}'] * 2
    # Another tool is another document.
    assert entry(Tool("f", parameters=schema)).count('"$defs"') == 1


def test_references_that_end_alike_and_lead_elsewhere_have_names_of_their_own() -> None:
    text, number = {"not": {"type": "string"}}, {"not": {"type": "number"}}
    schema = {
        "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/definitions/A"}},
        "$defs": {"A": text},
        "definitions": {"A": number},
    }
    shown = [json.loads(line[10:]) for line in entry(Tool("f", parameters=schema)).splitlines() if "schema: " in line]
    assert shown == [
        {"$ref": "#/$defs/A", "$defs": {"A": text}},
        {"$ref": "#/$defs/A_2", "$defs": {"A_2": number}},
    ]


def test_more_than_64_definitions_are_all_there() -> None:
    schema = chain(100, lambda to: {"not": to})
    (line,) = [text for text in entry(Tool("f", parameters=schema)).splitlines() if text.startswith("  schema")]
    assert len(json.loads(line.removeprefix("  schema: "))["$defs"]) == 101


def test_many_tools_share_one_budget() -> None:
    tools = [tool({"properties": {"a": TEXT}}, f"get_{number}") for number in range(50)]
    spent = Budget()
    tool_prompt(tools, budget=spent)
    needed = Limits().visits - spent.left("visits")
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        tool_prompt(tools[::-1], budget=Budget(Limits(visits=needed // 2)))
    with pytest.raises(OverLimit, match=r"limits\.prompt"):
        tool_prompt(tools[::-1], budget=Budget(Limits(prompt=500)))
    with pytest.raises(OverLimit, match=r"limits\.tools"):
        tool_prompt(tools, budget=Budget(Limits(tools=49)))


def test_a_thousand_tools_of_ordinary_size_are_within_the_limits() -> None:
    properties = {name: {"type": "string", "description": f"The {name} of it."} for name in ("city", "days", "q", "n")}
    tools = [
        tool({"type": "object", "properties": properties | {"l": {"type": "array", "items": TEXT}}}, f"get_{number}")
        for number in range(Limits().tools)
    ]
    budget = Budget()
    tool_prompt(tools, budget=budget)
    assert budget.left("visits") > Limits().visits // 4


WORDS = (
    *("type", "properties", "required", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"),
    *("$defs", "definitions", "not", "default", "description", "title", "minimum", "exclusiveMaximum", "maxLength"),
    *("multipleOf", "pattern", "format", "additionalProperties", "patternProperties", "nullable", "examples", "a", "b"),
)
REFERENCES = ("#", "#/", "#/$defs/a", "#/$defs/b", "#/properties/a", "#/properties/a/items", "#/allOf/0", "nowhere")
LEAVES: list[Any] = [
    *REFERENCES,
    *("string", "integer", "object", "array", "int | null", "?", "", "enum", "x" * 40, "<tool_calls>", "\n- a", "\x00"),
    *(None, True, False, 0, -3, 2.5, 1e400, float("nan"), 10**30, -(10**320), [], {}, ["a"], [None], [[]]),
]
REFERS = st.sampled_from(REFERENCES).map(lambda to: {"$ref": to})
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(LEAVES) | REFERS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | inner.map(lambda one: [one] * 6)
        | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
        | st.dictionaries(st.sampled_from(("properties", "$defs")), st.dictionaries(st.text(max_size=3), inner))
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(WORDS), SCHEMAS, max_size=6),
    st.dictionaries(st.sampled_from("ab"), SCHEMAS),
    st.sampled_from(DIALECTS),
    st.sampled_from([300, 3_000]),
)
def test_any_schema_in_any_notation_is_a_bounded_prompt_or_a_400(
    schema: Schema, definitions: Schema, dialect: str, visits: int
) -> None:
    limits = Limits(visits=visits, prompt=6_000)
    offered = [tool(schema | {"$defs": definitions}), tool({"properties": definitions}, "get_more")]
    prompts: list[str] = []

    def attempt() -> None:
        with suppress(RequestError):
            prompts.append(tool_prompt(offered, dialect, budget=Budget(limits)))

    assert calls_of(attempt) < _CALLS * visits + 40_000
    assert all(len(prompt) <= limits.prompt + _FIXED for prompt in prompts)


# Conversations.


def doubled(work: Callable[[int], Callable[[], object]], count: Callable[[Callable[[], object]], int]) -> float:
    """How much more work twice as much is."""
    work(10)()
    return count(work(400)) / max(1, count(work(200)))


def of_results(size: int) -> Callable[[], object]:
    """As many calls as results, which come in another order, some by id, some by name, some by neither."""
    ids = [Counted(f"call_{number}") for number in range(size)]
    names = [Counted(f"tool_{number}") for number in range(size)]
    calls = tuple(ToolCall(name, "{}", call_id) for name, call_id in zip(names, ids, strict=True))
    results = [
        Message(
            "tool",
            "r",
            tool_call_id=Counted(ids[number]) if number % 3 == 0 else None,
            tool_name=Counted(names[number]) if number % 3 == 1 else None,
        )
        for number in reversed(range(size))
    ]
    request = ChatRequest("m", messages=(Message("user", "hi"), Message("assistant", tool_calls=calls), *results))
    return lambda: inject(request)


def of_results_of_no_call(size: int) -> Callable[[], object]:
    results = [Message("tool", "r", tool_name=Counted("weather")) for _ in range(size)]
    request = ChatRequest("m", messages=(Message("user", "hi"), *results))
    return lambda: inject(request)


def of_turns(size: int) -> Callable[[], object]:
    turns = tuple(Message("user", "said " * 20, images=(Image("A"),)) for _ in range(size))
    return lambda: inject(ChatRequest("m", messages=turns))


def of_calls(size: int) -> Callable[[], object]:
    """As many tools as calls of them."""
    tools = tuple(Tool(Counted(f"tool_{number}"), parameters=one(TEXT)) for number in range(size))
    turns = tuple(
        turn
        for number in range(size)
        for turn in (
            Message("assistant", tool_calls=(ToolCall(Counted(f"tool_{number}"), '{"a": "x"}'),)),
            Message("tool", "r"),
        )
    )
    request = ChatRequest("m", messages=(Message("user", "hi"), *turns), tools=tools)
    return lambda: inject(request)


@pytest.mark.parametrize("count", [calls_of, comparisons_of, characters_of])
@pytest.mark.parametrize("work", [of_results, of_results_of_no_call, of_turns])
def test_twice_as_long_a_conversation_is_twice_the_work(
    work: Callable[[int], Callable[[], object]], count: Callable[[Callable[[], object]], int]
) -> None:
    assert doubled(work, count) < 2.5


def test_twice_as_many_calls_of_twice_as_many_tools_are_twice_the_work() -> None:
    assert doubled(of_calls, comparisons_of) < 2.5


@pytest.mark.parametrize("dialect", DIALECTS)
def test_calls_of_a_tool_with_many_parameters_do_not_look_at_all_of_them(dialect: str) -> None:
    def work(size: int) -> Callable[[], object]:
        schema = {"type": "object", "properties": {f"a{number}": TEXT for number in range(size)}}
        call = Message("assistant", tool_calls=(ToolCall("get_it", '{"a1": "x"}'),))
        turns = (call, Message("tool", "r")) * size
        request = ChatRequest("m", messages=(Message("user", "hi"), *turns), tools=(Tool("get_it", parameters=schema),))
        return lambda: inject(request, dialect)

    work(5)()
    assert calls_of(work(100)) <= 2.3 * calls_of(work(50))


def test_a_conversation_over_the_limit_of_text_is_refused() -> None:
    request = ChatRequest("m", messages=(Message("user", "x" * 50), Message("assistant", "y" * 51)))
    with pytest.raises(OverLimit, match=r"limits\.text"):
        inject(request, budget=Budget(Limits(text=100)))
    assert inject(request, budget=Budget(Limits(text=101))).messages


def test_a_long_name_of_a_past_call_does_not_stand_before_each_result_of_it() -> None:
    call = Message("assistant", tool_calls=(ToolCall("n" * 100_000, "{}", "c"),))
    results = (Message("tool", "r", tool_call_id="c"),) * 100
    sent = inject(ChatRequest("m", messages=(Message("user", "hi"), call, *results))).messages
    assert sum(len(turn.content) for turn in sent) < 30_000


def test_past_calls_draw_what_their_schemas_are_asked() -> None:
    """A notation with raw values asks the schema about each argument of each past call."""
    branches = [{"properties": {f"a{part}_{number}": TEXT for number in range(100)}} for part in range(10)]
    tools = (Tool("get_it", parameters={"anyOf": branches}),)
    call = Message("assistant", tool_calls=(ToolCall("get_it", json.dumps({f"a{n}_1": "x" for n in range(10)})),))
    turns = (call, Message("tool", "r")) * 100
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        inject(ChatRequest("m", messages=(Message("user", "hi"), *turns), tools=tools))


def test_a_form_of_the_answer_draws_from_the_prompt() -> None:
    request = ChatRequest("m", (Message("user", "hi"),), (Tool("now"),), format={"title": "x" * 5_000})
    with pytest.raises(OverLimit, match=r"limits\.prompt"):
        inject(request, budget=Budget(Limits(prompt=4_000)))


def test_a_form_of_the_answer_that_nobody_can_write_is_refused() -> None:
    request = ChatRequest("m", (Message("user", "hi"),), (Tool("now"),), format=deep(TEXT, "not", 100_000))
    with pytest.raises(RequestError, match="nested too deeply"):
        inject(request)
