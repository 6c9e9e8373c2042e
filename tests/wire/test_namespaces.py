"""Tools in namespaces: the names that models see, and how a client's name finds its tool."""

import pytest

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError
from toolbridge.limits import Limits
from toolbridge.messages import Tool
from toolbridge.wire.namespaces import ToolsByName, joined, once_each, read_namespace

LOG = {"type": "function", "name": "log", "description": "Shows commits.", "parameters": {"type": "object"}}
PATCH = {"type": "custom", "name": "patch"}
GIT = {"type": "namespace", "name": "mcp__git", "description": "A repository.", "tools": [LOG, PATCH, {"type": "x"}]}


def test_a_tool_of_a_namespace_has_both_names() -> None:
    log, patch = read_namespace(GIT, "tools[0]", Budget())
    assert (log.name, log.within) == ("mcp__git__log", ("mcp__git", "log"))
    assert (patch.name, patch.within) == ("mcp__git__patch", ("mcp__git", "patch"))
    assert patch.freeform is not None


def test_the_first_tool_tells_about_all() -> None:
    log, patch = read_namespace(GIT, "tools[0]", Budget())
    assert log.description == "Shows commits.\n\nAbout all tools of mcp__git: A repository."
    assert "A repository." not in patch.description


@pytest.mark.parametrize(
    ("namespace", "name", "seen"),
    [
        ("mcp__git", "log", "mcp__git__log"),
        ("mcp__git__", "log", "mcp__git__log"),
        ("", "log", "log"),
        (None, "log", "log"),
        ("n" * 200, "log", "n" * 123 + "__log"),
    ],
)
def test_the_name_for_models(namespace: str | None, name: str, seen: str) -> None:
    assert joined(namespace, name) == seen


def test_tools_in_namespaces_count_too() -> None:
    with pytest.raises(OverLimit):
        list(read_namespace(GIT, "tools[0]", Budget(Limits(tools=2))))


def test_a_bad_tool_is_named_with_its_place() -> None:
    with pytest.raises(RequestError, match=r"^tools\[4\]\.tools\[1\]: the tool needs a name"):
        list(read_namespace(GIT | {"tools": [LOG, LOG | {"name": ""}]}, "tools[4]", Budget()))


def test_a_client_finds_its_tool_with_a_namespace_or_without() -> None:
    tools = [*read_namespace(GIT, "", Budget()), *read_namespace(GIT | {"name": "hg", "tools": [LOG]}, "", Budget())]
    plain = Tool("patch")
    known = ToolsByName(tools)
    assert known.find("log", "hg") is tools[2]
    assert known.find("mcp__git__log") is tools[0]
    assert known.find("patch") is tools[1]
    assert ToolsByName([*tools, plain]).find("patch") is plain
    assert known.find("log") is None
    assert known.find("log", "svn") is None


def test_a_tool_that_comes_again_is_left_out() -> None:
    tools = [Tool("a", "1"), Tool("b"), Tool("a", "2")]
    assert once_each(tools) == (tools[0], tools[1])
