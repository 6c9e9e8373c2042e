"""A chat request: read, and made ready for its backend, without any I/O."""

import json
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from toolbridge.errors import RequestError
from toolbridge.limits import Limits
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Model, Policy
from toolbridge.server.chat_request import Asked, Prepared, prepare, read_chat
from toolbridge.traits import ServerName

LIMITS = Limits()
OLLAMA = Backend("http://127.0.0.1:9")
TOOL = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
HI = [{"role": "user", "content": "hi"}]
ABLE = Model("m", capabilities=frozenset({"completion", "tools"}))
PLAIN = Model("m", capabilities=frozenset({"completion"}))


def openai(server: ServerName) -> Backend:
    return Backend("http://127.0.0.1:9", wire="openai", server=server)


def asked(source: str, backend: Backend, **body: Any) -> Asked:
    data = json.dumps({"model": "m", "messages": HI} | body).encode()
    request = make_mocked_request("POST", "/api/chat")
    return Asked(request, read_chat(data, source, backend, LIMITS), CIMultiDict(), backend, "m")


def prepared(given: Asked, model: Model = ABLE, learnt: Learnt = NOTHING_LEARNT, **policy: Any) -> Prepared:
    return prepare(given, model, Policy(**policy), learnt, LIMITS)


def sent(given: Prepared) -> Any:
    assert given.body is not None
    return json.loads(given.body)


def test_without_tools_the_clients_bytes_go_on_and_the_reply_unread() -> None:
    made = prepared(asked("ollama", OLLAMA))
    assert (made.plan.mode, made.body, made.translator, made.keeps_frames) == ("passthrough", None, None, True)


def test_with_tools_of_its_own_the_bytes_go_on_and_the_reply_is_read() -> None:
    made = prepared(asked("ollama", OLLAMA, tools=[TOOL]))
    assert (made.plan.mode, made.body, made.keeps_frames) == ("native", None, True)
    assert made.translator is not None
    checked = prepared(asked("ollama", OLLAMA, tools=[TOOL]), rescue=False)
    assert checked.translator is not None
    unread = prepared(asked("ollama", OLLAMA, tools=[TOOL]), rescue=False, coerces=False, check="off")
    assert (unread.plan.mode, unread.translator) == ("native", None)


@pytest.mark.parametrize(("model", "learnt"), [(PLAIN, NOTHING_LEARNT), (ABLE, Learnt(refuses_tools=True))])
def test_a_model_without_tools_is_prompted(model: Model, learnt: Learnt) -> None:
    made = prepared(asked("ollama", OLLAMA, tools=[TOOL]), model, learnt)
    body = sent(made)
    assert (made.plan.mode, made.keeps_frames, "tools" in body) == ("prompted", False, False)
    assert "now" in body["messages"][0]["content"]


def test_another_wire_is_written_anew_and_called_by_the_backends_name() -> None:
    given = asked("openai", OLLAMA)
    made = prepared(Asked(given.http, given.read, given.headers, OLLAMA, "m:latest"))
    assert (made.plan.mode, made.keeps_frames) == ("translate", False)
    assert (sent(made)["model"], sent(made)["messages"]) == ("m:latest", HI)


def test_a_stream_that_repeats_the_role_is_never_passed_on_as_it_is() -> None:
    given = asked("openai", openai("mlx-lm"), stream=True)
    made = prepared(given)
    assert (made.plan.mode, made.body, made.keeps_frames) == ("passthrough", None, False)
    assert made.translator is not None
    assert prepared(asked("openai", openai("mlx-lm"))).translator is None


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ("openai", {"reasoning_effort": "high"}),
        ("openai", {"reasoning": {"effort": "high", "summary": "auto"}}),
        ("anthropic", {"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 9}),
        ("anthropic", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}, "max_tokens": 9}),
    ],
)
@pytest.mark.parametrize("tools", [[], [TOOL]])
def test_without_the_wish_for_thinking_the_body_is_written_anew(
    source: Any, fields: dict[str, Any], tools: list[Any]
) -> None:
    backend = Backend("http://127.0.0.1:9", wire=source)
    given = asked(source, backend, metadata={"a": "b"}, **fields, **({"tools": tools} if tools else {}))
    hopeful, calm = prepared(given), prepared(given, learnt=Learnt(no_thinking=True))
    assert hopeful.body is None
    assert not sent(calm).keys() & fields.keys() - {"max_tokens"}
    assert (sent(calm)["metadata"], "tools" in sent(calm)) == ({"a": "b"}, bool(tools))
    assert (calm.plan.mode, calm.keeps_frames) == (hopeful.plan.mode, hopeful.keeps_frames)
    assert (calm.translator is None) is (hopeful.translator is None)


