"""The answer to `/api/show`: the bridge's capabilities in it, and every other byte as it was."""

import json

import pytest

from toolbridge.server.show_answer import enriched

SHOWS = [
    (b'{"capabilities":["completion"]}', b'{"capabilities":["completion","tools"]}'),
    (b'{"a":1.0 , "b":"\\u003c}"}\n', b'{"a":1.0 , "b":"\\u003c}","capabilities":["completion","tools"]}\n'),
    (b"{ }", b'{"capabilities":["completion","tools"] }'),
    (b'{"capabilities":null,"x":[{"capabilities":[]}]}', None),
    (b' {\n  "capabilities": [\n    "completion", "vision"\n  ],\n  "z": 18446744073709551616\n}', None),
    (b'{"capabilities":["embedding"]}', b'{"capabilities":["embedding"]}'),
    (b'{"capabilities":["tools", "completion"]}', b'{"capabilities":["tools", "completion"]}'),
    (b'{"capabilities":["completion"],"capabilities":["completion"] }', None),
]


@pytest.mark.parametrize(("show", "expected"), SHOWS)
def test_show_is_spliced(show: bytes, expected: bytes | None) -> None:
    spliced = enriched(show)
    if expected is not None:
        assert spliced == expected
    ours, theirs = json.loads(spliced), json.loads(show)
    assert {**ours, "capabilities": 0} == {**theirs, "capabilities": 0}
    assert list(ours)[: len(theirs)] == list(theirs)
    assert set(theirs.get("capabilities") or []) <= set(ours["capabilities"])


@pytest.mark.parametrize(
    "show",
    [b"", b"what?", b"[]", b'{"a":', b'"x"', b"\xff", b'{"a":' * 5000, b'{"a":%b%b}' % (b"[" * 1024, b"]" * 1024)],
)
def test_what_is_no_object_stays_as_it_is(show: bytes) -> None:
    assert enriched(show) == show


@pytest.mark.parametrize("depth", [200, 500, 900, 1000])
def test_a_deep_answer_is_spliced_on_every_python(depth: int) -> None:
    show = b'{"a":%b"x",{}%b' % (b"[" * depth, b"]" * depth)
    assert enriched(show + b"}") == show + b',"capabilities":["completion","tools"]}'
