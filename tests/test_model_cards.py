"""Lists of servers of OpenAI's wire as Ollama's descriptions: what is said is told, what is not is left out."""

from dataclasses import replace
from typing import Any

import pytest

from toolbridge.model_cards import Card, find_card, read_card, read_cards, write_loaded, write_shown, write_tag
from toolbridge.model_converter import opens_thinking, shows_tools
from toolbridge.traits import TRAITS


def card(more: dict[str, Any] | None = None, props: dict[str, Any] | None = None, **entry: Any) -> Card:
    return Card("m", entry, more or {}, props or {})


# Reading lists.


@pytest.mark.parametrize("listed", [None, 7, "x", [], {}, {"data": "x"}, {"error": "x"}, {"models": []}])
def test_what_is_no_list_of_models_is_none(listed: Any) -> None:
    assert read_cards(listed) is None


@pytest.mark.parametrize("listed", [{"data": []}, {"object": "list", "data": None}, {"data": [None, 1, {"id": ""}]}])
def test_a_list_may_be_empty(listed: Any) -> None:
    assert read_cards(listed) == []


def test_what_stands_beside_the_list_joins_its_entries() -> None:
    listed = {
        "models": [{"name": "a", "capabilities": ["completion"], "size": ""}],
        "data": [{"id": "a", "size": 1}, {"id": "b"}],
    }
    cards = read_cards(listed, {"data": [{"id": "b", "arch": "qwen2"}]})
    assert cards
    first, second = cards
    assert first.entry == {"name": "a", "capabilities": ["completion"], "size": 1, "id": "a"}
    assert (second.name, second.more) == ("b", {"id": "b", "arch": "qwen2"})


def test_lm_studios_newer_list_names_its_models_otherwise() -> None:
    cards = read_cards({"data": [{"id": "a"}]}, {"models": [{"key": "a", "architecture": "qwen3"}]})
    assert cards
    assert read_card(cards[0]).architecture == "qwen3"


@pytest.mark.parametrize(
    ("name", "found"),
    [("A", "a"), ("a:latest", "a"), ("b:latest", "b:latest"), ("b", None), ("short", "long"), ("", None)],
)
def test_a_card_is_found_as_ollama_finds_models(name: str, found: str | None) -> None:
    cards = [Card("a"), Card("b:latest"), Card("long", {"aliases": ["short", 7]})]
    assert (match.name if (match := find_card(cards, name)) else None) == found


# What a plan has to know.


@pytest.mark.parametrize(
    ("one", "tools"),
    [
        (card(), None),
        (card(supported_parameters=["tools"]), True),
        (card(supported_parameters=["seed"]), False),
        (card({"capabilities": ["tool_use"]}), True),
        (card({"capabilities": []}), False),
        (card({"capabilities": {"trained_for_tool_use": True}}), True),
        (card({"capabilities": {"vision": True}}), None),
        (card(None, {"chat_template": "{% if tools %}"}), True),
        (card(None, {"chat_template": "{{ messages }}"}), False),
        (card(None, {"chat_template": "{% if tools %}", "chat_template_caps": {"supports_tools": False}}), False),
        (card(None, {"chat_template": "{{ messages }}", "chat_template_tool_use": "{% if tools %}"}), True),
        (card(capabilities=["completion"]), None),
        (card(capabilities=["completion", "tools"]), True),
    ],
)
def test_whether_a_model_has_tools_is_what_the_server_says(one: Card, tools: bool | None) -> None:
    assert shows_tools(read_card(one)) is tools


def test_the_template_tells_whether_thinking_is_open() -> None:
    props = {"chat_template": "{% if add_generation_prompt %}<think>\n{% endif %}"}
    assert opens_thinking(read_card(card(None, props)))


@pytest.mark.parametrize(
    ("one", "size"),
    [
        (card(meta={"n_params": 8_190_735_360}), 8.19073536),
        (card({"params_string": "7B"}), 7.0),
        (Card("Qwen/Qwen2.5-0.5B-Instruct"), 0.5),
        (Card("gpt-4"), None),
        (Card("q4b2"), None),
    ],
)
def test_the_size_of_a_model_is_said_or_read_from_its_name(one: Card, size: float | None) -> None:
    assert read_card(one).parameters == size


CONTEXTS = [
    (card(None, {"default_generation_settings": {"n_ctx": 1}}, meta={"n_ctx": 2, "n_ctx_train": 3}), 1),
    (card(meta={"n_ctx": 2, "n_ctx_train": 3}), 2),
    (card(meta={"n_ctx_train": 3}), 3),
    (card(max_model_len=4), 4),
    (card({"max_context_length": 6, "loaded_context_length": 5}), 5),
    (card({"max_context_length": 6}), 6),
    (card({"max_context_length": 6, "loaded_instances": [{"config": {"context_length": 7}}]}), 7),
    (card(context_length=9, top_provider={"context_length": 8}), 8),
    (card(context_length=9, top_provider=None), 9),
    (card(context_window=10), 10),
    (card(), None),
    (card(max_model_len=None, meta=None, context_length="9", context_window=-1), None),
]


