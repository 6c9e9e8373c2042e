"""`/api/generate` in front of a server without this route: a chat of one turn, or a prompt sent raw."""

import json
from typing import Any

import ollama
import pytest

from tests.fake_openai import MODEL, POSES
from tests.server.conftest import Answer, Bridge, InFront, OfOllama
from toolbridge.traits import TRAITS, ServerName

SERVERS = sorted(POSES)
COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"


async def generate(bridge: Bridge, **body: Any) -> Answer:
    full = {"model": MODEL, "prompt": "One, two,", "stream": False} | body
    return await bridge.send("/api/generate", json.dumps(full).encode())


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("server", SERVERS)
async def test_the_ollama_package_gets_its_text(
    in_front: InFront, of_ollama: OfOllama, server: ServerName, raw: bool
) -> None:
    bridge, fake = await in_front(server)
    fake.says(" three", ",")
    client = await of_ollama(bridge)
    whole = await client.generate(MODEL, "One, two,", raw=raw)
    assert (whole.response, whole.done, whole.done_reason) == (" three,", True, "stop")
    assert (whole.prompt_eval_count, whole.eval_count) == (11, 7)
    parts = [part async for part in await client.generate(MODEL, "One, two,", raw=raw, stream=True)]
    assert "".join(part.response or "" for part in parts) == " three,"
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [sent.target for sent in fake.chats] == [COMPLETIONS if raw else CHAT] * 2


async def test_it_is_a_chat_of_one_turn(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm")
    picture = "iVBORw0KGgo="
    options = {"num_predict": 4, "top_k": 2, "stop": ["\n"]}
    answer = await generate(
        bridge, system="Be brief.", images=[picture], options=options, format="json", think=False, context=[1, 2]
    )
    assert answer.status == 200
    sent = fake.chats[0].json
    assert sent["messages"][0] == {"role": "system", "content": "Be brief."}
    assert sent["messages"][1]["content"] == [
        {"type": "text", "text": "One, two,"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
    ]
    assert (sent["max_tokens"], sent["top_k"], sent["stop"]) == (4, 2, ["\n"])
    assert sent["response_format"] == {"type": "json_object"}
    assert sent["chat_template_kwargs"] == {"enable_thinking": False}
    assert not {"context", "prompt", "images", "system"} & sent.keys()


@pytest.mark.parametrize("streamed", [False, True])
async def test_thinking_stands_beside_the_response(in_front: InFront, streamed: bool) -> None:
    bridge, fake = await in_front("llama.cpp")
    fake.says("Four.", reasoning="Two and two.")
    lines = (await generate(bridge, stream=streamed)).lines
    assert "".join(line.get("thinking", "") for line in lines) == "Two and two."
    assert "".join(line["response"] for line in lines) == "Four."
    assert not any("message" in line for line in lines)
    assert list(lines[0])[:3] == ["model", "created_at", "response"]


async def test_a_raw_prompt_goes_as_it_is_to_the_route_for_prompts(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    await generate(bridge, prompt="<|im_start|>user\nhi", raw=True, options={"seed": 1})
    (sent,) = fake.chats
    assert sent.target == COMPLETIONS
    assert sent.json == {"model": MODEL, "prompt": "<|im_start|>user\nhi", "stream": False, "seed": 1}


@pytest.mark.parametrize("server", SERVERS)
async def test_a_suffix_is_for_servers_that_take_one(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    fake.says("mid")
    answer = await generate(bridge, suffix="end")
    if TRAITS[server].suffix:
        assert (await generate(bridge, suffix="end", system="Be brief.")).status == 400
        assert answer.json["response"] == "mid"
        assert (fake.chats[0].target, fake.chats[0].json["suffix"]) == (COMPLETIONS, "end")
    else:
        assert answer.status == 400
        assert "does not support insert" in answer.json["error"]
        assert fake.chats == []


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"model": ""}, 404, "model '' not found"),
        ({"raw": True, "system": "x"}, 400, "raw mode does not support template, system, or context"),
        ({"raw": True, "context": [1]}, 400, "raw mode does not support template, system, or context"),
        ({"template": "{{ .Prompt }}"}, 400, "leave template out"),
        ({"prompt": 7}, 400, "prompt must be a string, not a number"),
        ({"images": "x"}, 400, "images must be an array"),
        ({"raw": True, "images": ["aGk="]}, 400, "takes neither system nor images beside a prompt"),
        ({"think": "loud"}, 400, "invalid think value"),
    ],
)
async def test_a_bad_body_is_an_error_that_says_what_to_mend(
    in_front: InFront, body: dict[str, Any], status: int, message: str
) -> None:
    bridge, fake = await in_front("vllm")
    answer = await generate(bridge, **body)
    assert (answer.status, message in answer.json["error"]) == (status, True)
    assert fake.chats == []


@pytest.mark.parametrize(("keep_alive", "reason"), [(None, "load"), (0, "unload"), ("0m", "unload"), (-1, "load")])
async def test_an_empty_prompt_is_answered_here(
    in_front: InFront, of_ollama: OfOllama, keep_alive: float | str | None, reason: str
) -> None:
    bridge, fake = await in_front("vllm")
    answer = await (await of_ollama(bridge)).generate(MODEL, "", keep_alive=keep_alive)
    assert (answer.response, answer.done, answer.done_reason) == ("", True, reason)
    streamed = await generate(bridge, prompt="", stream=True, keep_alive=keep_alive)
    assert streamed.headers["Content-Type"] == "application/json; charset=utf-8"
    assert fake.chats == []


async def test_errors_of_the_server_are_the_packages_own(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, fake = await in_front("vllm")
    client = await of_ollama(bridge)
    fake.chat = fake.answering(404, {"error": {"message": "The model `gone` does not exist."}})
    with pytest.raises(ollama.ResponseError, match="`gone` does not exist") as caught:
        await client.generate("gone", "hi")
    assert caught.value.status_code == 404
    fake.chat = fake.answering(200, {"error": {"message": "out of memory"}})
    with pytest.raises(ollama.ResponseError, match="out of memory"):
        await client.generate(MODEL, "hi")


async def test_a_stream_that_breaks_off_says_so(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm")

    async def chat(_request: Any, _body: Any) -> Any:
        chunk = {"choices": [{"index": 0, "delta": {"content": "One"}, "finish_reason": None}]}
        return await fake.answering(200, f"data: {json.dumps(chunk)}\n\n")(_request, _body)

    fake.chat = chat
    first, last = (await generate(bridge, stream=True)).lines
    assert first["response"] == "One"
    assert "broke off" in last["error"]
