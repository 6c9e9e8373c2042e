"""The events of a reply in one piece, and the parts that the writers take of them."""

from toolbridge.events import (
    ContentDelta,
    Event,
    Finish,
    Logprobs,
    Opaque,
    ReasoningDelta,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
)
from toolbridge.wire.whole import WholeWriter, all_tokens, complete_calls, gathered, joined, last

EVENTS: list[Event] = [
    ReplyStart("a"),
    ReasoningDelta("H"),
    ReasoningDelta("m."),
    ContentDelta("Let "),
    ReplyStart("b"),
    ContentDelta("me see."),
    Finish(),
]


def test_nothing_is_written_before_the_end() -> None:
    writer = WholeWriter(lambda events: b"".join(type(event).__name__.encode() + b" " for event in events))
    assert writer.feed([ReplyStart(), ContentDelta("a")]) == b""
    assert writer.feed(iter([Finish()])) == b""
    assert writer.finish() == b"ReplyStart ContentDelta Finish "


def test_the_last_event_of_a_kind_is_found() -> None:
    assert last(EVENTS, ReplyStart) == ReplyStart("b")
    assert last(EVENTS, ToolCallEnd) is None
    assert last([], Finish) is None


def test_the_deltas_of_a_kind_are_one_text() -> None:
    assert joined(EVENTS, ContentDelta) == "Let me see."
    assert joined(EVENTS, ReasoningDelta) == "Hm."
    assert joined([], ContentDelta) == ""


def test_tokens_of_all_events_stand_in_a_row() -> None:
    first, second, third = ({"token": text} for text in "abc")
    assert all_tokens([Logprobs((first, second)), ContentDelta("x"), Logprobs((third,))]) == (first, second, third)
    assert all_tokens(EVENTS) == ()


def test_fields_of_the_wires_own_pieces_are_put_together() -> None:
    pieces = (
        '{"logprobs":{"tokens":["a"],"text_offset":0},"system":null}',
        '{"logprobs":{"tokens":["b"],"text_offset":1},"system":"x","deep":{"a":{"b":{"c":[1]}}}}',
        '{"system":null,"deep":{"a":{"b":{"c":[2]}}}}',
    )
    events: list[Event] = [Opaque("openai", piece) for piece in pieces]
    assert gathered([*events, Opaque("ollama", '{"other":1}'), ContentDelta("a")], "openai") == {
        "logprobs": {"tokens": ["a", "b"], "text_offset": 1},
        "system": "x",
        # Deeper levels are not joined.
        "deep": {"a": {"b": {"c": [2]}}},
    }
    assert gathered(events, "anthropic") == {}


def test_a_field_that_is_always_null_stays_so() -> None:
    assert gathered([Opaque("openai", '{"a":null}'), Opaque("openai", '{"a":null}')], "openai") == {"a": None}


def test_a_lone_surrogate_and_what_is_no_object_do_not_stop_the_reply() -> None:
    events = [Opaque("openai", '{"a":"\ud83d"}'), Opaque("openai", "[1]"), Opaque("openai", "{")]
    assert gathered(events, "openai") == {"a": "\ud83d"}


def test_calls_are_told_whole_and_only_if_they_are_complete() -> None:
    events: list[Event] = [
        ToolCallStart(0, "call_0", "f"),
        ToolCallStart(1, "call_1", "g"),
        ToolCallArgsDelta(0, '{"a":'),
        ToolCallArgsDelta(1, '{"b"'),
        ToolCallArgsDelta(0, "1}"),
        ToolCallEnd(1, "truncated"),
        ToolCallStart(2, "call_2", "h"),
        ToolCallEnd(0),
        ToolCallEnd(2),
        ToolCallStart(3, "call_3", "open"),
        ToolCallArgsDelta(4, "{}"),
        ToolCallEnd(4),
    ]
    assert list(complete_calls(events)) == [
        (ToolCallStart(0, "call_0", "f"), '{"a":1}'),
        (ToolCallStart(2, "call_2", "h"), "{}"),
    ]
