"""Which notation a model is asked for."""

from typing import Any

import pytest

from tests.replies import tool
from toolbridge.dialects.choose import choose_dialect, dialect_names, find_dialect, own_dialect, takes_long_text
from toolbridge.errors import UnknownDialect
from toolbridge.messages import Tool
from toolbridge.models import Model
from toolbridge.tools import read_tools

WEATHER = read_tools([tool("get_weather", {"city": {"type": "string"}})])
WRITING = read_tools([tool("write_file", {"path": {"type": "string"}, "content": {"type": "string"}})])
HERMES = "{% if tools %}<tool_call>{% endif %}"


@pytest.mark.parametrize(
    ("model", "tools", "dialect"),
    [
        pytest.param(Model("any"), WEATHER, "xml", id="an unknown model"),
        pytest.param(Model("any", parameters=70.0), WEATHER, "xml", id="a large one"),
        pytest.param(Model("any", parameters=3.2), WEATHER, "json", id="a small one"),
        pytest.param(Model("any", parameters=4.0), WEATHER, "json", id="one of 4B"),
        pytest.param(Model("any", parameters=3.2), WRITING, "xml", id="a small one with long text"),
        pytest.param(Model("gemma3:27b", parameters=27.0), WEATHER, "json", id="Gemma 3"),
        pytest.param(Model("gemma-2-9b-it"), WEATHER, "json", id="Gemma 2"),
        pytest.param(Model("gemma3"), WRITING, "xml", id="Gemma 3 with long text"),
        pytest.param(Model("llama3:70b", parameters=70.0), WEATHER, "json", id="Llama 3.0"),
        pytest.param(Model("llama3.3:70b", parameters=70.0), WEATHER, "xml", id="Llama 3.3"),
        pytest.param(Model("m", architecture="gemma2"), WEATHER, "json", id="Gemma 2 by its architecture"),
        pytest.param(Model("qwen3:8b", template=HERMES), WEATHER, "hermes", id="a template of Hermes' kind"),
        pytest.param(Model("x", parameters=1.7, template=HERMES), WRITING, "hermes", id="a small one of that kind"),
        pytest.param(Model("x", template=HERMES + "<function="), WEATHER, "xml", id="Qwen3-Coder's template"),
        pytest.param(Model("x", template=HERMES + "<arg_key>"), WEATHER, "xml", id="GLM's template"),
    ],
)
def test_a_model_is_asked_for_what_it_writes_best(model: Model, tools: tuple[Tool, ...], dialect: str) -> None:
    chosen, why = choose_dialect(model, tools)
    assert chosen == dialect
    assert why


def test_a_models_own_notation_is_known_by_its_template() -> None:
    assert own_dialect(Model("x", template=HERMES))[0] == "hermes"
    assert own_dialect(Model("x")) == ("", "")


@pytest.mark.parametrize(
    ("dialect", "template"),
    [
        ("longcat", "<longcat_tool_call>"),
        ("mistral", "[TOOL_CALLS]{{ name }}[ARGS]"),
        ("mistral-array", '[TOOL_CALLS][{"id": "{{ id }}"}]'),
        ("kimi-k2", "<|tool_call_begin|>{{ id }}<|tool_call_argument_begin|>"),
        ("deepseek-v3", "<｜tool▁calls▁begin｜>{{ name }}\n```json\n"),
        ("deepseek-v3.1", "<｜tool▁calls▁begin｜>{{ name }}<｜tool▁sep｜>"),
        ("solar", "<|tool_call:begin|>"),
        ("cohere", "<|START_ACTION|>"),
        ("apertus", "<|tools_prefix|>"),
        ("nemotron-nano", "<TOOLCALL>"),
        ("functools", "functools[{{ calls }}]"),
        ("internlm", "<|action_start|><|plugin|>"),
        ("granite", "<|start_of_role|>available_tools<|end_of_role|>"),
        ("apriel", "<|begin_assistant|>\n<tool_calls>["),
        ("jamba", "<|bom|><|assistant|><tool_calls>["),
        ("minimax-m1", "<beginning_of_sentence>ai\n<tool_calls>"),
        ("hunyuan-a13b", "<|extra_0|><tool_calls>["),
        ("llama3-function", "<function=example>{}</function>"),
    ],
)
def test_a_notation_that_is_only_read_is_known_by_its_template_too(dialect: str, template: str) -> None:
    assert own_dialect(Model("x", template=template))[0] == dialect
    assert choose_dialect(Model("x", template=template, parameters=70.0), WEATHER)[0] == "xml"


@pytest.mark.parametrize(
    ("properties", "long"),
    [
        ({"content": {"type": "string"}}, True),
        ({"file_content": {}}, True),
        ({"body": {"type": "string", "maxLength": 2000}}, True),
        ({"note": {"type": "string", "maxLength": 501}}, True),
        ({"content": {"type": "string", "maxLength": 100}}, False),
        ({"content": {"type": "string", "enum": ["a", "b"]}}, False),
        ({"content": {"type": "integer"}}, False),
        ({"city": {"type": "string"}}, False),
        ({"context": {"type": "string"}}, False),
        ({"content": True}, False),
        (None, False),
    ],
)
def test_long_text_is_known_by_the_name_or_the_length(properties: Any, long: bool) -> None:
    assert takes_long_text(Tool("f", parameters={"properties": properties})) is long


def test_a_dialect_is_found_by_its_name_or_by_the_model() -> None:
    assert find_dialect("hermes").name == "hermes"
    assert find_dialect(Model("x", template=HERMES)).name == "hermes"
    assert find_dialect(Model("x")).name == "xml"


def test_an_unknown_name_is_an_error_that_names_near_ones() -> None:
    with pytest.raises(UnknownDialect, match="did you mean hermes"):
        find_dialect("herms")
    with pytest.raises(UnknownDialect, match="xml"):
        find_dialect("no such thing at all")


def test_auto_is_a_name_beside_those_of_the_dialects() -> None:
    assert dialect_names() == sorted(dialect_names())
    assert {"auto", "xml", "hermes", "json"} <= set(dialect_names())


@pytest.mark.parametrize(
    ("template", "dialect"),
    [
        ("<tool_call>\\n<function={{ name }}>\\n<parameter={{ key }}>", "qwen3-coder"),
        ("<seed:tool_call><function={{ name }}><parameter={{ key }}>", ""),
        ("[gMASK]<sop> <tool_call>{{ name }}<arg_key>{{ key }}</arg_key>", "glm"),
        ('<minimax:tool_call>\\n<invoke name="{{ name }}">', "minimax-m2"),
        ("<functions>{{ tools }}</functions> <function_calls>{{ calls }}</function_calls>", "olmo3"),
    ],
)
def test_templates_of_families_with_tags_are_told_apart(template: str, dialect: str) -> None:
    assert own_dialect(Model("x", template=template))[0] == dialect
    assert not dialect or find_dialect(dialect).form is not None
