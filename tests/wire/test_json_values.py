"""How many values a JSON text holds, counted without building them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.budget import Budget
from toolbridge.limits import Limits
from toolbridge.wire import json_values
from toolbridge.wire.codec import is_object
from toolbridge.wire.json_values import _exactly, count_values, structure
from toolbridge.wire.request_json import read_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(['"', "\\", ",[{", '\\"', "\\\\"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


def size(value: object) -> int:
    """Values in a value, itself included."""
    if isinstance(value, dict):
        return 1 + sum(map(size, value.values()))
    return 1 + sum(map(size, value)) if isinstance(value, list) else 1


@pytest.mark.parametrize(
    "text", ["1,2,3\n" * 1000, '{"a": [1, 2]}' * 1000, "\\" * 5000, '\\"[' * 3000, "[" * 9000 + '"' * 9000]
)
def test_what_stands_in_a_string_is_no_value(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table or a file of code as a message is one value; it is cut wherever a step ends."""
    for step in (1, 7, 64, 1 << 18):
        monkeypatch.setattr(json_values, "STEP", step)
        body = json.dumps({"a": text, "b": [1, 2, text]}).encode()
        assert count_values(body, 10) == 6
        assert read_json(body, Budget(Limits(values=10))) == {"a": text, "b": [1, 2, text]}


@given(value=JSON, step=st.sampled_from([1, 2, 3, 17, 1 << 18]))
def test_no_value_is_missed_and_what_is_counted_too_much_is_little(value: object, step: int) -> None:
    """An empty list counts as two, as whoever counts brackets and commas cannot see that nothing stands in it."""
    kept, json_values.STEP = json_values.STEP, step
    try:
        data = json.dumps(value, ensure_ascii=False).encode()
        exact = size(value)
        assert exact <= _exactly(data, 10**9) <= min(2 * exact, structure(data))
        assert count_values(data, 10**9) == structure(data)
    finally:
        json_values.STEP = kept


def test_a_body_of_quotes_alone_is_given_up_early() -> None:
    assert _exactly(b'"' * 100_000, 100) > 100
    assert _exactly(b'"' * 100_000, 10**6) <= 10**6


def test_arguments_of_more_values_than_a_body_may_hold_are_none() -> None:
    """They stand in a string of a body or of a reply, where nobody has counted them."""
    assert is_object('{"a":[' + "0," * 100_000 + "0]}")
    assert not is_object('{"a":[' + "0," * 300_000 + "0]}")
    assert is_object(json.dumps({"a": "1,2,3" * 100_000}))
