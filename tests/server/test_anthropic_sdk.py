"""The `anthropic` package in front of the bridge: its own types and error classes are the judges."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import anthropic
import pytest
from aiohttp import web
from anthropic.types import Message

from tests.fake_ollama import FakeOllama, last, line, stream
from tests.server.conftest import Bridge, InFront, OfAnthropic

HI: Any = [{"role": "user", "content": "How is Oslo?"}]
TOOL: Any = {
    "name": "get_weather",
    "description": "Current weather.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
TWO_CALLS = """Looking.

<tool_calls>
<invoke name="get_weather">
<parameter name="city">Oslo</parameter>
</invoke>
<invoke name="get_weather">
<parameter name="city">Bergen</parameter>
</invoke>
</tool_calls>"""
ANSWER = "Oslo has 4 degrees, Bergen 6."
DEGREES = {"Oslo": "4 degrees", "Bergen": "6 degrees"}
PNG = "iVBORw0KGgo="
PATIENCE = 60
"""Seconds after which a reply counts as lost."""


@pytest.fixture
def backend_with_a_plan(backend: FakeOllama) -> FakeOllama:
    """A model that asks for both cities and answers once it has read the results."""

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        knows = all(degrees in str(body["messages"]) for degrees in DEGREES.values())
        says = backend.saying(ANSWER) if knows else backend.saying(*TWO_CALLS)
        return await says(request, body)

    backend.chat = chat
    return backend


Turn = Callable[[list[Any]], Awaitable[Message]]


async def loop(turn: Turn) -> list[Message]:
    """Two turns: the calls of the first turn are run, and their results are sent back."""
    messages = list(HI)
    turns = [await turn(messages)]
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": DEGREES[str(block.input["city"])]}
        for block in turns[0].content
        if block.type == "tool_use"
    ]
    messages += [{"role": "assistant", "content": turns[0].content}, {"role": "user", "content": results}]
    return [*turns, await turn(messages)]


def judge(turns: list[Message]) -> None:
    first, second = turns
    assert (first.role, first.type, first.stop_reason, second.stop_reason) == (
        "assistant",
        "message",
        "tool_use",
        "end_turn",
    )
    assert [block.type for block in first.content] == ["text", "tool_use", "tool_use"]
    assert [block.text for turn in turns for block in turn.content if block.type == "text"] == ["Looking.", ANSWER]
    asked = [block for block in first.content if block.type == "tool_use"]
    assert [block.input for block in asked] == [{"city": "Oslo"}, {"city": "Bergen"}]
    assert len({block.id for block in asked}) == 2
    assert first.id.startswith("msg_")
    assert (second.usage.input_tokens, second.usage.output_tokens) == (11, 7)


@pytest.mark.usefixtures("backend_with_a_plan")
@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize("way", ["create", "stream=True", ".stream()", "beta"])
async def test_a_tool_loop(bridge: Bridge, of_anthropic: OfAnthropic, model: str, way: str) -> None:
    client = of_anthropic(bridge)

    async def turn(messages: list[Any]) -> Message:
        asked: Any = {"model": model, "max_tokens": 1000, "messages": messages, "tools": [TOOL]}
        match way:
            case "create":
                return cast("Message", await client.messages.create(**asked))
            case "beta":
                beta: Any = await client.beta.messages.create(**asked, betas=["interleaved-thinking-2025-05-14"])
                return cast("Message", beta)
            case "stream=True":
                return await joined(await client.messages.create(**asked, stream=True))
            case _:
                async with client.messages.stream(**asked) as running:
                    texts = [text async for text in running.text_stream]
                    whole = await running.get_final_message()
                    assert "".join(texts) == "".join(block.text for block in whole.content if block.type == "text")
                    return cast("Message", whole)

    judge(await loop(turn))


async def joined(events: AsyncIterator[Any]) -> Message:
    """A stream put together by hand, as clients without the helper do."""
    message: dict[str, Any] = {}
    pieces: list[str] = []
    async for event in events:
        match event.type:
            case "message_start":
                message = event.message.model_dump()
            case "content_block_start":
                message["content"].append(event.content_block.model_dump())
                pieces = []
            case "content_block_delta":
                pieces.append(event.delta.partial_json if event.delta.type == "input_json_delta" else event.delta.text)
            case "content_block_stop":
                block, text = message["content"][-1], "".join(pieces)
                block |= {"input": json.loads(text)} if block["type"] == "tool_use" else {"text": text}
            case "message_delta":
                message["stop_reason"] = event.delta.stop_reason
                message["usage"] |= event.usage.model_dump(exclude_none=True)
    return Message.model_validate(message)


@pytest.mark.usefixtures("backend_with_a_plan")
async def test_a_tool_loop_without_asyncio(bridge: Bridge) -> None:
    def whole() -> list[Message]:
        http = anthropic.DefaultHttpxClient(trust_env=False)
        with anthropic.Anthropic(base_url=bridge.url, api_key="any", max_retries=0, http_client=http) as client:
            messages = list(HI)
            asked: Any = {"model": "plain:1b", "max_tokens": 1000, "tools": [TOOL]}
            first = client.messages.create(messages=messages, **asked)
            results = [
                {"type": "tool_result", "tool_use_id": block.id, "content": DEGREES[str(block.input["city"])]}
                for block in first.content
                if block.type == "tool_use"
            ]
            messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
            with client.messages.stream(messages=messages, **asked) as running:
                running.until_done()
            return [first, running.get_final_message()]

    judge(await asyncio.to_thread(whole))


@pytest.mark.parametrize("streamed", [False, True])
async def test_calls_that_a_server_mixes_come_one_after_the_other(
    in_front: InFront, of_anthropic: OfAnthropic, streamed: bool
) -> None:
    bridge, fake = await in_front("vllm")
    begun: list[dict[str, Any]] = [
        {"index": at, "id": f"c{at}", "type": "function", "function": {"name": "get_weather", "arguments": ""}}
        for at in (0, 1)
    ]
    ends: list[dict[str, Any]] = [
        {"index": at, "function": {"arguments": f'{{"city":"{city}"}}'}} for at, city in enumerate(DEGREES)
    ]
    deltas: list[dict[str, Any]] = [{"tool_calls": begun}, *({"tool_calls": [one]} for one in reversed(ends))]
    whole = [
        {
            "tool_calls": [
                one | {"function": one["function"] | end["function"]} for one, end in zip(begun, ends, strict=True)
            ]
        }
    ]
    fake.chat = fake._replying(deltas if streamed else whole)
    asked: Any = {"model": "org/tiny-1.5B", "max_tokens": 100, "messages": HI, "tools": [TOOL]}
    if streamed:
        async with of_anthropic(bridge).messages.stream(**asked) as running:
            message: Message = await running.get_final_message()
    else:
        message = await of_anthropic(bridge).messages.create(**asked)
    assert [block.input for block in message.content if block.type == "tool_use"] == [{"city": c} for c in DEGREES]
    assert message.stop_reason == "tool_use"


async def test_arguments_arrive_while_the_model_writes_them(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    read = asyncio.Event()

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        async def rest(number: int) -> None:
            if number:
                await read.wait()

        head, tail = (
            '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">Os',
            "lo</parameter>\n</invoke>\n",
        )
        return await stream(request, [line(head), line(tail + "</tool_calls>"), last()], before_each=rest)

    backend.chat = chat
    pieces: list[str] = []
    # The backend has tools of its own and leaks a call: with a prompt, a copy of its example would be held.
    asked: Any = {"model": "able:8b", "max_tokens": 9, "messages": HI, "tools": [TOOL]}
    async with asyncio.timeout(PATIENCE), of_anthropic(bridge).messages.stream(**asked) as running:
        async for event in running:
            if event.type == "input_json":
                pieces.append(event.partial_json)
                read.set()
        message = await running.get_final_message()
    assert pieces[0].endswith("Os")
    assert "".join(pieces) == '{"city":"Oslo"}'
    assert message.content[0].type == "tool_use"


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("ending", ["length", "stop"])
async def test_a_call_that_is_cut_is_none_to_run(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama, streamed: bool, ending: str
) -> None:
    cut = '<tool_calls>\n<invoke name="get_weather">\n<parameter name="city">Os'

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        end = line(done=True, done_reason=ending)
        whole = line(cut, done=True, done_reason=ending)
        return await stream(request, [line(cut), end]) if streamed else web.Response(body=whole)

    backend.chat = chat
    asked: Any = {"model": "plain:1b", "max_tokens": 9, "messages": HI, "tools": [TOOL]}
    if streamed:
        async with of_anthropic(bridge).messages.stream(**asked) as running:
            message: Message = await running.get_final_message()
    else:
        message = await of_anthropic(bridge).messages.create(**asked)
        assert [block.text for block in message.content if block.type == "text"] == [cut]
    assert message.stop_reason == {"length": "max_tokens", "stop": "end_turn"}[ending]


async def test_what_a_client_says_of_thinking_is_taken_back_where_a_model_cannot(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    """As on Ollama's own route: an agent asks every model to think."""

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if body.get("think"):
            return web.json_response({"error": '"plain:1b" does not support thinking'}, status=400)
        return await backend.saying("Done.")(request, body)

    backend.chat = chat
    config: Any = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}
    for _ in range(2):
        message = await of_anthropic(bridge).messages.create(model="plain:1b", max_tokens=9, messages=HI, **config)
        assert message.content[0].type == "text"
    assert [one.json.get("think") for one in backend.chats] == ["high", None, None]


