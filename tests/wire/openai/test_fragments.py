"""Calls in pieces, as servers of every habit send them."""

from itertools import count
from typing import Any

import pytest

from toolbridge.errors import FrameError
from toolbridge.events import Event, ToolCall, ToolCallArgsDelta, ToolCallEnd, ToolCallStart, collect
from toolbridge.limits import Limits
from toolbridge.wire.openai.fragments import Fragments


def fragments(limits: Limits | None = None) -> Fragments:
    numbers = count()
    return Fragments(limits or Limits(), lambda: f"new{next(numbers)}")


def piece(
    arguments: str = "", name: str | None = None, call_id: str | None = None, index: int | None = None
) -> dict[str, Any]:
    out: dict[str, Any] = {"function": {"arguments": arguments}}
    if name is not None:
        out["function"]["name"] = name
    if call_id is not None:
        out["id"] = call_id
    return out if index is None else out | {"index": index}


def taken(one: Fragments, *pieces: dict[str, Any]) -> list[Event]:
    return [event for part in pieces for event in one.take(part, part["function"]["arguments"])]


def calls(*pieces: dict[str, Any]) -> list[ToolCall]:
    one = fragments()
    return list(collect([*taken(one, *pieces), *one.finish("truncated")]).tool_calls)


TWO = [ToolCall("f", '{"a":1}', "x"), ToolCall("g", '{"b":2}', "y")]
ANONYMOUS = [ToolCall("f", '{"a":1}', "new0"), ToolCall("g", '{"b":2}', "new1")]
SAME = [ToolCall("f", '{"a":1}', "new0"), ToolCall("f", '{"a":2}', "new1")]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param(
            [piece("", "f", "x", 0), piece('{"a"', index=0), piece(":1}", index=0), piece('{"b":2}', "g", "y", 1)],
            TWO,
            id="as OpenAI and llama.cpp send them",
        ),
        pytest.param(
            [piece('{"a":1}', "f", "x", 0), piece('{"b":2}', "g", "y", 0)], TWO, id="every call index 0, with ids"
        ),
        pytest.param(
            [piece('{"a"', "f", "x", 0), piece(":1}", "", "", 0), piece('{"b":2}', "g", "y", 0)],
            TWO,
            id="empty id and name later",
        ),
        pytest.param([piece('{"a":1}', "f", "x"), piece('{"b":2}', "g", "y")], TWO, id="no index"),
        pytest.param(
            [piece('{"a"', "f", "x"), piece(":1}"), piece('{"b"', "g", "y"), piece(":2}")],
            TWO,
            id="no index, in pieces",
        ),
        pytest.param(
            [
                piece('{"a"', "f", "x", 0),
                piece(":1}", "f", "x", 0),
                piece('{"b"', "g", "y", 1),
                piece(":2}", "g", "y", 1),
            ],
            TWO,
            id="id and name with every piece",
        ),
        pytest.param(
            [piece('{"a"', "f", index=0), piece(":1}", "f", index=0), piece('{"b":2}', "g", index=1)],
            ANONYMOUS,
            id="the name with every piece",
        ),
        pytest.param([piece('{"a":1}', "f"), piece('{"b":2}', "g")], ANONYMOUS, id="neither index nor id"),
        pytest.param([piece('{"a":1}', "f"), piece('{"a":2}', "f")], SAME, id="neither, and the same tool twice"),
        pytest.param(
            [piece('{"a":1}', "f", index=0), piece('{"a":2}', "f", index=0)],
            SAME,
            id="index 0, and the same tool twice",
        ),
        pytest.param(
            [piece('{"a":1}', "f", index=0), piece("", "f", index=0)], SAME[:1], id="the name once more at the end"
        ),
        pytest.param(
            [piece("", call_id="x", index=0), piece("", "f", index=0), piece('{"a":1}', index=0)],
            TWO[:1],
            id="the name after the id",
        ),
        pytest.param([piece('{"a"', index=0), piece(":1}", "f", "x", index=0)], TWO[:1], id="the name after arguments"),
        pytest.param(
            [piece("", "f", index=0), piece('{"a":1}', call_id="x", index=0)], SAME[:1], id="the id after the name"
        ),
        pytest.param([piece('{"a":1}', "f", "x", 3), piece('{"b":2}', "g", "y", 7)], TWO, id="indexes with gaps"),
        pytest.param(
            [
                piece("", "f", "x", 0),
                piece("", "g", "y", 1),
                piece('{"a"', index=0),
                piece('{"b":2}', index=1),
                piece(":1}", index=0),
            ],
            TWO,
            id="calls that are interleaved",
        ),
        pytest.param(
            [piece("", "f", "x", 0), piece("", "g", "y", 1)],
            [ToolCall("f", "{}", "x"), ToolCall("g", "{}", "y")],
            id="no arguments at all",
        ),
    ],
)
def test_calls_come_out_whole(pieces: list[dict[str, Any]], expected: list[ToolCall]) -> None:
    assert calls(*pieces) == expected