@pytest.mark.parametrize(("one", "length"), CONTEXTS)
def test_the_context_length_is_what_is_served_before_what_could_be(one: Card, length: int | None) -> None:
    assert read_card(one).context_length == length
    info = write_shown(one)["model_info"]
    assert info.get(f"{info['general.architecture']}.context_length") == length
    assert write_tag(one)["details"].get("context_length") == length


# What clients are told.


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (card(), ["completion", "tools"]),
        (card(supported_parameters=["seed"]), ["completion", "tools"]),
        (card(supported_parameters=["tools", "reasoning"]), ["completion", "tools", "thinking"]),
        (card({"type": "vlm"}), ["completion", "vision", "tools"]),
        (card({"type": "embeddings"}), ["embedding"]),
        (card({"type": "embedding", "capabilities": {}}), ["embedding"]),
        (card(capabilities=["embedding"]), ["embedding"]),
        (card(capabilities=["completion", "multimodal"]), ["completion", "vision", "tools"]),
        (card(architecture={"input_modalities": ["text", "image"]}), ["completion", "vision", "tools"]),
        (card(None, {"modalities": {"vision": True}}), ["completion", "vision", "tools"]),
        (card(None, {"chat_template": "{{ '</think>' }}"}), ["completion", "thinking", "tools"]),
        (Card("nomic-embed-text-v1.5"), ["embedding"]),
        (card({"type": 7}, {"modalities": 7}, capabilities=7, architecture=[]), ["completion", "tools"]),
    ],
)
def test_capabilities_are_told_as_ollama_tells_them(one: Card, words: list[str]) -> None:
    assert write_shown(one)["capabilities"] == words
    assert write_tag(one)["capabilities"] == words


LISTED: dict[str, Any] = {"owned_by": "llamacpp", "type": "model", "capabilities": ["completion"]}
"""What llama.cpp lists of every model, also of one that only embeds."""


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (Card("bge-small.gguf", LISTED | {"meta": {"vocab_type": 3}}), ["embedding"]),
        (Card("Qwen3-Embedding-0.6B-Q8_0.gguf", LISTED | {"meta": {"vocab_type": 2}}), ["embedding"]),
        (Card("alias", LISTED, props={"model_path": "/models/nomic-embed-text-v1.5.Q4_K_M.gguf"}), ["embedding"]),
        (Card("alias", LISTED, props={"model_path": "C:\\embedded\\Qwen3-8B.gguf"}), ["completion", "tools"]),
        (Card("Qwen3-8B-Q4_K_M.gguf", LISTED | {"meta": {"vocab_type": 2}}), ["completion", "tools"]),
        (Card("my-embedder", {"capabilities": ["completion"]}), ["completion", "tools"]),
    ],
)
def test_a_llama_server_that_only_embeds_is_listed_as_such(one: Card, words: list[str]) -> None:
    tools = replace(one, props=dict(one.props) | {"chat_template_caps": {"supports_tools": True}})
    assert write_tag(one)["capabilities"] == write_shown(tools)["capabilities"] == words
    if words == ["embedding"]:
        assert read_card(one).capabilities == read_card(tools).capabilities == frozenset(words)


def test_show_has_nothing_that_nobody_said() -> None:
    assert write_shown(card(created=0)) == {
        "details": {
            "parent_model": "",
            "format": "",
            "family": "",
            "families": [],
            "parameter_size": "",
            "quantization_level": "",
        },
        "model_info": {"general.architecture": "unknown", "general.basename": "m"},
        "capabilities": ["completion", "tools"],
        "modified_at": "1970-01-01T00:00:00Z",
    }


@pytest.mark.parametrize(("whole", "said"), [(8_190_735_360, "8.2B"), (22_713_216, "22.71M"), (1_543_714_304, "1.5B")])
def test_a_size_is_written_as_ollama_writes_it(whole: int, said: str) -> None:
    assert write_tag(card(meta={"n_params": whole}))["details"]["parameter_size"] == said


def test_a_digest_is_the_models_own_and_always_the_same() -> None:
    one, again, other = (write_tag(Card(name))["digest"] for name in ("a", "a", "b"))
    assert one == again != other
    assert len(one) == 64


@pytest.mark.parametrize(
    ("one", "server", "loaded"),
    [
        (card(), "vllm", True),
        (card(), "openrouter", False),
        (card(), "llama.cpp", True),
        (card(status={"value": "unloaded"}), "llama.cpp", False),
        (card(status={"value": "loaded"}), "llama.cpp", True),
        (card({"state": "not-loaded"}), "lmstudio", False),
        (card({"state": "loaded"}), "lmstudio", True),
        (card({"loaded_instances": []}), "lmstudio", False),
        (card({"loaded_instances": [{"id": "m"}]}), "lmstudio", True),
    ],
)
def test_a_model_is_loaded_if_the_server_says_so_or_could_not_be_without(one: Card, server: Any, loaded: bool) -> None:
    assert [entry["name"] for entry in write_loaded([one], TRAITS[server])] == ["m"] * loaded
