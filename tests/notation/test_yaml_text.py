"""YAML as models write arguments: what it becomes by the schema, and what is no YAML that is read."""

import json
from typing import Any

import pytest

from toolbridge.notation.yaml_text import BadYaml, mapping, to_json

TEXT = {"type": "string"}
ROOT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "s": TEXT,
        "n": {"type": "integer"},
        "b": {"type": "boolean"},
        "l": {"type": "array", "items": TEXT},
        "o": {"type": "object", "properties": {"s": TEXT, "n": {"type": "number"}}},
        "any": {},
    },
}


def read(text: str, indent: int = 0) -> Any:
    members = mapping(text, indent)
    properties = ROOT["properties"]
    return {name: json.loads(to_json(node, properties.get(name), ROOT)) for name, node in members.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s: New York", {"s": "New York"}),
        ("s: New York\n\n# a remark\nn: 3\n", {"s": "New York", "n": 3}),
        ("s: 12 # twelve", {"s": "12"}),
        ("s: C# and a#b", {"s": "C# and a#b"}),
        ("s: http://x.org:80/a", {"s": "http://x.org:80/a"}),
        ('s: "a\\n\\"b\\": #c"', {"s": 'a\n"b": #c'}),
        ("s: 'it''s'  # so", {"s": "it's"}),
        ("n: '7'", {"n": 7}),
        ("b: true", {"b": True}),
        ("s:", {"s": ""}),
        ("s:\n  two\n  lines", {"s": "two lines"}),
        ("s: two\n  lines", {"s": "two lines"}),
        ("s: |\n  a\n\n    b\nn: 1", {"s": "a\n\n  b\n", "n": 1}),
        ("s: |-\n  a\n  b\n", {"s": "a\nb"}),
        ("s: |+\n  a\n\n", {"s": "a\n\n"}),
        ("s: >\n  a\n  b\n\n  c\n", {"s": "a b\nc\n".replace("b\nc", "b\n\nc")}),
        ("s: |\n  # no remark\n  key: value\n", {"s": "# no remark\nkey: value\n"}),
        ("s: |\n", {"s": ""}),
        ("l:\n  - a\n  - 'b'\n  - 3", {"l": ["a", "b", "3"]}),
        ("l:\n- a\n- b\nn: 1", {"l": ["a", "b"], "n": 1}),
        ('l: ["a", "b"]', {"l": ["a", "b"]}),
        ("o:\n  s: 1\n  n: 1.5", {"o": {"s": "1", "n": 1.5}}),
        ('o: {"s": "x"}', {"o": {"s": "x"}}),
        ("any:\n  - a: 1\n    b: true\n  - a: x", {"any": [{"a": 1, "b": True}, {"a": "x"}]}),
        ("any:\n  -\n    a: 1", {"any": [{"a": 1}]}),
        ("any:\n  - - 1\n", {"any": ["- 1"]}),
        ("other: 5", {"other": "5"}),
        ("s: a\ns: b", {"s": "a"}),
        ("s: a\r\nn: 2\r\n", {"s": "a", "n": 2}),
        ("", {}),
    ],
)
def test_yaml_is_typed_by_the_schema(text: str, expected: Any) -> None:
    if text:
        assert read(text) == expected
    else:
        with pytest.raises(BadYaml):
            read(text)


def test_all_members_may_be_indented() -> None:
    assert read("  s: a\n  l:\n    - b\n", 2) == {"s": "a", "l": ["b"]}


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "s: a\n  n: 1\nzz",
        "s: a\nzz",
        "s: &anchor a",
        "s: *anchor",
        "s: !!str a",
        's: "open',
        "s: 'open",
        's: "a" b',
        "- a\n- b",
        "l:\n  - a\n  b: c",
        "? a\n: b",
        "any:\n" + "".join("  " * depth + "a:\n" for depth in range(1, 60)),
    ],
)
def test_what_is_no_yaml_that_is_read_is_said_to_be_bad(text: str) -> None:
    with pytest.raises(BadYaml):
        read(text)
