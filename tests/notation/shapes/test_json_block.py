"""Blocks of JSON behind a marker, in all their families: ids, owners of shared markers, streaming."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.replies import TOOLS, Parsing, chunks, cut, read
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.dialects import dialects
from toolbridge.events import Event, ToolCallArgsDelta, ToolCallStart

BLOCKS = {
    "longcat": ("<longcat_tool_call>", "</longcat_tool_call>"),
    "ernie": ("<tool_call>", "</tool_call>"),
    "granite": ("<|tool_call|>", ""),
    "granite-function": ("<function_call>", ""),
    "internlm": ("<|action_start|><|plugin|>", "<|action_end|>"),
    "mistral-array": ("[TOOL_CALLS]", ""),
    "functools": ("functools[", "]"),
    "nemotron-nano": ("<TOOLCALL>", "</TOOLCALL>"),
    "jamba": ("<tool_calls>", "</tool_calls>"),
    "hunyuan-a13b": ("<tool_calls>", "</tool_calls>"),
    "apriel": ("<tool_calls>", "</tool_calls>"),
    "minimax-m1": ("<tool_calls>", "</tool_calls>"),
    "cohere": ("<|START_ACTION|>", "<|END_ACTION|>"),
}
every_block = pytest.mark.parametrize("name", BLOCKS)
CALL = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'


@every_block
def test_a_family_is_found_by_its_name_and_says_why_it_is_not_asked_for(name: str) -> None:
    assert name in dialect_names()
    assert find_dialect(name).form is None
    assert find_dialect(name).unpromptable


@every_block
def test_a_text_in_the_arguments_leaves_while_it_is_written(name: str) -> None:
    begin, _ = BLOCKS[name]
    parser = Parsing(name).parser()
    parser.feed(begin + '{"name": "get_weather", "arguments": {"city": "')
    assert parser.feed("Os") == [ToolCallArgsDelta(0, "Os")]
    assert parser.feed("lo") == [ToolCallArgsDelta(0, "lo")]


@every_block
def test_an_id_before_the_arguments_is_kept_and_one_behind_them_where_the_call_has_not_left(name: str) -> None:
    begin, end = BLOCKS[name]
    early = begin + '{"id": "a1B2c3D4e", "name": "now", "arguments": {}}' + end
    late = begin + '{"name": "now", "arguments": {}, "id": "a1B2c3D4e"}' + end
    assert _ids(read(early, name).events) == ["a1B2c3D4e"]
    assert _ids(read(late, name).events) == ["call_0"]
    assert _ids(read(late, name, release="whole").events) == ["a1B2c3D4e"]


@every_block
@given(
    text=st.lists(st.sampled_from(["{", "}", "[", "]", ",", " ", "\n", '"', "x", CALL, "</tool_calls>"]), max_size=12)
)
def test_whatever_stands_in_a_block_reads_the_same_in_pieces(name: str, text: list[str]) -> None:
    begin, end = BLOCKS[name]
    whole = "So " + begin + "".join(text) + end + " and " + begin + CALL + end
    parsing = Parsing(name)
    assert parsing.read(chunks(whole, 1)) == parsing.read([whole]) == parsing.read(cut(whole, [len(whole) // 2]))


def test_who_shares_an_opener_leaves_it_to_its_owner_in_other_replies() -> None:
    owned = {(one.literal, token) for dialect in dialects().values() for one in dialect.openers for token in one.then}
    owned |= {(one.literal, "") for dialect in dialects().values() for one in dialect.openers if not one.then}
    shared = {"ernie": "<tool_call>", "granite": "<tool_call>", "jamba": "<tool_calls>", "apriel": "<tool_calls>"}
    shared |= {"hunyuan-a13b": "<tool_calls>", "minimax-m1": "<tool_calls>"}
    for name, literal in shared.items():
        openers = [one for one in find_dialect(name).asked_openers if one.literal == literal]
        assert openers
        for opener in openers:
            assert {(literal, token) for token in opener.then} <= owned


def test_a_tag_that_three_notations_share_is_read_by_what_stands_in_it() -> None:
    listed = f"<tool_calls>[{CALL}]</tool_calls>"
    bare = f"<tool_calls>\n{CALL}\n</tool_calls>"
    elements = (
        '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n</tool_calls>'
    )
    for name in ("auto", "xml", "jamba", "apriel", "hunyuan-a13b", "minimax-m1"):
        for text in (listed, bare, elements):
            assert read(text, name).calls == [("get_weather", '{"city":"Oslo"}')], (name, text)
            assert read(text, name).content == ""


@every_block
def test_a_name_that_was_not_offered_is_text_in_other_replies(name: str) -> None:
    begin, end = BLOCKS[name]
    text = begin + '{"name": "find_flat", "arguments": {}}' + end
    assert read(text, "json", TOOLS).content == text


def _ids(events: list[Event]) -> list[str]:
    return [event.id for event in events if isinstance(event, ToolCallStart)]
