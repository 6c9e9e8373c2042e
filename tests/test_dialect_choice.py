"""How a model is recognised, and which notation it is asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.replies import tool
from toolbridge.dialect_choice import (
    TASTES,
    choose_dialect,
    claimed_dialects,
    dialect_names,
    find_dialect,
    own_dialect,
    takes_long_text,
)
from toolbridge.dialects import dialects
from toolbridge.errors import UnknownDialect
from toolbridge.messages import Tool
from toolbridge.models import Model
from toolbridge.tools import read_tools

WEATHER = read_tools([tool("get_weather", {"city": {"type": "string"}})])
WRITING = read_tools([tool("write_file", {"path": {"type": "string"}, "content": {"type": "string"}})])
HERMES = "{% if tools %}<tool_call>{% endif %}"
TEMPLATES = json.loads((Path(__file__).parent / "data" / "chat_templates.json").read_text(encoding="utf-8"))
"""The telling lines of real chat templates, the source of each, and whose notation it renders; empty for nobody's."""
NAMES = json.loads((Path(__file__).parent / "data" / "model_names.json").read_text(encoding="utf-8"))
"""Names of models by family, names of no family, and the parsers that engines have, each with our notation."""


@pytest.mark.parametrize("known", TEMPLATES, ids=lambda known: known["model"])
def test_a_real_template_is_claimed_by_the_one_dialect_that_it_renders(known: dict[str, Any]) -> None:
    assert own_dialect(Model("x", template="\n".join(known["lines"])))[0] == known["dialect"]


@pytest.mark.parametrize("name", sorted(name for name, dialect in dialects().items() if dialect.templates))
def test_what_a_dialect_says_of_its_templates_finds_that_dialect(name: str) -> None:
    for template in dialects()[name].templates:
        found, why = own_dialect(Model("x", template=" ".join(template.holds)))
        assert (found, why) == (name, f"the template holds {template.holds[0]}")
        assert not set(template.holds) & set(template.lacks)


def test_of_two_claims_the_one_that_asks_for_more_wins_in_whatever_order() -> None:
    shared = "<tool_calls>[{{ call }}]</tool_calls> <tool_call></tool_call>"
    assert own_dialect(Model("x", template=shared + "[BEGIN FINAL RESPONSE]"))[0] == "apriel"
    assert own_dialect(Model("x", template="[BEGIN FINAL RESPONSE]" + shared))[0] == "apriel"
    seed = "<seed:tool_call><function={{ name }}><parameter={{ key }}>"
    assert own_dialect(Model("x", template=seed))[0] == "seed-oss"


@pytest.mark.parametrize(
    ("model", "dialect", "why"),
    [
        (Model("x", architecture="glm4moe"), "glm", "architecture glm4moe"),
        (Model("x", family="GLM4moe"), "glm", "architecture glm4moe"),
        (Model("x", architecture="lfm2moe", family="lfm2moe"), "lfm2", "architecture lfm2moe"),
        (Model("x", architecture="qwen3moe", family="qwen3moe"), "", ""),
        (Model("x", architecture="llama"), "", ""),
    ],
)
def test_where_no_template_tells_the_architecture_does(model: Model, dialect: str, why: str) -> None:
    assert own_dialect(model) == (dialect, why)


