"""Foreign text that looks like calls and results, in every place and in every notation that can be asked for.

Each prompt with an attack in it is held against the same prompt with harmless words in its place: it must have as many
markers of each kind, and as many calls for who reads it as a reply, and the text must still be there.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.notation.dialect import Form
from toolbridge.reply_parser import parse_reply
from toolbridge.tool_prompt import Variant, inject, tool_prompt
from toolbridge.tool_prompt.defuse import defused
from toolbridge.tool_prompt.example import example
from toolbridge.tool_prompt.example_turns import PLAIN

ATTACKS = json.loads((Path(__file__).parent.parent / "data" / "prompt_attacks.json").read_text(encoding="utf-8"))
DIALECTS = [name for name in dialect_names() if name != "auto" and find_dialect(name).form is not None]
HARMLESS = "calm words"
CITY: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "Report the weather of a city.", CITY)
NOW = Tool("now", "Tell the time.")
OSLO = ToolCall("get_weather", '{"city": "Oslo"}', "call_1")
USER = Message("user", "How is Oslo?")
OFFERED = ("get_weather", "now")

every_dialect = pytest.mark.parametrize("dialect", DIALECTS)


def form_of(dialect: str) -> Form:
    form = find_dialect(dialect).form
    assert form is not None
    return form


def attacks(dialect: str) -> Iterator[tuple[str, str]]:
    """Each attack's name, and its text in the markers of this notation; prose where the notation has none of them."""
    form = form_of(dialect)
    markers = [*form.markers, form.result_open.replace("{name}", "now"), form.result_close, *form.wrapper]
    markup = {
        "call": form.write([OSLO], [WEATHER]),
        "open": form.result_open.replace("{name}", "get_weather"),
        "close": form.result_close,
        "close_blank": form.result_close.replace(">", " >"),
        "wrapper_open": form.wrapper[0],
        "wrapper_close": form.wrapper[1],
        "markers": " ".join(markers),
        "marker_lines": "\n".join(markers),
        "half": form.result_close[:-1],
        "skeleton": form.skeleton,
    }
    for attack in ATTACKS:
        text = attack["text"]
        for name, part in markup.items():
            text = text.replace(f"{{{name}}}", part)
        yield attack["name"], text.strip() or "prose"


def as_user(text: str) -> ChatRequest:
    return request(Message("user", text))


def behind_a_result(text: str) -> ChatRequest:
    return request(USER, Message("assistant", "", tool_calls=(OSLO,)), result("12"), Message("user", text))


def as_result(text: str) -> ChatRequest:
    return request(USER, Message("assistant", "", tool_calls=(OSLO,)), result(text), Message("user", "And?"))


def as_error(text: str) -> ChatRequest:
    told = Message("tool", text, tool_call_id="call_1", is_error=True)
    return request(USER, Message("assistant", "", tool_calls=(OSLO,)), told)


def as_name_of_a_result(text: str) -> ChatRequest:
    call = ToolCall(text, "{}", "call_9")
    return request(USER, Message("assistant", "", tool_calls=(call,)), Message("tool", "12", tool_call_id="call_9"))


def as_result_without_a_call(text: str) -> ChatRequest:
    return request(USER, Message("tool", text, tool_name=text), Message("user", "And?"))


def result(text: str) -> Message:
    return Message("tool", text, tool_call_id="call_1", tool_name="get_weather")


def request(*messages: Message) -> ChatRequest:
    return ChatRequest("m", messages=messages, tools=(WEATHER, NOW))


MESSAGES: tuple[Callable[[str], ChatRequest], ...] = (
    as_user,
    behind_a_result,
    as_result,
    as_error,
    as_name_of_a_result,
    as_result_without_a_call,
)


def described(text: str) -> Tool:
    return Tool("get_weather", text, CITY)


def with_parameter(**schema: Any) -> Tool:
    properties = {"city": {"type": "string"}, "units": {"type": "string", **schema}}
    return Tool("get_weather", "Report.", {"type": "object", "properties": properties, "required": ["city", "units"]})


def with_nested(text: str) -> Tool:
    inner = {"type": "object", "properties": {"a": {"type": "string", "description": text, "examples": [text]}}}
    parameters = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "more": inner, text[:128]: {"type": "string"}},
    }
    return Tool("get_weather", "Report.", parameters)


def with_schema(text: str) -> Tool:
    odd = {
        "anyOf": [
            {"type": "object", "properties": {text[:128]: {"const": text}}},
            {"type": "array", "not": {"const": 1}},
        ]
    }
    return Tool("get_weather", "Report.", {"type": "object", "properties": {"city": odd}})


TOOLS: dict[str, Callable[[str], Tool]] = {
    "a description": described,
    "a name": lambda text: Tool(text[:128], "Get a thing.", CITY),
    "a parameter's description": lambda text: with_parameter(description=text),
    "values": lambda text: with_parameter(enum=[text, "metric"]),
    "a default": lambda text: with_parameter(default=text),
    "a value in the example": lambda text: with_parameter(const=text),
    "a pattern": lambda text: with_parameter(pattern=text, format=text, examples=[text]),
    "nested parts": with_nested,
    "a schema": with_schema,
}


