"""Tools that no request has offered before: a parser for them costs next to nothing, and nothing of them is kept.

An attacker sends another set with each request. Work is counted: a clock would only tell how busy the machine is.
"""

import gc
import re
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

import pytest

from tests.replies import chunks
from toolbridge import scanner
from toolbridge.cli.samples import sample
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.dialects import dialects
from toolbridge.events import ToolCallStart
from toolbridge.messages import Tool
from toolbridge.notation.dialect import PROMPTED
from toolbridge.reply_parser import ReplyParser, state, warm_up

CALLS_A_NAME = 30
"""Calls of functions for each tool more, while a parser is made."""
KEPT = 100_000
"""Bytes that may stay of a hundred sets of tools: each has 4,000 characters in its names alone."""
STEPS_A_LOOK_UP = 30

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": []}
_numbers = count()


def fresh(many: int) -> list[Tool]:
    """Tools with names that were not there before."""
    return [Tool(f"fresh_{next(_numbers)}_name(?:", parameters=PARAMETERS) for _ in range(many)]


def alike(many: int) -> list[Tool]:
    """Tools with the longest names that are allowed. They begin alike, and some names begin with another name."""
    begin = f"{next(_numbers)}."
    nested = [begin + "a" * size for size in range(1, 115)]
    names = (*nested, *(f"{nested[-1]}{at:04}" for at in range(many)))
    return [Tool(name, parameters=PARAMETERS) for name in names[:many]]


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    warm_up()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The expressions that are compiled from here on."""
    found: list[str] = []
    compile_ = re.compile

    def counted(pattern: Any, flags: Any = 0) -> Any:
        found.append(pattern)
        return compile_(pattern, flags)

    monkeypatch.setattr(re, "compile", counted)
    return found


def called(work: Callable[[], object]) -> int:
    """How many functions are called, ours and the interpreter's own."""
    calls = 0

    def profile(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def kept() -> list[int]:
    """How many bytes all caches hold."""
    caches = (scanner._kept, scanner._known, scanner._compiled, state._lookout)
    return [cache.cache_info().currsize for cache in caches]


@pytest.mark.parametrize("dialect", dialect_names())
@pytest.mark.parametrize("make", [fresh, alike])
def test_a_parser_for_fresh_tools_compiles_nothing(
    dialect: str, make: Callable[[int], list[Tool]], compiled: list[str]
) -> None:
    few, many = ([replace(one, parameters={}) for one in make(number)] for number in (20, 220))
    base = called(lambda: ReplyParser(dialect, few))
    assert called(lambda: ReplyParser(dialect, many)) - base <= CALLS_A_NAME * 200
    assert compiled == []


@pytest.mark.parametrize("dialect", dialect_names())
def test_a_reply_that_looks_for_fresh_names_compiles_none_of_them(dialect: str, compiled: list[str]) -> None:
    for make in (fresh, alike):
        tools = make(130)
        for text in replies(dialect, tools[-1].name):
            parser = ReplyParser(dialect, tools)
            for piece in chunks(text, 4):
                parser.feed(piece)
            parser.finish()
    assert [one for one in compiled if "fresh_" in one or "aaaa" in one] == []


def replies(dialect: str, name: str) -> Iterator[str]:
    """Replies that speak of a tool, in this notation and in those that know tools by their names."""
    written = dialects().get(dialect)
    if written is not None:
        yield sample(find_dialect(dialect)).replace("get_weather", name)
    yield f"So: <\n<{name}>\n<city>a</city>\n</{name}>"
    yield f"<tool_calls>\n<{name}>\n<city>a</city>\n</{name}>\n</tool_calls>"
    yield f'{name}\n{{"city": "a"}}>>>{name}\nprint()>>>all\nx'
    yield f"[TOOL_CALLS]{name}[ARGS]{{}}<tool_call>{name}<arg_key>city</arg_key><arg_value>a</arg_value></tool_call>"
    yield f" to={name}<|message|>{{}}"


def test_the_names_of_tools_are_found(compiled: list[str]) -> None:
    """The replies that are counted above hold calls indeed."""
    tools = alike(150)
    name = tools[-1].name
    for dialect, text in (("xml", f"<{name}>\n</{name}>"), ("cline", f"x <{name}></{name}>"), ("xml", f"{name}\n{{}}")):
        parser = ReplyParser(dialect, tools)
        events = [event for piece in chunks(text, 3) for event in parser.feed(piece)] + parser.finish()
        assert [event.name for event in events if isinstance(event, ToolCallStart)] == [name]
    assert compiled == []


def test_a_name_is_found_in_few_steps_however_many_there_are() -> None:
    for make in (fresh, alike):
        few, many = make(10), make(1000)
        steps = []
        for tools in (few, many):
            parser = ReplyParser("cline", tools)
            parser.feed("x <")
            text = f"{tools[-1].name[:-1]}?{'<fre' * 100}"
            steps.append(called(partial(parser.feed, text)))
        assert steps[1] - steps[0] <= STEPS_A_LOOK_UP * 100


def test_a_hundred_sets_of_tools_leave_nothing_behind() -> None:
    for tools in (fresh(200), alike(200)):
        for text in replies("xml", tools[0].name):
            ReplyParser("xml", tools).feed(text)
    caches = kept()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(100):
            parser = ReplyParser("xml", fresh(200))
            parser.feed("x <fresh_")
            parser.finish()
        del parser
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < KEPT
    finally:
        tracemalloc.stop()
    assert kept() == caches


def test_names_of_parameters_are_looked_up_as_well(compiled: list[str]) -> None:
    """A model's `<name>` of a thousand characters was a trie as deep, beyond what Python may recurse."""
    long = "p" * 5000
    many = {f"parameter_{at}": {"type": "string"} for at in range(300)}
    tools = [Tool("now", parameters={"type": "object", "properties": many})]
    element = "<now>\n<parameter_7>a</parameter_7>\n<parameter_299>b</parameter_299>\n</now>"
    inside = f"<invoke><tool_name>now</tool_name><parameters><{long}>x</{long}></parameters></invoke>"
    for text in (element, inside):
        parser = ReplyParser("xml", tools)
        events = [event for piece in chunks(text, 700) for event in parser.feed(piece)] + parser.finish()
        assert [event.name for event in events if isinstance(event, ToolCallStart)] == ["now"]
    assert not [one for one in compiled if "ppp" in one or "para" in one]


def test_openers_with_names_are_the_same_for_all_tools() -> None:
    for dialect in dialects().values():
        for opener in (*dialect.tool_openers, *dialect.asked_tool_openers):
            assert opener.literal != PROMPTED, "a name is searched for behind something that can be compiled"
