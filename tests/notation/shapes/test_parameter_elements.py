"""Parameters as elements named after them: in which notations they stand, and how their values end."""

import json
from typing import Any

import pytest

from tests.replies import Parsing, chunks, tool
from toolbridge.notation.shapes.parameter_elements import open_tags
from toolbridge.tools import read_tools

TEXT = {"type": "string"}
TOOLS = [tool("save", {"path": TEXT, "n": {"type": "integer"}}, ["path"])]
FRAMES = {
    "cline": "<save>\n{}\n</save>",
    "qwen3-coder": "<tool_call>\n<function=save>\n{}\n</function>\n</tool_call>",
    "llama3-function": "<function=save>\n{}\n</function>",
    "glm": "<tool_call>save\n{}\n</save>\n</tool_call>",
}
every_frame = pytest.mark.parametrize("name", FRAMES)


def called(name: str, body: str, **options: Any) -> Any:
    """The arguments of the only call of a reply that holds nothing else, however the reply is cut."""
    text = FRAMES[name].format(body)
    parsing = Parsing(name, TOOLS, options=options)
    whole = parsing.read([text])
    for size in (1, 2, 3, 7):
        assert parsing.read(chunks(text, size)) == whole
    assert whole.content == ""
    ((called, arguments),) = whole.calls
    assert called == "save"
    return json.loads(arguments)


@every_frame
@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ("<path>a.py</path>\n<n>3</n>", {"path": "a.py", "n": 3}),
        ("<n>3</n><path>\nif a < b:\n    pass\n</path>", {"n": 3, "path": "if a < b:\n    pass"}),
        ("<path>a</path> and <path>b</path></path>", {"path": "a</path> and <path>b</path>"}),
        ("<n>3</n></n>\n<path/>", {"n": 3, "path": ""}),
    ],
)
def test_they_are_read_in_every_frame(name: str, body: str, arguments: Any) -> None:
    assert called(name, body) == arguments
    assert called(name, body, release="whole") == arguments


@every_frame
def test_elements_that_the_tool_does_not_have_are_text(name: str) -> None:
    text = FRAMES[name].format("<other>a</other>")
    assert Parsing(name, TOOLS).read([text]).calls == []


def test_the_close_tag_of_the_call_may_be_missing_before_that_of_the_pair() -> None:
    text = "<tool_call>save\n<path>a.py</path>\n</tool_call>"
    for dialect in ("glm", "qwen3-coder", "xml"):
        whole = Parsing(dialect, TOOLS).read([text])
        assert (whole.calls, whole.content) == ([("save", '{"path":"a.py"}')], "")
        assert Parsing(dialect, TOOLS).read(chunks(text, 1)) == whole


def test_a_call_that_is_cut_is_truncated() -> None:
    text = FRAMES["qwen3-coder"].format("<path>a.py</path>\n<n>3")
    whole = Parsing("qwen3-coder", TOOLS, "length").read([text[: text.index("3") + 1]])
    assert (whole.calls, whole.incomplete) == ([], [("save", "truncated")])


def test_each_parameter_has_an_open_tag_and_a_tag_without_content() -> None:
    (save,) = read_tools(TOOLS)
    assert open_tags(save) == {"<path>": "path", "<n>": "n", "<path/>": "path", "<n/>": "n"}
    assert open_tags(None) == {}
