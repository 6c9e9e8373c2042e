"""NDJSON and SSE framing: the same frames however the bytes are cut, and the input in their raws."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.frames import OVERLONG, Frame, Framer, NdjsonFrames, SseFrames, WholeFrame

BIG = 1 << 20


def framed(framer: Framer, *parts: bytes) -> list[Frame]:
    return [frame for part in parts for frame in framer.feed(part)] + framer.finish()


def data(frames: list[Frame]) -> list[bytes]:
    return [frame.data for frame in frames]


def cut(text: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(bounds)]


NDJSON = [
    pytest.param(b'{"a":1}\n{"b":2}\n', [b'{"a":1}', b'{"b":2}'], id="a line each"),
    pytest.param(b'{"a":1}\r\n{"b":2}\r\n', [b'{"a":1}', b'{"b":2}'], id="lines that end with CRLF"),
    pytest.param(b'\n\n{"a":1}\n \r\n\n{"b":2}\n\n', [b'{"a":1}', b'{"b":2}'], id="blank lines are skipped"),
    pytest.param(b'{"a":1}\n{"b":2}', [b'{"a":1}', b'{"b":2}'], id="the last line without its end counts"),
    pytest.param('{"é":"\u2028\x0b🙂"}\n'.encode(), ['{"é":"\u2028\x0b🙂"}'.encode()], id="only LF ends a line"),
    pytest.param(b"", [], id="nothing"),
    pytest.param(b"\n \n", [], id="blanks alone"),
]

SSE = [
    pytest.param(b"data: a\n\ndata: b\n\n", [(b"a", ""), (b"b", "")], id="an event each"),
    pytest.param(b"data:a\n\n", [(b"a", "")], id="data without a blank"),
    pytest.param(b"data:  a \n\n", [(b" a ", "")], id="one blank is markup, the others are data"),
    pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", [(b"a", ""), (b"b", "")], id="CRLF"),
    pytest.param(b"data: a\r\rdata: b\r\r", [(b"a", ""), (b"b", "")], id="CR"),
    pytest.param(b"data: a\n\r\ndata: b\r\n\n", [(b"a", ""), (b"b", "")], id="mixed line ends"),
    pytest.param(b'data: {"a":\ndata: 1}\n\n', [(b'{"a":\n1}', "")], id="data of several lines"),
    pytest.param(b": ping\n\n: more\ndata: a\n\n", [(b"a", "")], id="comments are skipped"),
    pytest.param(b"event: message\ndata: a\nid: 7\nretry: 10\n\n", [(b"a", "message")], id="other fields"),
    pytest.param(b"event: ping\n\ndata: a\n\n", [(b"a", "")], id="an event without data is none"),
    pytest.param(b"data\n\ndata: \n\ndata: a\n\n", [(b"a", "")], id="empty data is none"),
    pytest.param(b'error: {"message":"x"}\n\n', [(b'{"message":"x"}', "error")], id="old llama.cpp's error field"),
    pytest.param(b"\xef\xbb\xbfdata: a\n\n", [(b"a", "")], id="a byte order mark"),
    pytest.param(b"\n\n\ndata: a\n\n\n\n", [(b"a", "")], id="more blank lines than one"),
    pytest.param(b"data: a\n\ndata: [DONE]\n\n", [(b"a", ""), (b"[DONE]", "")], id="DONE is data"),
    pytest.param(b"data: a\n\ndata: b", [(b"a", ""), (b"b", "")], id="the last event without its end counts"),
    pytest.param(b"data: a\n\ndata: b\r\n", [(b"a", ""), (b"b", "")], id="or with half of its end"),
    pytest.param(b": nothing\n\n", [], id="a comment alone"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize(("text", "lines"), NDJSON)
def test_ndjson_lines(text: bytes, lines: list[bytes]) -> None:
    assert data(framed(NdjsonFrames(BIG), text)) == lines


@pytest.mark.parametrize(("text", "events"), SSE)
def test_sse_events(text: bytes, events: list[tuple[bytes, str]]) -> None:
    assert [(frame.data, frame.event) for frame in framed(SseFrames(BIG), text)] == events


@pytest.mark.parametrize(
    ("make", "text"),
    [
        *(pytest.param(NdjsonFrames, case.values[0], id=f"ndjson {case.id}") for case in NDJSON),
        *(pytest.param(SseFrames, case.values[0], id=f"sse {case.id}") for case in SSE),
    ],
)
def test_every_cut_gives_the_same_frames(make: type[NdjsonFrames | SseFrames], text: bytes) -> None:
    whole = framed(make(BIG), text)
    bytewise = framed(make(BIG), *(text[place : place + 1] for place in range(len(text))))
    assert bytewise == whole
    for place in range(len(text)):
        assert framed(make(BIG), text[:place], text[place:]) == whole
        assert framed(make(BIG), text[:place], b"", text[place : place + 1], text[place + 1 :]) == whole


PARTS = st.sampled_from(
    [
        b"data: x",
        b"data:",
        b"data: {\xc3\xa9}",
        b"event: e",
        b": c",
        b"\n",
        b"\r\n",
        b"\r",
        b"\n\n",
        b" ",
        b"{}",
        b"id: 1",
    ]
)


@given(st.lists(PARTS).map(b"".join), st.lists(st.integers(0, 400), max_size=8))
def test_any_cut_gives_the_same_frames_and_their_raws_are_the_input(text: bytes, places: list[int]) -> None:
    for make in (NdjsonFrames, SseFrames):
        frames = framed(make(BIG), *cut(text, places))
        assert frames == framed(make(BIG), text)
        raw = b"".join(frame.raw for frame in frames)
        assert text.startswith(raw)
        assert framed(make(BIG), text[len(raw) :]) == []


@given(st.binary(), st.lists(st.integers(0, 400), max_size=4))
def test_arbitrary_bytes_are_framed_without_an_exception(text: bytes, places: list[int]) -> None:
    for make in (NdjsonFrames, SseFrames, WholeFrame):
        frames = framed(make(BIG), *cut(text, places))
        assert all(frame.data for frame in frames)
        assert text.startswith(b"".join(frame.raw for frame in frames))


@pytest.mark.parametrize(
    ("make", "text", "before"),
    [
        pytest.param(NdjsonFrames, b"12345678\n123456789\n1\n", [b"12345678"], id="ndjson"),
        pytest.param(SseFrames, b"data: 12\n\ndata: 123\n\ndata: 1\n\n", [b"12"], id="sse"),
        pytest.param(SseFrames, b"data: 12\n\n: comment\n\ndata: 1\n\n", [b"12"], id="a comment"),
        pytest.param(NdjsonFrames, b"1\n" + b"\n" * 9 + b"1\n", [b"1"], id="blank lines"),
        pytest.param(SseFrames, b"data: 1\n\n" + b":\n\n" * 3 + b"data: 1\n\n", [b"1"], id="many comments"),
        pytest.param(WholeFrame, b"123456789", [], id="whole"),
    ],
)
def test_what_is_over_the_limit_comes_as_a_last_frame_without_data(
    make: type[NdjsonFrames | SseFrames | WholeFrame], text: bytes, before: list[bytes]
) -> None:
    for size in (1, 3, 100):
        frames = framed(make(8), *(text[place : place + size] for place in range(0, len(text), size)))
        assert data(frames) == [*before, b""]
        assert frames[-1] is OVERLONG
    framer = make(8)
    framer.feed(text)
    assert framer.feed(text) == framer.finish() == []


def test_a_frame_leaves_with_the_byte_that_ends_it() -> None:
    ndjson = NdjsonFrames(BIG)
    assert ndjson.feed(b'{"a":1}') == []
    assert ndjson.feed(b"\n") == [Frame(b'{"a":1}', b'{"a":1}\n')]
    sse = SseFrames(BIG)
    assert sse.feed(b"data: a\r\n\r") == []
    assert sse.feed(b"\n") == [Frame(b"a", b"data: a\r\n\r\n")]


def test_blank_lines_and_comments_go_out_with_the_next_frame() -> None:
    assert framed(NdjsonFrames(BIG), b"\n\n1\n") == [Frame(b"1", b"\n\n1\n")]
    assert framed(SseFrames(BIG), b": ping\n\ndata: a\n\n") == [Frame(b"a", b": ping\n\ndata: a\n\n")]


@pytest.mark.parametrize("make", [NdjsonFrames, SseFrames, WholeFrame])
def test_a_long_frame_in_small_pieces_is_carried_without_copying_it_each_time(
    make: type[NdjsonFrames | SseFrames | WholeFrame],
) -> None:
    # Quadratic work on these 50,000 pieces would copy 80 GB.
    text = b"data: " + b"x" * (3 << 20) + b"\n\n"
    framer = make(4 << 20)
    frames = framed(framer, *(text[place : place + 64] for place in range(0, len(text), 64)))
    assert b"".join(frame.raw for frame in frames).strip() == text.strip()


def test_a_whole_body_is_one_frame_at_the_end() -> None:
    framer = WholeFrame(BIG)
    assert framer.feed(b' {"a":\n') == []
    assert framer.feed(b"1}\n") == []
    assert framer.finish() == [Frame(b'{"a":\n1}', b' {"a":\n1}\n')]
    assert framed(WholeFrame(BIG), b" \n") == []