def test_an_architecture_belongs_to_one_dialect() -> None:
    claimed = [word for dialect in dialects().values() for word in dialect.architectures]
    assert sorted(claimed) == sorted(set(claimed))
    assert all(word == word.lower() for word in claimed)


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        ("qwen3-coder:30b", "qwen3-coder"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", "qwen3-coder"),
        ("qwen3:8b", "hermes"),
        ("hf.co/unsloth/Qwen3-4B-Instruct-2507-GGUF:Q4_K_M", "hermes"),
        ("qwen2.5:7b-instruct", "hermes"),
        ("qwen3.5:9b", "qwen3-coder"),
        ("qwen2:7b", ""),
        ("qwq", "hermes"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", "hermes"),
        ("nous-hermes2", ""),
        ("DeepSeek-R1-0528-Qwen3-8B", "deepseek-v3"),
        ("deepseek-r1:7b", "deepseek-v3"),
        ("deepseek-v3", "deepseek-v3"),
        ("deepseek-v3.1:671b", "deepseek-v3.1"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "deepseek-v3.2"),
        ("zai-org/GLM-4.6", "glm"),
        ("glm4:9b", ""),
        ("MiniMax-M2", "minimax-m2"),
        ("moonshotai/Kimi-K2-Instruct", "kimi-k2"),
        ("devstral", "mistral"),
        ("mistral-nemo", "mistral-array"),
        ("granite3.3:8b", "granite"),
        ("granite4:small-h", "hermes"),
        ("phi4-mini", "functools"),
        ("phi4", ""),
        ("watt-ai/watt-tool-8B", "pythonic"),
        ("allenai/Olmo-3-7B-Instruct", "olmo3"),
        ("olmo2", ""),
        ("command-a", "cohere"),
        ("command-r", ""),
        ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", "nemotron-nano"),
        ("gpt-oss:20b", "harmony"),
        ("gemma4:31b", "gemma4"),
        ("llama3.1:8b", "llama3-json"),
        ("llama4:scout", "pythonic"),
        ("Llama-xLAM-2-8b-fc-r", "xlam"),
        ("meetkai/functionary-small-v3.2", "functionary"),
        ("kimi-k3", "kimi-k3"),
        ("gemma3:4b", ""),
        ("llama3:8b", ""),
        ("anything", ""),
        ("", ""),
    ],
)
def test_where_neither_tells_a_curated_name_does(name: str, dialect: str) -> None:
    found, why = own_dialect(Model(name))
    assert found == dialect
    assert why.startswith("the name says ") if dialect else not why


@pytest.mark.parametrize("known", NAMES["families"], ids=lambda known: known["name"])
def test_no_known_family_is_unknown_by_its_name(known: dict[str, str]) -> None:
    found, why = own_dialect(Model(known["name"]))
    assert found == known["dialect"]
    assert why.startswith("the name says ")


def test_a_family_that_is_read_and_asked_for_is_asked_for_by_its_name_alone() -> None:
    for known in NAMES["families"]:
        promptable = dialects()[known["dialect"]].form is not None
        if promptable:
            assert choose_dialect(Model(known["name"]), WEATHER)[0] == known["dialect"], known["name"]


@pytest.mark.parametrize("name", NAMES["strangers"])
def test_a_name_that_only_resembles_a_familys_is_unknown(name: str) -> None:
    assert own_dialect(Model(name)) == ("", "")


def test_every_family_with_names_stands_in_the_list_of_names() -> None:
    listed = {known["dialect"] for known in NAMES["families"]}
    assert listed == {name for name, dialect in dialects().items() if dialect.models}


@pytest.mark.parametrize("engine", sorted(NAMES["parsers"]))
def test_every_parser_of_an_engine_leads_to_its_notation(engine: str) -> None:
    for parser, dialect in NAMES["parsers"][engine].items():
        assert own_dialect(Model("x", parser=parser)) == (dialect, f"the engine's parser is {parser}")


def test_a_parsers_name_belongs_to_one_dialect() -> None:
    claimed = [name for dialect in dialects().values() for name in (dialect.name, *dialect.parsers)]
    assert sorted(claimed) == sorted(set(claimed))
    assert all(name == name.lower() and "_" not in name for name in claimed)


def test_of_a_name_that_goes_on_and_on_only_the_beginning_counts() -> None:
    assert own_dialect(Model("hf.co/" + "x" * 200 + "/qwen3-coder"))[0] == "qwen3-coder"
    assert own_dialect(Model("mistral-7b-" * 100_000 + "v0.3")) == ("", "")


def test_the_template_comes_before_the_architecture_and_that_before_the_name() -> None:
    named = Model("qwen3-coder", architecture="glm4moe", template=HERMES)
    assert own_dialect(named) == ("hermes", "the template holds <tool_call>")
    assert own_dialect(Model("qwen3-coder", architecture="glm4moe"))[0] == "glm"


