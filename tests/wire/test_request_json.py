"""A client's body as JSON: its values counted before they are built, its numbers kept."""

import contextlib
import gc

import pytest

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError
from toolbridge.limits import Limits
from toolbridge.wire import request_json
from toolbridge.wire.request_json import has_long_number, read_json


@pytest.mark.parametrize("number", ["18446744073709551616", "-18446744073709551616", "1" * 4000])
@pytest.mark.parametrize("name", ["arguments", "input", "parameters", "n"])
def test_a_body_keeps_the_digits_of_its_numbers_wherever_they_stand(name: str, number: str) -> None:
    assert read_json(f'{{"{name}":{{"n":{number}}}}}'.encode()) == {name: {"n": int(number)}}


@pytest.mark.parametrize("raw", [b' {"a":1} trailing', b'{"arguments":1} {"b":2}', b'{"a":1}'])
def test_what_follows_the_first_value_of_a_body_is_ignored(raw: bytes) -> None:
    assert len(read_json(raw)) == 1


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "missing request body"),
        (b" \n", "missing request body"),
        (b"hello", "not valid JSON"),
        (b'{"a":', "not valid JSON"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":"\xff"}', "not valid JSON"),
        (b'{"n":' + b"7" * 5000 + b"}", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"arguments":' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_cannot_be_read_is_a_request_error(raw: bytes, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read_json(raw)


@pytest.mark.parametrize("unit", [b"[],", b"{},", b"0,", b'"",', b"[[]],", b'{"a":{"a":0}},'])
def test_a_body_of_very_many_values_is_refused_before_it_is_built(unit: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_json, "_built", lambda _data: pytest.fail("it was built"))
    body = b'{"x":[' + unit * 3000 + b"0]}"
    with pytest.raises(OverLimit, match=r"limits\.values"):
        read_json(body, Budget(Limits(values=2500)))


@pytest.mark.parametrize("at", range(5, 30))
def test_a_long_number_is_found_wherever_it_is_cut(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_json, "STEP", at)
    assert has_long_number(b'{"a":' + b"x" * 20 + b"1234567890123456789" + b"}")
    assert not has_long_number(b'{"a":' + b"123456789012345678 " * 20 + b"}")


@pytest.mark.parametrize("body", [b"{}", b"[", b"hello", b'{"n":18446744073709551616}'])
def test_the_collector_of_garbage_is_on_again_whatever_the_body_was(body: bytes) -> None:
    with contextlib.suppress(RequestError):
        read_json(body)
    assert gc.isenabled()