def test_fields_that_a_server_refuses_are_dropped_from_the_bytes() -> None:
    given = asked("openai", openai("transformers"), reasoning={"effort": "low"}, temperature=0.5)
    assert json.loads(given.data) == {"model": "m", "messages": HI, "temperature": 0.5}


@pytest.mark.parametrize(
    ("source", "backend", "n", "many"),
    [
        ("openai", openai("vllm"), 2, True),
        ("openai", openai("vllm"), 1, False),
        ("openai", openai("vllm"), "2", False),
        ("ollama", OLLAMA, 2, False),
    ],
)
def test_several_replies_are_for_a_server_of_openais_wire_that_has_them(
    source: str, backend: Backend, n: object, many: bool
) -> None:
    if isinstance(n, str):
        with pytest.raises(RequestError):
            asked(source, backend, n=n)
    else:
        assert asked(source, backend, n=n).read.many is many


def test_a_name_without_end_is_refused() -> None:
    with pytest.raises(RequestError, match="the model's name has 2000 characters"):
        asked("ollama", OLLAMA, model="m" * 2000)


@pytest.mark.parametrize(("fields", "is_prompt"), [({"raw": True}, True), ({"suffix": "end"}, True), ({}, False)])
def test_a_finished_prompt_is_no_conversation(fields: dict[str, Any], is_prompt: bool) -> None:
    data = json.dumps({"model": "m", "prompt": "Once"} | fields).encode()
    backend = openai("openai")
    read = read_chat(data, "ollama.generate", backend, LIMITS)
    given = Asked(make_mocked_request("POST", "/api/generate"), read, CIMultiDict(), backend, "m")
    assert given.is_prompt is is_prompt
    body = sent(prepared(given))
    assert (body.get("prompt"), "messages" in body) == (("Once", False) if is_prompt else (None, True))


def test_a_server_without_a_suffix_is_not_asked_for_one() -> None:
    data = json.dumps({"model": "m", "prompt": "Once", "suffix": "end"}).encode()
    backend = openai("vllm")
    read = read_chat(data, "ollama.generate", backend, LIMITS)
    given = Asked(make_mocked_request("POST", "/api/generate"), read, CIMultiDict(), backend, "m")
    with pytest.raises(RequestError, match="does not support insert"):
        prepared(given)


def test_a_schema_that_the_server_would_refuse_goes_out_without_what_it_refuses() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(?!x)", "maxLength": 9000}}}
    tool = {"type": "function", "function": {"name": "now", "description": "d", "parameters": schema, "strict": False}}
    given = asked("openai", openai("llama.cpp"), tools=[tool, TOOL], seed=1, cache_prompt=True)
    made = prepared(given)
    assert (made.plan.mode, made.keeps_frames, made.plan.tools) == ("native", True, given.chat.tools)
    plain = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert [one["function"]["parameters"] for one in sent(made)["tools"]] == [
        plain,
        {"type": "object", "properties": {}},
    ]
    assert (sent(made)["seed"], sent(made)["cache_prompt"]) == (1, True)
    assert prepared(asked("openai", openai("vllm"), tools=[tool])).body is None
    assert prepared(asked("openai", openai("llama.cpp"), tools=[TOOL])).body is None
    prompt = sent(prepared(given, PLAIN))["messages"][0]["content"]
    assert "(?!x)" in prompt
