"""What holds for the readers of every wire: shapes that were not asked for, bad bytes, halves of characters."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.exchanges import events_of, pieces, reader, written
from toolbridge.events import ContentDelta, Error, Finish, ReasoningDelta, ReplyStart
from toolbridge.limits import Limits

WIRES = ("ollama", "openai")


def line(name: str, *, text: str | None = None, thought: str | None = None, done: bool = False) -> bytes:
    """One frame of a stream, with the text escaped to ASCII."""
    if name == "ollama":
        message = {"role": "assistant", "content": text or ""} | ({"thinking": thought} if thought else {})
        body: dict[str, object] = {"model": "m", "message": message, "done": done}
        return json.dumps(body | ({"done_reason": "stop"} if done else {})).encode() + b"\n"
    delta = {"content": text} if text else {"reasoning": thought} if thought else {}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if done else None}
    return b"data: " + json.dumps({"id": "c", "choices": [choice]}).encode() + b"\n\n"


def whole(name: str, text: str) -> bytes:
    """A reply in one piece, indented as some gateways send it."""
    message = {"role": "assistant", "content": text}
    if name == "ollama":
        return json.dumps({"model": "m", "message": message, "done": True, "done_reason": "stop"}, indent=2).encode()
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}, indent=2).encode()


def texts(name: str, *parts: bytes, stream: bool = True) -> list[object]:
    events = events_of(name, parts, stream=stream)
    return [
        event if isinstance(event, Error) else type(event) if isinstance(event, ReplyStart | Finish) else event
        for event in events
    ]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_in_one_piece_is_read_whatever_was_asked_for(name: str, size: int, stream: bool) -> None:
    for body in (whole(name, "Hi"), b"\n" + whole(name, "Hi"), json.dumps(json.loads(whole(name, "Hi"))).encode()):
        assert texts(name, *pieces(body, size), stream=stream) == [ReplyStart, ContentDelta("Hi"), Finish]


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("stream", [True, False])
def test_a_stream_is_read_whatever_was_asked_for(name: str, size: int, stream: bool) -> None:
    body = line(name, text="H") + line(name, text="i") + line(name, done=True)
    assert texts(name, *pieces(body, size), stream=stream) == [ReplyStart, ContentDelta("Hi"), Finish]


@pytest.mark.parametrize("name", WIRES)
def test_neighbouring_text_of_one_feed_is_one_event(name: str) -> None:
    one = reader(name)
    one.feed(line(name, text="first"))
    feed = b"".join(line(name, thought=word) for word in "abc") + b"".join(line(name, text=word) for word in "def")
    assert one.feed(feed) == [ReasoningDelta("abc"), ContentDelta("def")]


@pytest.mark.parametrize("name", WIRES)
def test_cutting_and_reading_apart_gives_the_same_events(name: str) -> None:
    body = line(name, text="H") + line(name, text="i") + line(name, done=True).rstrip()
    one, two = reader(name), reader(name)
    frames = one.frames(body)
    events = [event for frame in frames for event in one.read(frame)]
    rest = one.rest()
    events += [event for frame in rest for event in one.read(frame)] + one.finish()
    assert b"".join(frame.raw for frame in [*frames, *rest]) == body
    assert [event for event in events if not isinstance(event, ContentDelta)] == [
        event for event in [*two.feed(body), *two.finish()] if not isinstance(event, ContentDelta)
    ]


@pytest.mark.parametrize("name", WIRES)
def test_a_whole_reply_is_one_frame_with_its_bytes(name: str) -> None:
    one = reader(name, stream=False)
    body = whole(name, "Hi")
    assert one.frames(body) == []
    (frame,) = one.rest()
    assert frame.raw == body
    assert [type(event) for event in one.read(frame)] == [ReplyStart, ContentDelta, Finish]
    assert one.finish() == []


@pytest.mark.parametrize("name", WIRES)
def test_nothing_follows_the_end(name: str) -> None:
    one = reader(name)
    body = line(name, text="Hi") + line(name, done=True) + (b"data: [DONE]\n\n" if name == "openai" else b"")
    assert isinstance(one.feed(body)[-1], Finish)
    assert one.feed(line(name, text="more")) == []
    assert one.feed(b"nonsense\n\n") == []
    assert one.finish() == []


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("body", [b"", b"\n\n", b": ping\n\n"], ids=["nothing", "blanks", "a comment"])
def test_a_reply_that_never_began_is_an_error(name: str, stream: bool, body: bytes) -> None:
    (event,) = events_of(name, [body], stream=stream)
    assert isinstance(event, Error)
    assert (event.kind, event.status) == ("api_error", 502)


@pytest.mark.parametrize("name", WIRES)
def test_a_reply_that_breaks_off_is_an_error_behind_its_text(name: str) -> None:
    *before, last = texts(name, line(name, text="Par"))
    assert before == [ReplyStart, ContentDelta("Par")]
    assert isinstance(last, Error)
    assert "broke off" in last.message


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize(
    "bad",
    [
        b"nonsense",
        b"[1]",
        b'"text"',
        b"{",
        b'{"a":"\xff"}',
        b"[" * 5000,
        b"<html></html>",
        b'{"message":5,"choices":[5]}',
    ],
)
def test_bytes_that_are_no_frame_end_the_reply_with_an_error(name: str, bad: bytes) -> None:
    bad = b"data: " + bad + b"\n\n" if name == "openai" else bad + b"\n"
    *before, last = texts(name, line(name, text="Par"), bad, line(name, text="tial"))
    assert before == [ReplyStart, ContentDelta("Par")]
    assert isinstance(last, Error)
    assert last.status == 502


@pytest.mark.parametrize("name", WIRES)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_frame_over_the_limit_ends_the_reply_with_an_error_that_names_it(name: str, stream: bool, size: int) -> None:
    body = line(name, text="Par") + line(name, text="x" * 400) + line(name, done=True)
    events = events_of(name, pieces(body, size), stream=stream, limits=Limits(frame=300))
    assert isinstance(events[-1], Error)
    assert "limits.frame" in events[-1].message
    assert (ContentDelta("Par") in events) == stream


@pytest.mark.parametrize("name", WIRES)
def test_an_emoji_that_the_backend_cut_in_two_comes_whole(name: str) -> None:
    for size in (1, 7, 10_000):
        body = line(name, text="a\ud83d") + line(name, text="\ude00b") + line(name, done=True)
        assert texts(name, *pieces(body, size))[1] == ContentDelta("a😀b")
        body = (
            line(name, thought="a\ud83d") + line(name, thought="\ude00b") + line(name, text="c") + line(name, done=True)
        )
        assert texts(name, *pieces(body, size))[1:3] == [ReasoningDelta("a😀b"), ContentDelta("c")]


@pytest.mark.parametrize("name", WIRES)
def test_half_an_emoji_without_its_other_half_is_replaced(name: str) -> None:
    assert texts(name, line(name, text="a\ud83d"), line(name, done=True))[1] == ContentDelta("a\ufffd")
    assert texts(name, line(name, text="a\ud83d"), line(name, text="b"), line(name, done=True))[1] == ContentDelta(
        "a\ufffdb"
    )
    assert texts(name, line(name, thought="a\ud83d"), line(name, text="b"))[1:3] == [
        ReasoningDelta("a\ufffd"),
        ContentDelta("b"),
    ]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(['{"a":1}', "stop"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["message", "error", "a"]), inner),
    max_leaves=6,
)


def some(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """An object with these fields, each of them there or not; or any other value."""
    return st.fixed_dictionaries({}, optional=fields) | VALUES


CALLS = st.lists(some(id=VALUES, index=VALUES, function=some(name=VALUES, arguments=VALUES)), max_size=3) | VALUES
BODIES = {
    "ollama": some(
        message=some(content=VALUES, thinking=VALUES, tool_calls=CALLS),
        done=st.booleans() | VALUES,
        error=VALUES,
        created_at=VALUES,
        eval_count=VALUES,
        logprobs=VALUES,
    ),
    "openai": some(
        choices=st.lists(
            some(
                index=VALUES,
                delta=some(content=VALUES, reasoning=VALUES, tool_calls=CALLS, function_call=VALUES),
                message=some(content=VALUES, tool_calls=CALLS),
                finish_reason=VALUES,
                logprobs=VALUES,
            ),
            max_size=2,
        )
        | VALUES,
        usage=some(prompt_tokens=VALUES),
        error=VALUES,
        created=VALUES,
        id=VALUES,
    ),
}
AROUND = {"ollama": (b"", b"\n"), "openai": (b"data: ", b"\n\n")}


@pytest.mark.parametrize("name", WIRES)
@given(data=st.data(), stream=st.booleans())
def test_whatever_a_backend_sends_ends_in_one_finish_or_error(name: str, data: st.DataObject, stream: bool) -> None:
    before, after = AROUND[name]
    frame = BODIES[name].map(lambda value: json.dumps(value).encode()) | st.binary(max_size=9) | st.just(b"[DONE]")
    events = events_of(name, [before + part + after for part in data.draw(st.lists(frame, max_size=5))], stream=stream)
    assert isinstance(events[-1], Finish | Error)
    assert not any(isinstance(event, Finish | Error) for event in events[:-1])
    for target in WIRES:
        for streamed in (True, False):
            out = written(target, events, stream=streamed, include_usage=True)
            read = events_of(target, [out], stream=streamed)
            assert isinstance(read[-1], Error) == isinstance(events[-1], Error)


@given(st.binary(), st.integers(1, 9))
def test_arbitrary_bytes_give_the_same_events_however_they_are_cut(data: bytes, size: int) -> None:
    for name in WIRES:
        assert events_of(name, pieces(data, size)) == events_of(name, [data])
