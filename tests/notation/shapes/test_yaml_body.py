"""Calls as elements with YAML in them: where the element ends, and what makes it text."""

from typing import Any

import pytest

from tests.replies import Parsing, chunks, cut, tool

TOOLS = [tool("save", {"path": {"type": "string"}, "n": {"type": "integer"}}, ["path"]), tool("now")]
ONE = '{"path":"a.py","n":3}'


def whole(text: str, dialect: str = "xml", **options: Any) -> Any:
    """What comes of a reply, which is the same however it is cut."""
    parsing = Parsing(dialect, TOOLS, options=options)
    read = parsing.read([text])
    for pieces in (chunks(text, 1), chunks(text, 3), *(cut(text, [place]) for place in range(1, len(text)))):
        assert parsing.read(pieces) == read
    return read


@pytest.mark.parametrize("dialect", ["xml", "cline"])
@pytest.mark.parametrize(
    "text",
    [
        "<save>\npath: a.py\nn: 3\n</save>",
        "<save>\n  path: a.py\n  n: 3\n</save>",
        "<save>\n  path: a.py\n  n: 3\n  </save>",
        "<save>path: a.py\nn: 3</save>",
        "<save>\r\npath: a.py\r\nn: 3\r\n</save>",
    ],
)
def test_yaml_in_an_element_is_a_call(text: str, dialect: str) -> None:
    read = whole(text, dialect)
    assert (read.calls, read.content) == ([("save", ONE)], "")
    assert read.tolerances == {"YAML body": 1}


def test_a_close_tag_in_an_indented_line_is_text() -> None:
    read = whole("<save>\npath: |\n  x </save>\n  </save>\n</save> done")
    assert read.calls == [("save", '{"path":"x </save>\\n</save>\\n"}')]
    assert read.content == " done"


def test_two_elements_are_two_calls() -> None:
    text = "<save>\npath: a\n</save>\n<save>\npath: b\n</save>"
    assert whole(text).calls == [("save", '{"path":"a"}'), ("save", '{"path":"b"}')]


@pytest.mark.parametrize(
    "text",
    [
        "<save>\ncolour: red\n</save>",
        "<save>\npath:a.py\n</save>",
        "<now>\npath: a\n</now>",
        "Inline <save>\npath: a\n</save>",
    ],
)
def test_what_begins_with_no_parameter_of_the_tool_is_text(text: str) -> None:
    read = whole(text)
    assert (read.content, read.calls) == (text, [])


def test_yaml_that_is_cut_is_truncated_and_bad_yaml_is_broken() -> None:
    for text, outcome in (("<save>\npath: a", "truncated"), ("<save>\npath: a\nzz\n</save>", "broken")):
        read = whole(text, release="early")
        assert read.incomplete == [("save", outcome)]
        text_again = whole(text, release="whole")
        assert (text_again.content, text_again.calls) == (text, [])
