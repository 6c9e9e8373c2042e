"""A body made to fit a server: what it has not is left out, what it calls otherwise is renamed, no more."""

from dataclasses import replace
from typing import Any

import pytest

from toolbridge.messages import ChatRequest, Message
from toolbridge.traits import TRAITS
from toolbridge.wire.openai.fitting import accepted, fitted
from toolbridge.wire.openai.write_request import write_request

ASKED = ChatRequest("m", (Message("user", "hi"),), source="ollama")
BODY = write_request(ASKED)
NAMES = sorted(TRAITS)


@pytest.mark.parametrize("server", NAMES)
def test_a_plain_body_stays_as_it_is(server: Any) -> None:
    assert fitted(BODY, ASKED, TRAITS[server]) == BODY


@pytest.mark.parametrize("server", sorted(set(NAMES) - {"transformers"}))
def test_what_a_client_wrote_for_its_server_stays_as_it_is(server: Any) -> None:
    asked = replace(ASKED, source="openai", think="high", sampling={"top_k": 3, "max_tokens": 5, "repeat_penalty": 2})
    body = write_request(asked)
    assert fitted(body, asked, TRAITS[server]) == body


@pytest.mark.parametrize(
    ("think", "server", "expected"),
    [
        (True, "vllm", {"chat_template_kwargs": {"enable_thinking": True}}),
        ("low", "sglang", {"chat_template_kwargs": {"enable_thinking": True, "reasoning_effort": "low"}}),
        ("none", "vllm", {"chat_template_kwargs": {"enable_thinking": False}}),
        (True, "openai", {"reasoning_effort": "medium"}),
        ("high", "unknown", {"reasoning_effort": "high"}),
        (False, "lmstudio", {"reasoning_effort": "none"}),
        (True, "openrouter", {"reasoning": {"enabled": True}}),
        ("low", "openrouter", {"reasoning": {"effort": "low"}}),
        (None, "vllm", {}),
    ],
)
def test_thinking_is_asked_for_in_one_way(think: Any, server: Any, expected: dict[str, Any]) -> None:
    asked = replace(ASKED, think=think)
    assert fitted(write_request(asked), asked, TRAITS[server]) == BODY | expected


def test_a_prompt_is_no_chat() -> None:
    asked = replace(ASKED, think=True, sampling={"max_tokens": 5, "top_k": 3})
    body = {name: value for name, value in write_request(asked).items() if name != "messages"} | {"prompt": "hi"}
    plain = {"model": "m", "prompt": "hi", "stream": False, "max_tokens": 5}
    assert fitted(body, asked, TRAITS["openai"]) == plain
    assert fitted(body, asked, TRAITS["vllm"]) == plain | {"top_k": 3}


def test_a_schema_is_left_alone_where_any_json_is_not() -> None:
    schema = replace(ASKED, format={"type": "object", "properties": {}})
    any_json = replace(ASKED, format="json")
    assert fitted(write_request(schema), schema, TRAITS["lmstudio"]) == write_request(schema)
    wanted = fitted(write_request(any_json), any_json, TRAITS["lmstudio"])["response_format"]
    assert (wanted["type"], wanted["json_schema"]["schema"]) == ("json_schema", {"type": "object"})


def test_what_a_strict_server_refuses_is_left_out_at_any_level_of_ours() -> None:
    assert accepted({"model": "m", "top_k": 3, "options": {}}, TRAITS["transformers"]) == {"model": "m"}
    assert accepted({"top_k": 3}, TRAITS["vllm"]) == {"top_k": 3}


@pytest.mark.parametrize(("server", "field"), [("vllm", "reasoning"), ("llama.cpp", "reasoning_content")])
@pytest.mark.parametrize("sent", ["reasoning", "reasoning_content"])
def test_past_reasoning_is_moved_and_not_doubled(server: Any, field: str, sent: str) -> None:
    body = BODY | {"messages": [{"role": "assistant", "content": "a", sent: "b"}]}
    assert fitted(body, ASKED, TRAITS[server])["messages"] == [{"role": "assistant", "content": "a", field: "b"}]