@pytest.mark.parametrize(
    ("model", "tools", "dialect", "why"),
    [
        pytest.param(Model("any"), WEATHER, "xml", "the default", id="an unknown model"),
        pytest.param(Model("any", parameters=70.0), WEATHER, "xml", "the default", id="a large one"),
        pytest.param(Model("any", parameters=3.2), WEATHER, "json", "small models", id="a small one"),
        pytest.param(Model("any", parameters=4.0), WEATHER, "json", "small models", id="one of 4B"),
        pytest.param(Model("any", parameters=3.2), WRITING, "xml", "long text", id="a small one with long text"),
        pytest.param(Model("gemma3:27b", parameters=27.0), WEATHER, "json", "Gemma", id="Gemma 3"),
        pytest.param(Model("gemma-2-9b-it"), WEATHER, "json", "Gemma", id="Gemma 2"),
        pytest.param(Model("gemma3"), WRITING, "xml", "long text", id="Gemma 3 with long text"),
        pytest.param(Model("m", architecture="gemma2"), WEATHER, "json", "Gemma", id="Gemma 2 by its architecture"),
        pytest.param(Model("llama3:70b", parameters=70.0), WEATHER, "json", "Llamas", id="Llama 3.0"),
        pytest.param(Model("Meta-Llama-3-8B-Instruct"), WEATHER, "json", "Llamas", id="Llama 3.0 in full"),
        pytest.param(Model("llama2"), WEATHER, "json", "Llamas", id="Llama 2"),
        pytest.param(Model("phi3.5"), WEATHER, "json", "Phis", id="Phi 3.5"),
        pytest.param(Model("deepseek-r1:1.5b", parameters=1.5), WEATHER, "xml", "R1", id="a small distill of R1"),
        pytest.param(Model("DeepSeek-R1-Distill-Llama-8B"), WEATHER, "xml", "R1", id="one with Llama's name"),
        pytest.param(Model("qwen3:8b", template=HERMES), WEATHER, "hermes", "holds", id="a template of Hermes' kind"),
        pytest.param(Model("x", parameters=1.7, template=HERMES), WRITING, "hermes", "holds", id="a small one of it"),
        pytest.param(Model("x", template=HERMES + "<function="), WEATHER, "xml", "default", id="a strange template"),
        pytest.param(Model("x", template=HERMES + "<arg_key>"), WEATHER, "glm", "<arg_key>", id="GLM's template"),
    ],
)
def test_a_model_is_asked_for_what_it_writes_best(
    model: Model, tools: tuple[Tool, ...], dialect: str, why: str
) -> None:
    chosen, said = choose_dialect(model, tools)
    assert chosen == dialect
    assert why in said


def test_a_notation_that_is_only_read_is_told_with_what_is_asked_for_in_its_place() -> None:
    model = Model("x", parameters=3.0, template="[TOOL_CALLS] [")
    assert own_dialect(model)[0] == "mistral-array"
    assert choose_dialect(model, WEATHER) == ("xml", "the default, as its own (mistral-array) cannot be asked for")


@pytest.mark.parametrize(
    ("name", "parser", "chosen"),
    [
        ("qwen3-coder:30b", "qwen3-coder", "xml"),
        ("qwen3.5:9b", "qwen3.5", "xml"),
        ("qwen3:8b", "qwen3", "xml"),
        ("qwen3:8b", "", "hermes"),
        ("glm-4.7-flash", "glm-4.7", "xml"),
        ("olmo-3:7b", "olmo3-think", "xml"),
        ("minimax-m2", "minimax-m2", "xml"),
        ("my-own", "qwen3-coder", "xml"),
        ("my-own", "nobody-knows", "xml"),
        ("jamba-mini", "jamba", "json"),
    ],
)
def test_what_an_engine_parses_itself_is_not_asked_for(name: str, parser: str, chosen: str) -> None:
    model = Model(name, parser=parser)
    assert choose_dialect(model, WEATHER)[0] == chosen
    assert choose_dialect(model, WRITING)[0] == chosen


def test_a_parser_claims_all_notations_that_begin_as_its_own_does() -> None:
    assert claimed_dialects(Model("x", parser="qwen3-coder")) == {"qwen3-coder", "hermes", "glm"}
    assert own_dialect(Model("x", parser="qwen3-coder")) == ("qwen3-coder", "the engine's parser is qwen3-coder")
    assert claimed_dialects(Model("olmo-3", parser="olmo3")) == {"olmo3", "anthropic"}
    assert claimed_dialects(Model("x", parser="nobody-knows")) == frozenset()


def test_the_reason_names_the_notation_that_the_engine_parses() -> None:
    why = choose_dialect(Model("glm-4.7-flash", parser="glm-4.7"), WEATHER)[1]
    assert why == "the default, as the engine parses its own (glm) itself"


def test_every_taste_is_a_notation_that_can_be_asked_for_and_the_last_fits_all() -> None:
    for taste in TASTES:
        assert find_dialect(taste.dialect).form is not None
        assert not taste.long_text or find_dialect(taste.long_text).form is not None
    assert TASTES[-1].fits("", None, trained=True)


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
    assert [find_dialect(name).name for name in dialect_names()] == dialect_names()
