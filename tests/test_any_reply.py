"""Whatever a backend sends, the translation gives the client an end: the right answer or an error, and never raises."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile import REPLIES, may_be_whole, replies
from tests.streams import parser
from tests.wires import NAMES
from toolbridge.events import Error, Event, Finish
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.translate import StreamTranslator
from toolbridge.wire import backend_wire

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
SOURCES = sorted({name for name, _ in REPLIES})
WAYS = [(source, target, reads) for source in SOURCES for target in NAMES for reads in (False, True)]


def read(name: str, data: bytes, *, stream: bool) -> list[Event]:
    """What a client of this wire makes of what it gets."""
    reader = backend_wire(name).reader(stream=stream, limits=Limits(), ids=lambda: "call_0")
    return [*reader.feed(data), *reader.finish()]


def judge(source: str, target: str, *, reads: bool, data: st.DataObject) -> None:
    """Translate a reply in pieces, and read what came out as the client does."""
    asked, sent = data.draw(st.booleans()), data.draw(st.booleans())
    body = data.draw(replies(source, stream=sent))
    options: dict[str, Any] = {"keeps_frames": data.draw(st.booleans()), "limits": Limits(frame=100_000, call=5_000)}
    translator = StreamTranslator(
        source,
        target,
        parser=parser("xml", release="early" if asked and target == "openai" else "whole") if reads else None,
        request=ChatRequest("m", stream=asked, source=target),
        stream=asked,
        **options,
    )
    out, at = b"", 0
    for size in data.draw(st.lists(st.integers(1, 400), max_size=12)):
        out += translator.feed(body[at : at + size])
        at += size
    out += translator.feed(body[at:]) + translator.finish()
    assert isinstance(translator.end, Finish | Error)
    if isinstance(translator.end, Finish):
        assert may_be_whole(source, body)
    events = read(target, out, stream=asked)
    assert isinstance(events[-1], Finish | Error)
    assert isinstance(events[-1], Error) == isinstance(translator.end, Error), out
    assert translator.feed(body) == b""


@pytest.mark.parametrize(("source", "target", "reads"), WAYS)
@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_any_reply_has_an_end(source: str, target: str, reads: bool, data: st.DataObject) -> None:
    judge(source, target, reads=reads, data=data)


@pytest.mark.faults
@pytest.mark.parametrize(("source", "target", "reads"), WAYS)
@settings(max_examples=3000, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
def test_thousands_of_replies_have_an_end(source: str, target: str, reads: bool, data: st.DataObject) -> None:
    judge(source, target, reads=reads, data=data)
