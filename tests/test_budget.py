"""The budget of one request: what is drawn, and what happens once nothing is left."""

from typing import get_args

import pytest

from toolbridge.budget import Budget, Kind
from toolbridge.errors import OverLimit, RequestError
from toolbridge.limits import Limits


def test_what_is_within_the_limit_is_drawn_silently() -> None:
    budget = Budget(Limits(turns=3))
    budget.spend("turns", 2)
    budget.spend("turns")
    assert budget.left("turns") == 0


def test_what_is_needed_and_not_left_is_an_error_that_names_the_limit() -> None:
    budget = Budget(Limits(tools=2))
    with pytest.raises(OverLimit, match=r"more than 2 tools \(limits\.tools\)") as caught:
        budget.spend("tools", 3)
    assert isinstance(caught.value, RequestError)
    assert caught.value.status == 400


def test_what_can_be_left_out_is_refused_without_an_error() -> None:
    budget = Budget(Limits(visits=5))
    assert budget.affords("visits", 5)
    assert not budget.affords("visits")


def test_what_is_refused_takes_nothing() -> None:
    budget = Budget(Limits(visits=5))
    assert not budget.affords("visits", 6)
    assert budget.affords("visits", 5)


def test_what_does_not_fit_is_an_error_and_what_fits_draws_nothing() -> None:
    budget = Budget(Limits(prompt=5))
    budget.fits("prompt", 5)
    assert budget.left("prompt") == 5
    with pytest.raises(OverLimit, match=r"limits\.prompt"):
        budget.fits("prompt", 6)


def test_kinds_do_not_touch_each_other() -> None:
    budget = Budget(Limits(turns=1, tools=1))
    budget.spend("turns")
    budget.spend("tools")


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_is_a_limit_that_its_error_names(kind: Kind) -> None:
    budget = Budget()
    assert budget.left(kind) == getattr(Limits(), kind)
    with pytest.raises(OverLimit, match=rf"limits\.{kind}\b"):
        budget.spend(kind, getattr(Limits(), kind) + 1)
