"""Chats in front of each server of OpenAI's wire: the body that it gets, and what clients of both wires get."""

import json
from typing import Any

import pytest

from tests.fake_openai import BARE, MODEL, POSES, TEMPLATE
from tests.server.conftest import CALL, OLLAMA, OPENAI, PATHS, QUESTION, WEATHER, InFront, calls, text
from toolbridge.traits import TRAITS, ServerName

SERVERS = sorted(POSES)
OSLO = [("get_weather", {"city": "Oslo"})]
IMAGE = "iVBORw0KGgo="


# Every server, every client, streamed and not.


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("server", SERVERS)
async def test_text_and_reasoning_arrive(in_front: InFront, server: ServerName, path: str, streamed: bool) -> None:
    bridge, fake = await in_front(server)
    fake.says("It ", "rains.", reasoning="Clouds.")
    answer = await bridge.ask(path, model=MODEL, stream=streamed)
    assert (answer.status, text(answer)) == (200, "It rains.")
    assert b"Clouds." in answer.body
    if path == OLLAMA:
        last = answer.lines[-1]
        assert (last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == ("stop", 11, 7)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("server", SERVERS)
async def test_a_call_that_the_server_makes_arrives(
    in_front: InFront, server: ServerName, path: str, streamed: bool
) -> None:
    bridge, fake = await in_front(server)
    fake.calls("get_weather", {"city": "Oslo"})
    answer = await bridge.ask(path, model=MODEL, tools=[WEATHER], stream=streamed)
    assert calls(answer) == OSLO
    assert fake.chats[0].json["tools"] == [WEATHER]
    assert answer.headers["X-Toolbridge-Mode"].startswith("native;")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("server", SERVERS)
async def test_a_call_that_is_prompted_for_arrives(
    in_front: InFront, server: ServerName, path: str, streamed: bool
) -> None:
    bridge, fake = await in_front(server, tools={"mode": "prompt", "dialect": "xml"})
    fake.says("Look. ", *CALL)
    answer = await bridge.ask(path, model=MODEL, tools=[WEATHER], stream=streamed)
    assert (text(answer), calls(answer)) == ("Look.", OSLO)
    assert "tools" not in fake.chats[0].json


@pytest.mark.parametrize("server", SERVERS)
async def test_a_whole_loop_of_an_ollama_client_that_gives_no_ids(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    fake.says("Four degrees.")
    history = [
        *QUESTION,
        {"role": "assistant", "tool_calls": [{"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}]},
        {"role": "tool", "content": "4 degrees"},
    ]
    answer = await bridge.ask(model=MODEL, messages=history, tools=[WEATHER], stream=True)
    assert text(answer) == "Four degrees."
    sent = fake.chats[0].json["messages"]
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"city": "Oslo"}


# The body that a server gets.


@pytest.mark.parametrize("server", SERVERS)
async def test_the_options_that_a_server_knows_reach_it_under_its_names(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    options = {"temperature": 0.5, "num_predict": 9, "top_k": 3, "repeat_penalty": 1.1, "num_ctx": 4096, "foo": None}
    answer = await bridge.ask(model=MODEL, options=options, keep_alive="5m")
    assert answer.status == 200
    sent = fake.chats[0].json
    assert sent["temperature"] == 0.5
    assert sent["max_completion_tokens" if server == "openai" else "max_tokens"] == 9
    assert sent.get("top_k") == (3 if "top_k" in fake.traits.sampling else None)
    penalty = fake.traits.sampling.get("repeat_penalty")
    assert {name for name in ("repeat_penalty", "repetition_penalty") if name in sent} == (
        {penalty} if penalty else set()
    )
    assert not {"num_ctx", "keep_alive", "foo", "options"} & sent.keys()


THINKING = {
    "template": {"chat_template_kwargs": {"enable_thinking": False}},
    "effort": {"reasoning_effort": "none"},
    "object": {"reasoning": {"enabled": False}},
}


@pytest.mark.parametrize("server", SERVERS)
async def test_thinking_is_switched_off_as_the_server_understands_it(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    assert (await bridge.ask(model=MODEL, think=False)).status == 200
    sent = fake.chats[0].json
    names = ("chat_template_kwargs", "reasoning_effort", "reasoning")
    assert {name: sent[name] for name in names if name in sent} == THINKING[fake.traits.thinks]


async def test_a_level_of_thinking_goes_along(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    await bridge.ask(model=MODEL, think="high")
    assert fake.chats[0].json["chat_template_kwargs"] == {"enable_thinking": True, "reasoning_effort": "high"}


@pytest.mark.parametrize("server", SERVERS)
async def test_past_reasoning_goes_where_the_server_reads_it(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    past = [*QUESTION, {"role": "assistant", "content": "Rain.", "thinking": "Clouds."}, *QUESTION]
    await bridge.ask(model=MODEL, messages=past)
    sent = fake.chats[0].json["messages"][1]
    wanted = "reasoning_content" if fake.traits.history is None else fake.traits.history
    assert {name for name in sent if name.startswith("reasoning")} == ({wanted} if wanted else set())


@pytest.mark.parametrize("server", SERVERS)
async def test_json_is_asked_for_as_the_server_allows(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    await bridge.ask(model=MODEL, format="json")
    sent = fake.chats[0].json["response_format"]
    assert sent["type"] == ("json_object" if fake.traits.json_object else "json_schema")


@pytest.mark.parametrize("path", PATHS)
async def test_a_strict_server_hears_nothing_that_it_would_refuse(in_front: InFront, path: str) -> None:
    bridge, fake = await in_front("transformers")
    for tools in ([], [WEATHER]):
        answer = await bridge.ask(path, model=MODEL, tools=tools, top_k=3, foo="bar", options={"top_k": 3})
        assert answer.status == 200
    assert all("top_k" not in sent.json and "foo" not in sent.json for sent in fake.chats)


async def test_what_a_strict_server_takes_goes_as_received(in_front: InFront) -> None:
    bridge, fake = await in_front("transformers")
    body = json.dumps({"model": MODEL, "messages": QUESTION, "temperature": 1}, indent=2).encode()
    await bridge.send(OPENAI, body)
    assert fake.chats[0].body == body


async def test_images_reach_the_server(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm")
    await bridge.ask(model=MODEL, messages=[{"role": "user", "content": "What?", "images": [IMAGE]}])
    parts = fake.chats[0].json["messages"][0]["content"]
    assert parts[1] == {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}}


# Tools where the server has none.


REFUSALS: list[tuple[ServerName, int, Any]] = [
    (
        "vllm",
        400,
        {
            "error": {
                "message": '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            }
        },
    ),
    (
        "llama.cpp",
        500,
        {"error": {"code": 500, "message": "tools param requires --jinja flag", "type": "server_error"}},
    ),
    ("openrouter", 404, {"error": {"message": "No endpoints found that support tool use", "code": 404}}),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("server", "status", "refusal"), REFUSALS)
async def test_a_refusal_of_tools_turns_to_prompting_once_and_for_all(
    in_front: InFront, server: ServerName, status: int, refusal: Any, path: str
) -> None:
    bridge, fake = await in_front(server)
    says, refuses = fake.saying(CALL), fake.answering(status, refusal)

    async def chat(request: Any, body: dict[str, Any]) -> Any:
        return await (refuses if "tools" in body else says)(request, body)

    fake.chat = chat
    for _ in range(2):
        answer = await bridge.ask(path, model=MODEL, tools=[WEATHER])
        assert (answer.status, calls(answer)) == (200, OSLO)
    assert ["tools" in sent.json for sent in fake.chats] == [True, False, False]
    told = [line for line in bridge.log if line["event"] == "tools are prompted for"]
    assert [(line["model"], line["level"]) for line in told] == [(MODEL, "info")]
    assert told[0]["why"].startswith("the backend refused tools")


@pytest.mark.parametrize("caps", [None, {"supports_tools": False}])
@pytest.mark.parametrize("path", PATHS)
async def test_a_template_that_drops_tools_is_prompted_from_the_first_request(
    in_front: InFront, path: str, caps: dict[str, bool] | None
) -> None:
    bridge, fake = await in_front("llama.cpp")
    template = BARE if caps is None else TEMPLATE
    fake.gets["/props"] = (
        200,
        {"chat_template": template, "default_generation_settings": {}, "chat_template_caps": caps},
    )
    fake.says(CALL)
    for _ in range(2):
        answer = await bridge.ask(path, model=MODEL, tools=[WEATHER])
        assert calls(answer) == OSLO
        assert answer.headers["X-Toolbridge-Mode"].split("; ")[2].startswith("the model has no tools")
    assert not any("tools" in sent.json for sent in fake.chats)
    assert len([line for line in bridge.log if line["event"] == "tools are prompted for"]) == 1


async def test_the_template_chooses_the_notation(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp", tools={"mode": "prompt"})
    fake.says('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>')
    answer = await bridge.ask(model=MODEL, tools=[WEATHER])
    assert answer.headers["X-Toolbridge-Mode"].startswith("prompted; hermes;")
    assert calls(answer) == OSLO
    assert fake.questions.count(f"/props?model={MODEL.replace('/', '%2F')}&autoload=false") == 1


async def test_a_name_that_llama_cpp_does_not_list_is_still_its_one_model(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    fake.gets["/props"] = (200, {"chat_template": BARE, "default_generation_settings": {}})
    fake.says(CALL)
    answer = await bridge.ask(OPENAI, model="gpt-4", tools=[WEATHER])
    assert answer.headers["X-Toolbridge-Mode"].startswith("prompted;")
    assert fake.chats[0].json["model"] == "gpt-4"


@pytest.mark.parametrize("server", ["mlx-lm", "transformers"])
async def test_a_call_that_must_be_made_is_prompted_for_where_the_server_would_not_force_it(
    in_front: InFront, server: ServerName
) -> None:
    bridge, fake = await in_front(server)
    fake.says(CALL)
    answer = await bridge.ask(OPENAI, model=MODEL, tools=[WEATHER], tool_choice="required")
    assert answer.headers["X-Toolbridge-Mode"].startswith("prompted; ")
    assert calls(answer) == OSLO


async def test_reasoning_that_the_server_takes_out_is_not_looked_for_again(in_front: InFront) -> None:
    """llama.cpp gives the text behind a `<think>` that its template opened: all of it is the answer."""
    bridge, fake = await in_front("llama.cpp", tools={"mode": "prompt"})
    opens = BARE + "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
    fake.gets["/props"] = (200, {"chat_template": opens, "default_generation_settings": {}})
    fake.says("It rains.")
    assert text(await bridge.ask(model=MODEL, tools=[WEATHER])) == "It rains."


async def test_a_name_gets_no_tag_that_the_server_does_not_know(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm")
    answer = await bridge.ask(model=f"{MODEL}:latest")
    assert answer.json["model"] == f"{MODEL}:latest"
    await bridge.ask(model="other:latest")
    assert [sent.json["model"] for sent in fake.chats] == [MODEL, "other:latest"]


@pytest.mark.parametrize("tools", [[], [WEATHER]])
async def test_the_role_comes_once_however_often_the_server_says_it(in_front: InFront, tools: list[Any]) -> None:
    bridge, fake = await in_front("mlx-lm")
    fake.says("It ", "rains.")
    answer = await bridge.ask(OPENAI, model=MODEL, tools=tools, stream=True)
    deltas = [choice["delta"] for line in answer.lines for choice in line["choices"]]
    assert [delta.get("role") for delta in deltas].count("assistant") == 1
    assert text(answer) == "It rains."


# Several choices.


@pytest.mark.parametrize("server", [name for name in SERVERS if TRAITS[name].choices])
async def test_several_choices_go_through_untouched(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    reply = {"choices": [{"index": 0}, {"index": 1}]}
    fake.chat = fake.answering(200, reply)
    body = json.dumps({"n": 2, "model": MODEL, "messages": QUESTION, "tools": [WEATHER]}, indent=1).encode()
    answer = await bridge.send(OPENAI, body)
    assert (answer.status, answer.json) == (200, reply)
    assert fake.chats[0].body == body
    assert answer.headers["X-Toolbridge-Mode"] == "off; -; several choices: n is over 1"


@pytest.mark.parametrize("server", [name for name in SERVERS if not TRAITS[name].choices])
async def test_several_choices_are_an_error_where_there_is_one(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    answer = await bridge.ask(OPENAI, model=MODEL, n=2)
    assert answer.status == 400
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert fake.chats == []


# Loading.


@pytest.mark.parametrize(("keep_alive", "reason"), [(None, "load"), ("5m", "load"), (0, "unload"), ("0s", "unload")])
async def test_a_request_without_messages_is_answered_here(in_front: InFront, keep_alive: object, reason: str) -> None:
    bridge, fake = await in_front("vllm")
    answer = await bridge.ask(model=MODEL, messages=[], stream=True, keep_alive=keep_alive)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert (answer.json["done"], answer.json["done_reason"]) == (True, reason)
    assert answer.json["message"] == {"role": "assistant", "content": ""}
    assert fake.chats == []
