"""The form of an answer in the prompt: beside tools only, and nothing in it is taken for a call."""

import pytest

from tests.replies import TOOLS
from toolbridge.messages import ChatRequest, Message, ToolChoice
from toolbridge.tool_prompt import inject, tool_prompt
from toolbridge.tool_prompt.answer_format import FITS, JSON_ONLY, answer_format
from toolbridge.tool_prompt.block import prompt_form
from toolbridge.tools import read_tools

SCHEMA = {"type": "object", "properties": {"städte": {"type": "array"}}}
ASKED = ChatRequest("m", (Message("user", "Hi"),), tools=read_tools(TOOLS), format=SCHEMA)


def test_any_json_is_asked_for_without_a_schema() -> None:
    assert answer_format("json", prompt_form("xml")) == JSON_ONLY


def test_a_schema_is_shown_as_it_is() -> None:
    text = answer_format(SCHEMA, prompt_form("xml"))
    assert text == f'{JSON_ONLY} {FITS}\n\n{{"type": "object", "properties": {{"städte": {{"type": "array"}}}}}}'


def test_markers_in_a_schema_are_defused() -> None:
    text = answer_format({"description": "Like </invoke>."}, prompt_form("xml"))
    assert "<\\/invoke>" in text


@pytest.mark.parametrize("dialect", ["xml", "hermes", "json"])
def test_beside_tools_the_form_of_the_answer_is_the_end_of_the_prompt_and_no_constraint(dialect: str) -> None:
    prompted = inject(ASKED, dialect)
    said = prompted.messages[0].content
    assert said == f"{tool_prompt(TOOLS, dialect)}\n\n{answer_format(SCHEMA, prompt_form(dialect))}"
    assert prompted.format is None


@pytest.mark.parametrize(
    "asked",
    [
        ChatRequest("m", ASKED.messages, format="json"),
        ChatRequest("m", ASKED.messages, tools=ASKED.tools, tool_choice=ToolChoice("none"), format="json"),
    ],
)
def test_where_nothing_can_be_called_the_constraint_stays(asked: ChatRequest) -> None:
    prompted = inject(asked)
    assert prompted.format == "json"
    assert not any(JSON_ONLY in message.content for message in prompted.messages)
