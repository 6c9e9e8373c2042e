"""The parameters of a call whose message names the tool: how their values and the message end."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, chunks, tool

TOOLS = [tool("save", {"path": {"type": "string"}, "n": {"type": "integer"}}, ["path"])]
HEADER = "<|start|>assistant to=save<|channel|>analysis <|constrain|>xml<|message|>"
FAMILIES = ("beam", "harmony", "xml")


def called(body: str, dialect: str = "beam", **options: Any) -> Any:
    """The arguments and the tolerances of the only call of a reply, however it is cut."""
    parsing = Parsing(dialect, TOOLS, options=options)
    whole = parsing.read([HEADER + body])
    for size in (1, 2, 3, 7):
        assert parsing.read(chunks(HEADER + body, size)) == whole
    assert whole.content == ""
    ((name, arguments),) = whole.calls
    assert name == "save"
    return json.loads(arguments), whole.tolerances


@pytest.mark.parametrize("dialect", FAMILIES)
@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ('<rfl:parameter name="path">\na.py\n</rfl:parameter>', {"path": "a.py"}),
        ('<rfl:parameter name="path">a.py</rfl:parameter>', {"path": "a.py"}),
        (
            '<rfl:parameter name="path">\na\n\nb\n</rfl:parameter>\n<rfl:parameter name="n">\n3\n</rfl:parameter>',
            {"path": "a\n\nb", "n": 3},
        ),
        ('<rfl:parameter name="path">\n<b>&lt; "\\\n</rfl:parameter>', {"path": '<b>&lt; "\\'}),
        ('<rfl:parameter name="path">a</rfl:parameter> b</rfl:parameter>', {"path": "a</rfl:parameter> b"}),
    ],
)
def test_each_parameter_is_an_element_and_its_value_is_raw(dialect: str, body: str, arguments: Any) -> None:
    assert called(body + "<|call|>", dialect) == (arguments, {})


@pytest.mark.parametrize(
    "end", ["<|end|>", "<|return|>", "<|end|><|start|>assistant<|channel|>final<|message|>", "<|start|>assistant<|ch"]
)
def test_another_marker_ends_the_call_in_place_of_its_own(end: str) -> None:
    body = '<rfl:parameter name="path">\na.py\n</rfl:parameter>'
    assert called(body + end) == ({"path": "a.py"}, {"missing close tag": 1})


def test_a_missing_close_tag_of_a_value_shows_in_what_follows() -> None:
    body = '<rfl:parameter name="path">\na.py\n<rfl:parameter name="n">\n3\n</rfl:parameter><|call|>'
    assert called(body) == ({"path": "a.py", "n": 3}, {"missing close tag": 1})


def test_a_call_without_a_required_parameter_is_not_complete() -> None:
    reply = Parsing("beam", TOOLS).read([HEADER + '<rfl:parameter name="n">\n3\n</rfl:parameter><|end|>'])
    assert reply.calls == []
