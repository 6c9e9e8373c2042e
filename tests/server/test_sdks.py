"""The packages that most clients are built on, in front of the bridge: their own types are the judges."""

from collections.abc import AsyncIterator
from typing import Any

import ollama
import openai
import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.server.conftest import QUESTION, WEATHER, Bridge

TWO_CALLS = """Looking.

<tool_calls>
<invoke name="get_weather">
<parameter name="city">Oslo</parameter>
</invoke>
<invoke name="get_weather">
<parameter name="city">Bergen</parameter>
</invoke>
</tool_calls>"""
CITIES = [{"city": "Oslo"}, {"city": "Bergen"}]
ANSWER = "Oslo has 4 degrees, Bergen 6."
DEGREES = {"Oslo": "4 degrees", "Bergen": "6 degrees"}


@pytest.fixture
def backend_with_a_plan(backend: FakeOllama) -> FakeOllama:
    """A model that asks for both cities and answers once it has read the results."""

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        knows = all(degrees in str(body["messages"]) for degrees in DEGREES.values())
        says = backend.saying(ANSWER) if knows else backend.saying(*TWO_CALLS)
        return await says(request, body)

    backend.chat = chat
    return backend


@pytest.fixture
async def of_ollama(bridge: Bridge) -> AsyncIterator[ollama.AsyncClient]:
    client = ollama.AsyncClient(host=bridge.url, trust_env=False)
    yield client
    await client._client.aclose()


@pytest.fixture
async def of_openai(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[openai.AsyncOpenAI]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with openai.AsyncOpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.mark.usefixtures("backend_with_a_plan")
@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_tool_loop_with_the_ollama_package(of_ollama: ollama.AsyncClient, model: str, streamed: bool) -> None:
    messages: list[Any] = list(QUESTION)
    turns: list[ollama.Message] = []
    for _ in range(2):
        if streamed:
            turn = ollama.Message(role="assistant", content="", tool_calls=[])
            async for part in await of_ollama.chat(model, messages, tools=[WEATHER], stream=True):
                turn.content = (turn.content or "") + (part.message.content or "")
                turn.tool_calls = [*(turn.tool_calls or ()), *(part.message.tool_calls or ())]
            assert part.done
            assert part.done_reason == "stop"
            assert part.eval_count == 7
        else:
            turn = (await of_ollama.chat(model, messages, tools=[WEATHER])).message
        turns.append(turn)
        messages.append(turn)
        for call in turn.tool_calls or ():
            found = DEGREES[call.function.arguments["city"]]
            messages.append({"role": "tool", "content": found, "tool_name": call.function.name})
    assert [call.function.arguments for call in turns[0].tool_calls or ()] == CITIES
    assert (turns[0].content, turns[1].content) == ("Looking.", ANSWER)
    assert not turns[1].tool_calls


async def test_the_other_routes_with_the_ollama_package(of_ollama: ollama.AsyncClient) -> None:
    assert [one.model for one in (await of_ollama.list()).models] == ["plain:1b"]
    assert (await of_ollama.show("plain:1b")).capabilities == ["completion", "tools"]
    assert [one.status async for one in await of_ollama.pull("a", stream=True)] == ["pulling manifest", "success"]
    with pytest.raises(ollama.ResponseError, match="'gone' not found") as caught:
        await of_ollama.show("gone")
    assert caught.value.status_code == 404


@pytest.mark.usefixtures("backend_with_a_plan")
@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize("way", ["create", "stream=True", ".stream()"])
async def test_a_tool_loop_with_the_openai_package(of_openai: openai.AsyncOpenAI, model: str, way: str) -> None:
    messages: list[Any] = list(QUESTION)
    asked: list[list[Any]] = []
    said: list[str] = []
    for _ in range(2):
        content, calls = await turn_of_openai(of_openai, way, model, messages)
        said.append(content)
        asked.append([call["arguments"] for call in calls])
        entries = [
            {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
            for call in calls
        ]
        messages.append({"role": "assistant", "content": content} | ({"tool_calls": entries} if entries else {}))
        for call in calls:
            city = "Oslo" if "Oslo" in call["arguments"] else "Bergen"
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": DEGREES[city]})
    assert asked == [['{"city":"Oslo"}', '{"city":"Bergen"}'], []]
    assert said == ["Looking.", ANSWER]


async def turn_of_openai(
    client: openai.AsyncOpenAI, way: str, model: str, messages: list[Any]
) -> tuple[str, list[dict[str, str]]]:
    """One turn: its text and its calls."""
    tools: Any = [WEATHER]
    match way:
        case "create":
            whole = await client.chat.completions.create(model=model, messages=messages, tools=tools)
            message = whole.choices[0].message
            assert whole.usage
            assert whole.usage.total_tokens == 18
            made: list[Any] = list(message.tool_calls or ())
            assert whole.choices[0].finish_reason == ("tool_calls" if made else "stop")
            return message.content or "", [named(one.id, one.function.name, one.function.arguments) for one in made]
        case "stream=True":
            text, calls = "", dict[int, dict[str, str]]()
            pieces = await client.chat.completions.create(
                model=model, messages=messages, tools=tools, stream=True, stream_options={"include_usage": True}
            )
            async for chunk in pieces:
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    for piece in choice.delta.tool_calls or ():
                        function = piece.function
                        assert function
                        call = calls.setdefault(piece.index, named(piece.id or "", function.name or "", ""))
                        call["arguments"] += function.arguments or ""
            assert chunk.usage
            return text, list(calls.values())
        case _:
            async with client.chat.completions.stream(model=model, messages=messages, tools=tools) as stream:
                kinds = {event.type async for event in stream}
                last = (await stream.get_final_completion()).choices[0]
            finished = list(last.message.tool_calls or ())
            assert ("tool_calls.function.arguments.done" in kinds) == bool(finished)
            assert last.message.role == "assistant"
            return last.message.content or "", [
                named(one.id, one.function.name, one.function.arguments) for one in finished
            ]


def named(call_id: str, name: str, arguments: str) -> dict[str, str]:
    return {"id": call_id, "name": name, "arguments": arguments}


async def test_errors_are_the_packages_own(
    of_ollama: ollama.AsyncClient, of_openai: openai.AsyncOpenAI, backend: FakeOllama
) -> None:
    backend.chat = backend.answering(404, {"error": "model 'gone' not found"})
    with pytest.raises(ollama.ResponseError, match="'gone' not found"):
        await of_ollama.chat("gone", QUESTION)
    with pytest.raises(openai.NotFoundError, match="'gone' not found"):
        await of_openai.chat.completions.create(model="gone", messages=[{"role": "user", "content": "hi"}])
    backend.chat = backend.answering(200, b'{"error":"out of memory"}\n')
    with pytest.raises(ollama.ResponseError, match="out of memory"):
        await of_ollama.chat("plain:1b", QUESTION, tools=[WEATHER])
    with pytest.raises(openai.APIError, match="out of memory"):
        await of_openai.chat.completions.create(model="plain:1b", messages=[{"role": "user", "content": "hi"}])