async def test_reasoning_is_a_block_of_its_own(bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama) -> None:
    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, [line(message={"thinking": "Hm."}), line("Yes."), last()])

    backend.chat = chat
    asked: Any = {
        "model": "plain:1b",
        "max_tokens": 9,
        "messages": HI,
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }
    async with of_anthropic(bridge).messages.stream(**asked) as running:
        message = await running.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text"]
    again = [*HI, {"role": "assistant", "content": message.content}, {"role": "user", "content": "Sure?"}]
    await of_anthropic(bridge).messages.create(**(asked | {"messages": again}))
    assert backend.chats[-1].json["messages"][1] == {"role": "assistant", "content": "Yes.", "thinking": "Hm."}
    assert backend.chats[-1].json["think"] is True


async def test_choice_pictures_failed_results_and_stop_sequences_reach_ollama(
    bridge: Bridge, of_anthropic: OfAnthropic, backend: FakeOllama
) -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    use = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {"city": "Oslo"}}
    failed = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "is_error": True,
        "content": [{"type": "text", "text": "No."}, picture],
    }
    messages: Any = [
        {"role": "user", "content": [{"type": "text", "text": "See"}, picture]},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [failed]},
    ]
    backend.says("Ok.")
    await of_anthropic(bridge).messages.create(
        model="able:8b",
        max_tokens=9,
        system=[{"type": "text", "text": "Be kind."}],
        messages=messages,
        tools=[TOOL, TOOL | {"name": "other"}],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
        stop_sequences=["END"],
    )
    sent = backend.chats[0].json
    assert sent["options"] == {"num_predict": 9, "stop": ["END"]}
    assert sent["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "See", "images": [PNG]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "t1", "function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}],
        },
        {"role": "tool", "content": "Error: No.", "images": [PNG], "tool_name": "get_weather", "tool_call_id": "t1"},
    ]
    await of_anthropic(bridge).messages.create(
        model="able:8b", max_tokens=9, messages=HI, tools=[TOOL], tool_choice={"type": "none"}
    )
    assert "tools" not in backend.chats[1].json


async def test_pictures_of_results_are_shown_by_the_user_where_results_are_text(
    in_front: InFront, of_anthropic: OfAnthropic
) -> None:
    bridge, fake = await in_front("vllm")
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    use = {"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}
    messages: Any = [
        *HI,
        {"role": "assistant", "content": [use]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [picture]},
                {"type": "text", "text": "And?"},
            ],
        },
    ]
    fake.says("Rain.")
    await of_anthropic(bridge).messages.create(model="org/tiny-1.5B", max_tokens=9, messages=messages, tools=[TOOL])
    *_, result, shown = fake.chats[0].json["messages"]
    assert (result["role"], isinstance(result["content"], str)) == ("tool", True)
    assert [part["type"] for part in shown["content"] if part["type"] == "image_url"] == ["image_url"]
    assert any("And?" in str(part.get("text")) for part in shown["content"])
