"""The block that a prompt shows, filled in; the dialects of the bridge are the judges."""

from dataclasses import replace

import pytest

from toolbridge import Tool, parse_reply, read_request
from toolbridge.cli.scripted.notation import read_notation
from toolbridge.cli.scripted.tools import read_prompt
from toolbridge.tool_prompt import BRIEF, inject, tool_prompt

TOOL = Tool("f", "Gets.", {"type": "object", "properties": {"text": {"type": "string"}, "count": {"type": "integer"}}})


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json"])
def test_calls_are_written_as_the_prompt_shows_them(dialect: str) -> None:
    prompt = read_prompt(tool_prompt([TOOL], dialect))
    assert prompt is not None
    notation = read_notation(prompt.usage)
    assert notation is not None
    first = {"text": 'a "b" < VALUE\n\nc', "count": 3}
    reply = parse_reply(notation.write([("f", first), ("f", {})]), dialect, [TOOL])
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("f", first), ("f", {})]
    assert reply.content == ""


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json"])
def test_calls_are_written_as_a_brief_prompt_shows_them(dialect: str) -> None:
    request = read_request({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}, "openai")
    (system, _) = inject(replace(request, tools=(TOOL,)), dialect, variant=BRIEF).messages
    prompt = read_prompt(system.content)
    assert prompt is not None
    notation = read_notation(prompt.usage)
    assert notation is not None
    reply = parse_reply(notation.write([("f", {"text": "a", "count": 3})]), dialect, [TOOL])
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [("f", {"text": "a", "count": 3})]


def test_a_notation_that_nobody_has_seen_is_filled_in_all_the_same() -> None:
    notation = read_notation("Write so:\n\n<<\nrun TOOL_NAME\n  with PARAMETER_NAME = VALUE;\nend\n>>\n\n- rules")
    assert notation is not None
    assert notation.write([("f", {"a": "x", "b": [1, None]}), ("g", {})]) == (
        "<<\nrun f\n  with a = x;\n  with b = [1, null];\nend\nrun g\nend\n>>"
    )


@pytest.mark.parametrize(
    "usage",
    [
        "",
        "TOOL_NAME PARAMETER_NAME",
        "TOOL_NAME\nPARAMETER_NAME VALUE",
        "PARAMETER_NAME VALUE\nTOOL_NAME\nend",
        "TOOL_NAME\n\nPARAMETER_NAME VALUE\nend",
    ],
)
def test_what_is_no_block_of_calls_is_none(usage: str) -> None:
    assert read_notation(usage) is None
