"""How a reply ended, as its events tell."""

import pytest

from toolbridge.events import ContentDelta, Error, Finish
from toolbridge.translate.outcome import Outcome


@pytest.mark.parametrize("end", [Finish("stop"), Error("gone")])
def test_a_reply_ends_with_its_end(end: Finish | Error) -> None:
    outcome = Outcome()
    outcome.note([ContentDelta("a")], [ContentDelta("a")])
    assert (outcome.ended, outcome.end) == (False, None)
    outcome.note([ContentDelta("b"), end], [ContentDelta("b"), end])
    assert (outcome.ended, outcome.cut, outcome.end) == (True, False, end)


def test_an_end_of_which_the_backend_said_nothing_cuts_the_reply() -> None:
    outcome = Outcome()
    outcome.note([ContentDelta("a made-up result")], [Finish("stop")])
    assert (outcome.ended, outcome.cut) == (True, True)
