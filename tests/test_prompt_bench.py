"""The bench for prompts: its requests fit its tools, and it judges replies as a person would."""

from typing import Any

import pytest

from benchmarks.prompts.cases import QUICK, SETS, Case, read_cases
from benchmarks.prompts.report import Row, plot, table
from benchmarks.prompts.score import judge, wilson
from benchmarks.prompts.tools import BY_NAME, GROUPS
from toolbridge.events import ToolCall
from toolbridge.reply_parser import ReplyParser

FILES = ("requests.txt", "held_out.txt")
CASES = [case for file in FILES for cases in read_cases(file).values() for case in cases]


def judged(case: Case, text: str, copies: tuple[ToolCall, ...] = ()) -> Any:
    parser = ReplyParser("hermes", case.tools(4), release="whole", copies=copies)
    reply = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 9}}
    return judge(case, parser, copies, reply, 0.5)


def a_call(name: str, arguments: str) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {arguments}}}\n</tool_call>'


def test_there_are_120_requests_in_three_sets_and_half_as_many_held_out() -> None:
    counts = [[len(read_cases(file)[name]) for name in SETS] for file in FILES]
    assert counts == [[40, 40, 40], [QUICK, QUICK, QUICK]]


def test_no_held_out_request_stands_in_the_first_set() -> None:
    first, held_out = ({repr(case.turns) for cases in read_cases(file).values() for case in cases} for file in FILES)
    assert not first & held_out


def test_there_are_36_tools_and_a_request_is_offered_its_own() -> None:
    assert len(BY_NAME) == 36
    assert {len(group) for group in GROUPS} == {4}
    for case in CASES:
        for many in (1, 4, 12, 36):
            offered = case.tools(many)
            assert {*case.own} <= {tool.name for tool in offered}
            assert len(offered) in (many, len(case.own))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_wanted_fits_the_schema_of_the_tool(case: Case) -> None:
    for call in case.calls:
        parameters = BY_NAME[call.name].parameters
        assert set(parameters["required"]) <= call.arguments.keys() <= parameters["properties"].keys()


def test_a_reply_is_right_only_with_the_calls_that_are_wanted() -> None:
    case = read_cases("requests.txt")["like"][0]
    assert judged(case, a_call("get_weather", '{"city": "oslo"}')).right
    extra = judged(case, a_call("get_weather", '{"city": "Oslo", "days": 2}'))
    assert (extra.right, extra.called, extra.wrong_arguments, extra.wrong_name) == (False, True, True, False)
    other = judged(case, a_call("search_web", '{"query": "Oslo"}'))
    assert (other.right, other.wrong_arguments, other.wrong_name) == (False, False, True)
    assert not judged(case, "It is cold.").called


def test_a_call_where_none_is_wanted_is_undue() -> None:
    case = read_cases("requests.txt")["none"][0]
    assert judged(case, "Hello!").right
    assert judged(case, a_call("get_weather", '{"city": "Oslo"}')).undue


def test_a_copy_and_an_invented_result_are_seen() -> None:
    case = read_cases("requests.txt")["like"][0]
    copied = judged(
        case, a_call("get_weather", '{"city": "Vintral"}'), (ToolCall("get_weather", '{"city": "Vintral"}'),)
    )
    assert (copied.copied, copied.called) == (True, False)
    made_up = a_call("get_weather", '{"city": "Oslo"}') + "\n<tool_response>\nsunny\n</tool_response>"
    assert judged(case, made_up).invented


def test_the_interval_of_a_rate_is_wilsons() -> None:
    low, high = wilson(48, 60)
    assert (round(low, 2), round(high, 2)) == (0.68, 0.88)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_table_and_the_picture_show_every_row() -> None:
    case = read_cases("requests.txt")["like"][0]
    row = Row(
        "full", "hermes", 4, {"like": [judged(case, "no"), judged(case, a_call("get_weather", '{"city": "Oslo"}'))]}
    )
    assert "| full | hermes | 4 | 1 of 2 (9–91%) | – | – | 1 of 2 |" in table([row])
    assert plot([row], "a < b").count("<rect") == 5
    assert "a &lt; b" in plot([row], "a < b")
