"""JSON that a backend may have written, or may not."""

import pytest

from toolbridge.server.json_answers import json_object, json_value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, null]}', {"a": [1, None]}),
        (b" [1] ", [1]),
        (b'"x"', "x"),
        (b"null", None),
        (b"", None),
        (b"Internal Server Error", None),
        (b'{"a":', None),
        (b"\xff", None),
        (b"[" * 100_000, None),
    ],
)
def test_a_body_has_a_value_or_none(body: bytes, value: object) -> None:
    assert json_value(body) == value


@pytest.mark.parametrize(("body", "value"), [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"null", {}), (b"<html>", {})])
def test_what_is_no_object_counts_as_an_empty_one(body: bytes, value: object) -> None:
    assert json_object(body) == value
