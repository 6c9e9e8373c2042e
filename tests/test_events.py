"""The steps of a reply: joined into a whole reply, and into runs that do not depend on how the stream was cut."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    Logprobs,
    ReasoningDelta,
    ReasoningEnd,
    Reply,
    ReplyStart,
    ToolCall,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    collect,
    dump_event,
    merged,
)

TEXTS = st.text("ab ", min_size=1, max_size=3)
DELTAS = st.one_of(
    TEXTS.map(ContentDelta),
    TEXTS.map(ReasoningDelta),
    st.builds(ToolCallArgsDelta, st.integers(0, 1), TEXTS),
)
OTHERS = st.sampled_from([ReplyStart(), ReasoningEnd(), ToolCallStart(0, "c", "now"), ToolCallEnd(0)])
EVENTS = st.lists(DELTAS | OTHERS, max_size=12)


def pieces(events: list[Event]) -> list[tuple[Any, ...]]:
    """Every event without deltas' borders: a delta as its characters, each with the kind and the call it belongs to."""
    out: list[tuple[Any, ...]] = []
    for event in events:
        match event:
            case ContentDelta(text) | ReasoningDelta(text):
                out += [(type(event), char) for char in text]
            case ToolCallArgsDelta(index, text):
                out += [(type(event), index, char) for char in text]
            case _:
                out.append((event,))
    return out


@given(EVENTS)
def test_merged_events_are_the_same_characters_in_the_same_order(events: list[Event]) -> None:
    assert pieces(merged(events)) == pieces(events)


@given(EVENTS)
def test_merging_twice_changes_nothing_more(events: list[Event]) -> None:
    assert merged(merged(events)) == merged(events)


@given(EVENTS, st.randoms(use_true_random=False))
def test_how_deltas_were_cut_does_not_show_in_merged_events(events: list[Event], rng: Any) -> None:
    cut: list[Event] = []
    for event in events:
        match event:
            case ContentDelta(text) | ReasoningDelta(text) if len(text) > 1:
                at = rng.randrange(1, len(text))
                cut += [type(event)(text[:at]), type(event)(text[at:])]
            case ToolCallArgsDelta(index, text) if len(text) > 1:
                at = rng.randrange(1, len(text))
                cut += [ToolCallArgsDelta(index, text[:at]), ToolCallArgsDelta(index, text[at:])]
            case _:
                cut.append(event)
    assert merged(cut) == merged(events)


def test_deltas_of_two_calls_and_of_two_kinds_stay_apart() -> None:
    events: list[Event] = [
        ToolCallArgsDelta(0, "{"),
        ToolCallArgsDelta(1, "{"),
        ToolCallArgsDelta(1, "}"),
        ContentDelta("a"),
        ReasoningDelta("b"),
    ]
    assert merged(events) == [
        ToolCallArgsDelta(0, "{"),
        ToolCallArgsDelta(1, "{}"),
        ContentDelta("a"),
        ReasoningDelta("b"),
    ]


def test_merging_leaves_the_given_events_alone() -> None:
    events = [ContentDelta("a"), ContentDelta("b")]
    assert merged(events) == [ContentDelta("ab")]
    assert events == [ContentDelta("a"), ContentDelta("b")]


CALL: list[Event] = [
    ToolCallStart(0, "call_1", "weather"),
    ToolCallArgsDelta(0, '{"city":'),
    ToolCallArgsDelta(0, '"Oslo"}'),
    ToolCallEnd(0),
]


def test_a_reply_is_collected_from_its_events() -> None:
    usage = Usage(7, 3)
    events: list[Event] = [
        ReplyStart("r", "m"),
        ReasoningDelta("Let me "),
        ReasoningDelta("see."),
        ReasoningEnd(),
        ContentDelta("Checking"),
        ContentDelta("."),
        *CALL,
        Finish("tool_calls", usage),
    ]
    assert collect(events) == Reply(
        content="Checking.",
        reasoning="Let me see.",
        tool_calls=(ToolCall("weather", '{"city":"Oslo"}', "call_1"),),
        finish_reason="tool_calls",
        usage=usage,
    )


def test_no_events_are_an_empty_reply() -> None:
    assert collect([]) == Reply()


@given(EVENTS.map(lambda events: [event for event in events if not isinstance(event, ToolCallArgsDelta | ToolCallEnd)]))
def test_merged_events_collect_to_the_same_reply(events: list[Event]) -> None:
    assert collect(merged([*CALL, *events])) == collect([*CALL, *events])


def test_calls_that_run_side_by_side_are_collected_by_their_index() -> None:
    events: list[Event] = [
        ToolCallStart(0, "a", "one"),
        ToolCallStart(1, "b", "two"),
        ToolCallArgsDelta(1, '{"x":'),
        ToolCallArgsDelta(0, "{}"),
        ToolCallArgsDelta(1, "2}"),
        ToolCallEnd(1),
        ToolCallEnd(0),
    ]
    assert collect(events).tool_calls == (ToolCall("two", '{"x":2}', "b"), ToolCall("one", "{}", "a"))


@pytest.mark.parametrize("end", [[ToolCallEnd(0, "truncated")], [ToolCallEnd(0, "broken")], []])
def test_a_call_that_did_not_end_complete_is_no_call(end: list[Event]) -> None:
    """Nobody may execute half of a call."""
    assert collect([*CALL[:3], *end, Finish("length")]).tool_calls == ()


def test_a_failed_reply_keeps_what_came_before_the_error() -> None:
    error = Error("the backend broke off")
    reply = collect([ContentDelta("It is"), error])
    assert (reply.content, reply.error, reply.finish_reason) == ("It is", error, None)


@pytest.mark.parametrize(("outcome", "complete"), [("complete", True), ("truncated", False), ("broken", False)])
def test_only_a_complete_call_says_so(outcome: Any, complete: bool) -> None:
    assert ToolCallEnd(0, outcome).complete is complete


@pytest.mark.parametrize(
    ("text", "arguments"), [('{"n": 18446744073709551616}', {"n": 2**64}), ("{}", {}), ("[1]", {})]
)
def test_arguments_are_read_with_integers_of_any_size(text: str, arguments: dict[str, Any]) -> None:
    assert ToolCall("f", text).arguments == arguments


@pytest.mark.parametrize(
    "event",
    [
        ReplyStart("r", "m", 1.5, {"a": [1]}),
        ContentDelta("Größe"),
        ToolCallEnd(0, "complete", {"trailing comma": 1}),
        Logprobs(({"token": "a", "logprob": -0.5},)),
        Finish("stop", Usage(1, None)),
        Error("no", "api_error", 502),
    ],
)
def test_an_event_is_dumped_as_one_line_of_json_with_its_type_first(event: Event) -> None:
    line = dump_event(event)
    assert "\n" not in line
    assert line.startswith(f'{{"type": "{type(event).__name__}"')
    fields = json.loads(line)
    assert set(fields) == {"type", *type(event).__match_args__}


def test_usage_is_dumped_within_its_event_and_letters_stay_as_they_are() -> None:
    assert json.loads(dump_event(Finish("stop", Usage(1, None))))["usage"] == {
        "prompt_tokens": 1,
        "completion_tokens": None,
    }
    assert "Größe" in dump_event(ContentDelta("Größe"))