def test_pieces_leave_as_they_come_and_a_call_ends_when_the_next_begins() -> None:
    one = fragments()
    assert taken(one, piece("", "f", "x", 0)) == [ToolCallStart(0, "x", "f")]
    assert taken(one, piece('{"a"', index=0)) == [ToolCallArgsDelta(0, '{"a"')]
    assert taken(one, piece(":1}", index=0)) == [ToolCallArgsDelta(0, ":1}")]
    assert taken(one, piece("", "g", "y", 1)) == [ToolCallEnd(0), ToolCallStart(1, "y", "g")]
    assert taken(one, piece("late", index=0)) == []
    assert list(one.finish("broken")) == [ToolCallArgsDelta(1, "{}"), ToolCallEnd(1)]
    assert list(one.finish("broken")) == []


@pytest.mark.parametrize("text", ['{"a"', "[1]", "null", '{"a":1} x', '{"a":1,}'])
def test_arguments_that_are_no_object_end_as_the_caller_says(text: str) -> None:
    one = fragments()
    taken(one, piece(text, "f", "x", 0))
    assert list(one.finish("truncated")) == [ToolCallEnd(0, "truncated")]


def test_arguments_that_no_tolerance_makes_json_never_end_early() -> None:
    one = fragments()
    taken(one, piece("}", "f", index=0), piece("}", "f", index=0), piece("{}", "g", index=1))
    assert list(one.finish("broken")) == [ToolCallEnd(0, "broken"), ToolCallEnd(1)]


def test_a_call_without_a_name_ends_broken() -> None:
    one = fragments()
    assert taken(one, piece("{}", call_id="x", index=0)) == []
    assert list(one.finish("truncated")) == [ToolCallStart(0, "x", ""), ToolCallEnd(0, "broken")]


def test_a_call_over_the_limit_is_an_error() -> None:
    one = fragments(Limits(call=8))
    with pytest.raises(FrameError, match=r"limits\.call"):
        taken(one, piece('{"a":"', "f", "x", 0), piece("bcdef", index=0))


def test_every_piece_is_looked_at_once_however_often_the_name_comes_again() -> None:
    # Asking anew about all pieces for each of these would read 2 GB.
    one = fragments()
    taken(one, piece('{"a":[', "f", index=0))
    for _ in range(20_000):
        taken(one, piece('"aaaaaaaa",', "f", index=0))
    assert list(one.finish("truncated")) == [ToolCallEnd(0, "truncated")]


def test_the_text_of_a_freeform_call_becomes_its_only_argument() -> None:
    first = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "p", "input": 'a"\n'}}
    more = {"index": 0, "custom": {"input": "b\\"}}
    empty = {"index": 1, "id": "d", "type": "custom", "custom": {"name": "q", "input": ""}}
    one = fragments()
    events = [event for part in (first, more, empty) for event in one.take(part, "")]
    found = collect([*events, *one.finish("broken")]).tool_calls
    assert [(call.id, call.name, call.arguments) for call in found] == [
        ("c", "p", {"input": 'a"\nb\\'}),
        ("d", "q", {"input": ""}),
    ]


def test_a_freeform_call_that_was_cut_has_no_whole_arguments() -> None:
    one = fragments()
    entry = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "p", "input": "a"}}
    events = [*one.take(entry, ""), *one.finish("truncated")]
    assert events[1:] == [ToolCallArgsDelta(0, '{"input":"a'), ToolCallEnd(0, "truncated")]