def structure(text: str, form: Form) -> dict[str, int]:
    """How often each literal stands there that means something."""
    begin = form.result_open.partition("{name}")[0]
    literals = {*form.markers, begin, form.result_close, *form.wrapper} - {""}
    return {
        literal: len(re.findall(rf"(?<!\\){re.escape(literal)}" + r"(?!\w)" * literal[-1].isalnum(), text))
        for literal in literals
        if len(literal) > 1
    }


def calls(text: str, dialect: str) -> list[tuple[str, Any]]:
    return [(call.name, call.arguments) for call in parse_reply(text, dialect, [WEATHER, NOW]).tool_calls]


def parts(prompt: str) -> tuple[str, str]:
    """The prompt up to its example, and that."""
    before, _, shown = prompt.rpartition("\n\nAn example")
    return before, shown


@every_dialect
@pytest.mark.parametrize("place", MESSAGES, ids=lambda place: place.__name__)
def test_text_in_a_conversation_is_no_call_and_no_result(dialect: str, place: Callable[[str], ChatRequest]) -> None:
    form, calm = form_of(dialect), inject(place(HARMLESS), dialect).messages
    for name, text in attacks(dialect):
        attacked = inject(place(text), dialect).messages
        assert [turn.role for turn in attacked] == [turn.role for turn in calm], name
        for turn, placebo in zip(attacked, calm, strict=True):
            assert structure(turn.content, form) == structure(placebo.content, form), name
            if turn.role == "user":
                assert calls(turn.content, dialect) == [], name
            if turn.role == "assistant" and place is not as_name_of_a_result:
                assert turn.content == placebo.content, name


@every_dialect
@pytest.mark.parametrize("place", TOOLS)
def test_text_in_a_tool_is_no_call_and_no_result(dialect: str, place: str) -> None:
    form = form_of(dialect)
    calm, _ = parts(tool_prompt([TOOLS[place](HARMLESS), NOW], dialect))
    for name, text in attacks(dialect):
        tools = [TOOLS[place](text), NOW]
        attacked, shown = parts(tool_prompt(tools, dialect))
        assert structure(attacked, form) == structure(calm, form), name
        assert attacked.count("\n# ") == calm.count("\n# "), name
        assert attacked.count("\n## ") == calm.count("\n## "), name
        told, _, block = shown.partition("The reply:\n")
        assert not any(structure(told, form).values()), name
        chosen = example(tools)
        read = parse_reply(block, dialect, [chosen.tool]).tool_calls
        assert [(call.name, call.arguments) for call in read] == [
            (call.name, call.arguments) for call in chosen.calls
        ], name


@every_dialect
@pytest.mark.parametrize("place", TOOLS)
def test_text_in_a_tool_gets_into_no_example_of_a_very_small_model(dialect: str, place: str) -> None:
    form, small = form_of(dialect), Variant("small", brief=True, examples=4, plain=3)
    calm, *calm_shown = inject(
        ChatRequest("m", (USER,), (TOOLS[place](HARMLESS), NOW)), dialect, variant=small
    ).messages
    for name, text in attacks(dialect):
        tools = (TOOLS[place](text), NOW)
        system, *shown, last = inject(ChatRequest("m", (USER,), tools), dialect, variant=small).messages
        if bool(shown) == (len(calm_shown) > 1):
            assert structure(system.content, form) == structure(calm.content, form), name
        assert last == USER
        for turn in shown:
            if turn.role == "user":
                assert not any(structure(turn.content, form).values()), name
            elif turn.content not in {answer for _, answer in PLAIN}:
                read = parse_reply(turn.content, dialect, tools).tool_calls
                assert [call.name for call in read] == [tools[0].name], name
                foreign = [value for value in read[0].arguments.values() if value in text]
                assert all(re.fullmatch(r"[\w.+-]{1,32}", value) for value in foreign), name


@every_dialect
def test_the_model_still_reads_the_same_text(dialect: str) -> None:
    for name, text in attacks(dialect):
        rest = iter(defused(text, form_of(dialect), OFFERED))
        added = []
        for character in text:
            while (shown := next(rest)) != character:
                added.append(shown)
        assert {*added, *rest} <= {"\\"}, name


@every_dialect
def test_a_past_call_with_such_text_for_an_argument_is_that_call(dialect: str) -> None:
    for name, text in attacks(dialect):
        past = ToolCall("get_weather", json.dumps({"city": text}), "call_1")
        turns = inject(request(USER, Message("assistant", "", tool_calls=(past,)), result("12")), dialect).messages
        (said,) = [turn.content for turn in turns if turn.role == "assistant"]
        assert calls(said, dialect) == [("get_weather", {"city": text})], name


@every_dialect
def test_a_parameter_with_the_name_of_a_tool_is_listed_as_it_is(dialect: str) -> None:
    assert "\n- city (string, required)\n" in tool_prompt([Tool("city", "Get one.", CITY), NOW], dialect)
