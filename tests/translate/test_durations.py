"""How long a reply took, where its backend does not tell."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.wire.exchanges import written
from toolbridge.events import ContentDelta, Event, Finish, ReplyStart, Usage
from toolbridge.messages import ChatRequest
from toolbridge.translate import StreamTranslator
from toolbridge.translate.durations import Durations

REPLY: list[Event] = [
    ReplyStart("r1", "m", 5.0),
    ContentDelta("It "),
    ContentDelta("rains."),
    Finish("stop", Usage(11, 7)),
]
MEASURED = ("total_duration", "prompt_eval_duration", "eval_duration")


def ticking() -> Iterator[float]:
    """A clock that moves an eighth of a second whenever it is read."""
    now = 100.0
    while True:
        yield now
        now += 0.125


def translated(target: str, *, stream: bool, measures: bool = True, source: str = "openai") -> dict[str, Any]:
    """The last object of a reply."""
    clock = ticking()
    request = ChatRequest("m", stream=stream, source=target)
    translator = StreamTranslator(
        source, target, request=request, stream=stream, measures=measures, clock=lambda: next(clock)
    )
    out = b""
    for line in written(source, REPLY, stream=stream, include_usage=True).splitlines(keepends=True):
        out += translator.feed(line)
    out += translator.finish()
    last: dict[str, Any] = json.loads(out.splitlines()[-1])
    return last


@pytest.mark.parametrize("target", ["ollama", "ollama.generate"])
def test_a_stream_has_the_time_of_the_prompt_and_that_of_the_reply(target: str) -> None:
    last = translated(target, stream=True)
    total, prompt, reply = (last[name] for name in MEASURED)
    assert total == prompt + reply
    assert all(isinstance(one, int) and one > 0 and one % 125_000_000 == 0 for one in (total, prompt, reply))


@pytest.mark.parametrize("target", ["ollama", "ollama.generate"])
def test_the_time_of_a_reply_in_one_piece_is_not_divided(target: str) -> None:
    last = translated(target, stream=False)
    assert last["total_duration"] == last["eval_duration"] > 0
    assert "prompt_eval_duration" not in last


@pytest.mark.parametrize(("source", "measures"), [("openai", False), ("ollama", True)])
@pytest.mark.parametrize("stream", [False, True])
def test_nothing_is_measured_unasked_or_of_a_backend_that_tells(source: str, measures: bool, stream: bool) -> None:
    last = translated("ollama", stream=stream, measures=measures, source=source)
    assert not last.keys() & set(MEASURED)


def test_durations_of_the_backend_stay() -> None:
    told: list[Event] = [ContentDelta("a"), Finish("stop", None, {"eval_duration": 5})]
    assert Durations(lambda: 1.0, stream=True).timed(told) == told


def test_a_clock_that_goes_back_measures_nothing() -> None:
    times = iter([9.0, 8.0, 7.0])
    (_, end) = Durations(lambda: next(times), stream=True).timed([ContentDelta("a"), Finish("stop")])
    assert isinstance(end, Finish)
    assert end.extra == dict.fromkeys(MEASURED, 0)
