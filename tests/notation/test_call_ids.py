"""Ids of calls: which of the ids that models write are kept."""

import pytest

from toolbridge.notation.call_ids import CallIds


@pytest.mark.parametrize("written", ["functions.now:0", "a1B2c3D4e", "toolu_01-x", "12345", "0a"])
def test_an_id_that_every_client_takes_is_kept_once(written: str) -> None:
    ids = CallIds(lambda: "new")
    assert ids.take(written) == written
    assert ids.take(written) == ""
    assert ids.new() == "new"


@pytest.mark.parametrize("written", ["", "0", "1234", "a b", "é", "x" * 65, "a\n"])
def test_an_id_that_some_client_refuses_is_not_kept(written: str) -> None:
    assert CallIds(lambda: "new").take(written) == ""
