"""Claims on openers: which dialects claim a marker, and in which order."""

from collections.abc import Mapping

from tests.replies import tool
from toolbridge.messages import Tool
from toolbridge.reply_parser.claims import Claim, Claims
from toolbridge.tools import read_tools

TOOLS = {one.name: one for one in read_tools([tool("get_weather", {"city": {}}), tool("now")])}


def claimed(dialect: str, tools: Mapping[str, Tool]) -> dict[str, list[Claim]]:
    """The claims where this dialect was asked for and these tools are offered."""
    found = Claims((dialect,), offered=bool(tools))
    named = (before + name for before in found.befores for name in tools)
    return {literal: found.of(literal, tools) for literal in (*found.literals, *named)}


def test_the_dialect_that_was_asked_for_comes_first_and_may_name_any_tool() -> None:
    found = claimed("hermes", TOOLS)
    first, *others = found["<tool_call>"]
    assert (first.dialect.name, first.declared_only) == ("hermes", False)
    assert all(claim.declared_only for claim in others)
    assert all(claim.declared_only for claim in found["<tool_calls>"])


def test_where_none_was_asked_for_only_offered_names_count() -> None:
    assert all(claim.declared_only for owners in claimed("auto", TOOLS).values() for claim in owners)
    assert not any(claim.declared_only for owners in claimed("auto", {}).values() for claim in owners)


def test_the_offered_tools_give_rise_to_openers() -> None:
    assert {"<get_weather", "<now"} <= claimed("xml", TOOLS).keys()
    assert "<now" not in claimed("xml", {})
    assert Claims(("xml",), offered=True).of("<then", TOOLS) == []


def test_a_tool_may_be_called_as_an_opener_is() -> None:
    tools = {one.name: one for one in read_tools([tool("invoke"), tool("tool_call>")])}
    asked, other = (
        [(claim.dialect.name, claim.opener.literal) for claim in claimed(dialect, tools)["<invoke"]]
        for dialect in ("cline", "xml")
    )
    assert asked[0] == ("cline", "<")
    assert asked[-2:] == other[:2] == [("xml", "<invoke"), ("xml", "<")]
    assert {"hermes", "glm", "xml"} <= {claim.dialect.name for claim in claimed("xml", tools)["<tool_call>"]}
