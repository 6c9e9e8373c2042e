"""The sample of each dialect: what its own parser makes of it."""

import pytest

from tests.replies import Parsing
from toolbridge.cli.samples import sample
from toolbridge.dialects import dialects

ALL = sorted(dialects())


@pytest.mark.parametrize("name", ALL)
def test_a_sample_is_one_call_to_its_own_parser(name: str) -> None:
    text = sample(dialects()[name])
    for release in ("early", "whole"):
        read = Parsing(name, options={"release": release}).read([text])
        assert read.calls == [("get_weather", '{"city":"Oslo"}')], text
        assert read.content == ""
        assert read.incomplete == []
        assert read.tolerances == {}


@pytest.mark.parametrize("name", ALL)
def test_a_sample_stands_only_where_none_can_be_written(name: str) -> None:
    dialect = dialects()[name]
    assert bool(dialect.sample) == (dialect.form is None)
