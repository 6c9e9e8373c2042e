"""How much a client's body may hold, on every wire: counted before anything is done with it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.work import Counted, calls_of, characters_of, comparisons_of
from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError
from toolbridge.events import ToolCall
from toolbridge.limits import Limits
from toolbridge.messages import Message
from toolbridge.translate import inject_tools, read_request, translate_request
from toolbridge.wire.linking import linked, named

Body = dict[str, Any]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TURN = {"role": "user", "content": "hi"}
OPENAI = {"type": "function", "function": {"name": "now", "parameters": SCHEMA}}
ANTHROPIC = {"name": "now", "input_schema": SCHEMA}
RESPONSES = {"type": "function", "name": "now", "parameters": SCHEMA}
WITH_TURNS: dict[str, Callable[[int], Body]] = {
    "ollama": lambda many: {"messages": [TURN] * many},
    "openai": lambda many: {"messages": [TURN] * many},
    "anthropic": lambda many: {"messages": [TURN] * many, "max_tokens": 5},
    "responses": lambda many: {"input": [TURN] * many},
}
WITH_TOOLS: dict[str, Callable[[int], Body]] = {
    "ollama": lambda many: {"messages": [TURN], "tools": [OPENAI] * many},
    "openai": lambda many: {"messages": [TURN], "tools": [OPENAI] * many},
    "openai functions": lambda many: {"messages": [TURN], "functions": [OPENAI["function"]] * many},
    "anthropic": lambda many: {"messages": [TURN], "max_tokens": 5, "tools": [ANTHROPIC] * many},
    "responses": lambda many: {"input": "hi", "tools": [RESPONSES] * many},
}


@pytest.mark.parametrize("name", WITH_TURNS)
def test_the_messages_of_a_body_are_counted(name: str) -> None:
    limits = Limits(turns=5)
    assert read_request({"model": "m"} | WITH_TURNS[name](5), name, budget=Budget(limits)).messages
    with pytest.raises(OverLimit, match=r"limits\.turns"):
        read_request({"model": "m"} | WITH_TURNS[name](6), name, budget=Budget(limits))


@pytest.mark.parametrize("name", WITH_TURNS)
def test_messages_are_counted_before_the_first_is_read(name: str) -> None:
    body = json.loads(json.dumps(WITH_TURNS[name](6)).replace("user", "nobody"))
    with pytest.raises(OverLimit):
        read_request({"model": "m"} | body, name, budget=Budget(Limits(turns=5)))


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_the_tools_of_a_body_are_counted(name: str) -> None:
    wire = name.partition(" ")[0]
    assert read_request({"model": "m"} | WITH_TOOLS[name](5), wire, budget=Budget(Limits(tools=5))).tools
    with pytest.raises(OverLimit, match=r"^the request has more than 5 tools \(limits\.tools\)"):
        read_request({"model": "m"} | WITH_TOOLS[name](6), wire, budget=Budget(Limits(tools=5)))


@pytest.mark.parametrize("name", WITH_TOOLS)
def test_the_places_of_all_schemas_are_counted_together(name: str) -> None:
    with pytest.raises(OverLimit, match=r"^the tools' schemas take more than 50 steps"):
        read_request({"model": "m"} | WITH_TOOLS[name](30), name.partition(" ")[0], budget=Budget(Limits(visits=50)))


@pytest.mark.parametrize("name", WITH_TURNS)
def test_without_a_budget_the_limits_are_the_default_ones(name: str) -> None:
    with pytest.raises(OverLimit, match="more than 10000 messages"):
        read_request({"model": "m"} | WITH_TURNS[name](10_001), name)


def test_tools_that_were_counted_are_not_counted_again() -> None:
    budget = Budget(Limits(tools=5))
    request = read_request({"model": "m"} | WITH_TOOLS["openai"](5), "openai", budget=budget)
    assert not inject_tools(request, budget=budget).tools


def test_what_is_wrong_with_one_tool_is_said_with_its_place() -> None:
    with pytest.raises(RequestError, match=r"^tools\[1\]: the tool needs a name"):
        read_request({"model": "m", "messages": [TURN], "tools": [OPENAI, {"function": {}}]}, "ollama")


def test_each_result_of_a_turn_of_anthropics_counts_as_a_message() -> None:
    results = [{"type": "tool_result", "tool_use_id": "c", "content": "r"}] * 6
    body = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": results}]}
    assert len(read_request(body, "anthropic", budget=Budget(Limits(turns=6))).messages) == 6
    with pytest.raises(OverLimit, match=r"limits\.turns"):
        read_request(body, "anthropic", budget=Budget(Limits(turns=5)))


def test_generate_draws_from_the_budget_of_its_request() -> None:
    with pytest.raises(OverLimit):
        read_request({"model": "m", "prompt": "hi", "system": "x"}, "ollama.generate", budget=Budget(Limits(turns=1)))


PNG = "data:image/png;base64,iVBORw0KGgo="
LISTS: dict[str, tuple[str, Callable[[int], Body]]] = {
    "system turns behind a user's": (
        "anthropic",
        lambda many: {"max_tokens": 5, "messages": [TURN, *[{"role": "system", "content": "word " * 20}] * many]},
    ),
    "results in one turn": (
        "anthropic",
        lambda many: {
            "max_tokens": 5,
            "messages": [
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"c{n}"} for n in range(many)]}
            ],
        },
    ),
    "items of one turn": (
        "responses",
        lambda many: {
            "input": [
                {"type": "function_call", "call_id": f"c{number}", "name": "now", "arguments": "{}"}
                for number in range(many)
            ]
        },
    ),
    "thoughts of one turn": (
        "responses",
        lambda many: {"input": [{"type": "reasoning", "summary": [{"text": "t"}]} for _ in range(many)]},
    ),
    "system items": ("responses", lambda many: {"input": [{"role": "system", "content": "word " * 20}] * many}),
    "parts of a message": (
        "openai",
        lambda many: {"messages": [{"role": "user", "content": [{"type": "text", "text": "word"}] * many}]},
    ),
    "pictures of a message": (
        "openai",
        lambda many: {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": PNG}] * many}]},
    ),
    "pictures beside a message": ("ollama", lambda many: {"messages": [TURN | {"images": ["iVBORw0KGgo="] * many}]}),
    "calls and results": (
        "openai",
        lambda many: {
            "messages": [
                TURN,
                {"role": "assistant", "tool_calls": [OPENAI | {"id": f"c{number}"} for number in range(many)]},
                *({"role": "tool", "tool_call_id": f"c{number}", "content": "r"} for number in reversed(range(many))),
            ]
        },
    ),
    "tools that are allowed": (
        "openai",
        lambda many: {
            "messages": [TURN],
            "tools": [{"function": {"name": Counted(f"t{number}")}} for number in range(many)],
            "tool_choice": {
                "type": "allowed_tools",
                "tools": [{"name": Counted(f"t{number}")} for number in range(many)],
            },
        },
    ),
    "words to stop at": ("openai", lambda many: {"messages": [TURN], "stop": ["x"] * many}),
    "weights of tokens": ("openai", lambda many: {"messages": [TURN], "logit_bias": {str(n): 1 for n in range(many)}}),
    "enum values": (
        "ollama",
        lambda many: {
            "messages": [TURN],
            "tools": [{"name": "t", "parameters": {"properties": {"a": {"enum": list(range(many))}}}}],
        },
    ),
    "required names": (
        "ollama",
        lambda many: {
            "messages": [TURN],
            "tools": [{"name": "t", "parameters": {"properties": {}, "required": [str(n) for n in range(many)]}}],
        },
    ),
}
"""What a body may hold many of, with the wire that takes it."""


@pytest.mark.parametrize("count", [calls_of, characters_of, comparisons_of])
@pytest.mark.parametrize("name", LISTS)
def test_twice_as_many_of_anything_are_twice_the_work(name: str, count: Callable[[Callable[[], object]], int]) -> None:
    wire, body = LISTS[name]

    def work(many: int) -> Callable[[], object]:
        request = {"model": "m"} | body(many)
        return lambda: translate_request(request, wire, "openai")

    work(5)()
    assert count(work(400)) <= 2.3 * max(1, count(work(200)))


def test_linking_results_with_calls_is_linear() -> None:
    def work(many: int) -> Callable[[], object]:
        calls = tuple(ToolCall(Counted(f"t{number % 7}"), "{}", None) for number in range(many))
        results = [Message("tool", "r", tool_name=Counted(f"t{number % 7}")) for number in range(many)]
        return lambda: list(linked(named([Message("assistant", tool_calls=calls), *results])))

    work(5)()
    assert comparisons_of(work(400)) <= 2.3 * comparisons_of(work(200))
    assert calls_of(work(400)) <= 2.3 * calls_of(work(200))
