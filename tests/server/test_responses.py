"""`/v1/responses` over real sockets: every way that a request can go, and the `openai` package as the judge."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import openai
import pytest
from aiohttp import web
from openai.types.responses import Response
from pydantic import BaseModel

from tests.fake_ollama import FakeOllama, line, stream
from tests.fake_ollama import last as last_line
from tests.fake_openai import MODEL
from tests.server.conftest import CALL, Answer, Bridge, InFront, OfOpenAI, Start
from tests.wire.responses.heard import Heard, heard

RESPONSES = "/v1/responses"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL: Any = {"type": "function", "name": "get_weather", "parameters": PARAMETERS, "strict": True}
OSLO = [("get_weather", {"city": "Oslo"})]
SAYS = "Let me look."


def told(answer: Answer, *, streamed: bool) -> Heard:
    """A response, whichever way it came."""
    assert answer.status == 200, answer.body
    if streamed:
        assert answer.headers["Content-Type"] == "text/event-stream"
        return heard(answer.body)
    response = answer.json
    return Heard(response["status"], response)


def calls(response: Heard) -> list[tuple[str, Any]]:
    return [(name, json.loads(arguments)) for _, name, arguments in response.calls]


async def ask(bridge: Bridge, *, mode: str = "", **body: Any) -> Answer:
    headers = {"X-Toolbridge-Tools": mode} if mode else {}
    full = {"model": MODEL, "input": "How is Oslo?", "tools": [TOOL]} | body
    return await bridge.send(RESPONSES, json.dumps(full).encode(), headers=headers)


# Every way.


def call_of_ollama(backend: FakeOllama) -> None:
    """The backend makes the call itself, as Ollama's parsers do: in a line of its own."""
    call = {"id": "call_own", "function": {"index": 0, "name": "get_weather", "arguments": {"city": "Oslo"}}}

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        message = {"content": SAYS, "tool_calls": [call]}
        if body.get("stream") is False:
            return web.Response(body=last_line(message=message), content_type="application/json")
        return await stream(request, [line(SAYS), line(message={"tool_calls": [call]}), last_line()])

    backend.chat = chat


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("way", ["prompted", "rescued", "native"])
async def test_a_call_on_an_ollama_backend(bridge: Bridge, backend: FakeOllama, way: str, streamed: bool) -> None:
    if way == "native":
        call_of_ollama(backend)
    else:
        backend.says(f"{SAYS}\n\n", CALL[:30], CALL[30:])
    model = "plain:1b" if way == "prompted" else "able:8b"
    response = told(answer := await ask(bridge, model=model, stream=streamed), streamed=streamed)
    assert answer.headers["X-Toolbridge-Mode"].startswith("prompted" if way == "prompted" else "native")
    assert (response.status, response.text, calls(response)) == ("completed", SAYS, OSLO)
    assert response.response["usage"]["total_tokens"] == 18
    (sent,) = backend.chats
    assert sent.target == "/api/chat"
    assert sent.json["stream"] is streamed
    assert ("tools" in sent.json) == (way != "prompted")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("way", ["prompt", "rescue", "native"])
async def test_a_call_on_a_backend_of_openais_wire(in_front: InFront, way: str, streamed: bool) -> None:
    bridge, fake = await in_front("vllm")
    if way == "native":
        fake.calls("get_weather", {"city": "Oslo"})
    else:
        fake.says(f"{SAYS}\n\n", CALL[:30], CALL[30:])
    mode = "prompt" if way == "prompt" else "native"
    response = told(await ask(bridge, mode=mode, stream=streamed), streamed=streamed)
    assert (response.status, calls(response)) == ("completed", OSLO)
    assert response.text == ("" if way == "native" else SAYS)
    (sent,) = fake.chats
    assert sent.target == "/v1/chat/completions"
    assert ("tools" in sent.json) == (way != "prompt")


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("mode", ["", "off", "prompt"])
async def test_plain_text_and_reasoning(in_front: InFront, mode: str, streamed: bool) -> None:
    bridge, fake = await in_front("vllm")
    fake.says("It ", "rains.", reasoning="Clouds.")
    answer = await ask(bridge, mode=mode, tools=[], stream=streamed)
    response = told(answer, streamed=streamed)
    assert (response.text, response.reasoning, calls(response)) == ("It rains.", "Clouds.", [])
    assert "tools" not in fake.chats[0].json


async def test_the_arguments_come_while_the_model_writes_them(bridge: Bridge, backend: FakeOllama) -> None:
    begun = asyncio.Event()

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        async def wait(number: int) -> None:
            if number == 1:
                await begun.wait()

        cut = CALL.index("lo</parameter>")
        return await stream(request, [line(CALL[:cut]), line(CALL[cut:]), last_line()], before_each=wait)

    backend.chat = chat
    body = {"model": "able:8b", "input": "How is Oslo?", "tools": [TOOL], "stream": True}
    async with asyncio.timeout(60), bridge.client.post(bridge.url + RESPONSES, json=body) as answer:
        got = b""
        while b"function_call_arguments.delta" not in got and (piece := await answer.content.readany()):
            got += piece
        begun.set()
        got += await answer.content.read()
    assert calls(heard(got)) == OSLO


# The package.


class Weather(BaseModel):
    degrees: int


TWO_CALLS = CALL.replace("</tool_calls>", "") + CALL.partition("\n")[2].replace("Oslo", "Bergen")
DEGREES = {"Oslo": "4 degrees", "Bergen": "6 degrees"}
ANSWER = "Oslo has 4 degrees, Bergen 6."


@pytest.fixture
def planned(backend: FakeOllama) -> FakeOllama:
    """A model that asks for both cities and answers once it has read the results."""

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        knows = all(degrees in str(body["messages"]) for degrees in DEGREES.values())
        says = backend.saying(ANSWER) if knows else backend.saying(SAYS, "\n\n", *TWO_CALLS)
        return await says(request, body)

    backend.chat = chat
    return backend


async def by_create(client: openai.AsyncOpenAI, **options: Any) -> Response:
    response: Response = await client.responses.create(**options)
    return response


async def by_pieces(client: openai.AsyncOpenAI, **options: Any) -> Response:
    async for event in await client.responses.create(stream=True, **options):
        if event.type == "response.completed":
            response: Response = event.response
            return response
    raise AssertionError("the response was never completed")


async def by_stream(client: openai.AsyncOpenAI, **options: Any) -> Response:
    async with client.responses.stream(**options) as stream:
        response: Response = await stream.get_final_response()
        return response


async def by_parse(client: openai.AsyncOpenAI, **options: Any) -> Response:
    response: Response = await client.responses.parse(**options)
    return response


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("model", ["plain:1b", "able:8b"])
@pytest.mark.parametrize("way", [by_create, by_pieces, by_stream, by_parse], ids=lambda way: way.__name__)
async def test_a_loop_of_two_turns(bridge: Bridge, of_openai: OfOpenAI, way: Any, model: str) -> None:
    client = await of_openai(bridge)
    items: list[Any] = [{"role": "user", "content": "How is Oslo, and Bergen?"}]
    first = await way(client, model=model, input=items, tools=[TOOL])
    made = [item for item in first.output if item.type == "function_call"]
    assert (first.output_text, [json.loads(call.arguments) for call in made]) == (
        SAYS,
        [{"city": "Oslo"}, {"city": "Bergen"}],
    )
    items += [item.to_dict() for item in first.output]
    for call in made:
        found = DEGREES[json.loads(call.arguments)["city"]]
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": found})
    second = await way(client, model=model, input=items, tools=[TOOL])
    assert (second.output_text, [item.type for item in second.output]) == (ANSWER, ["message"])


@pytest.mark.usefixtures("planned")
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_same_without_asyncio(bridge: Bridge, monkeypatch: pytest.MonkeyPatch, streamed: bool) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def loop() -> tuple[list[Any], str]:
        with openai.OpenAI(base_url=f"{bridge.url}/v1", api_key="any", max_retries=0) as client:
            items: list[Any] = [{"role": "user", "content": "How is Oslo, and Bergen?"}]
            asked: list[Any] = []
            while True:
                options: dict[str, Any] = {"model": "plain:1b", "input": items, "tools": [TOOL]}
                if streamed:
                    with client.responses.stream(**options) as running:
                        response: Response = running.get_final_response()
                else:
                    response = client.responses.create(**options)
                made = [item for item in response.output if item.type == "function_call"]
                if not made or len(asked) > 2:
                    return asked, response.output_text
                items += [item.to_dict() for item in response.output]
                for call in made:
                    asked.append(city := json.loads(call.arguments)["city"])
                    output = [{"type": "input_text", "text": DEGREES[city]}]
                    items.append({"type": "function_call_output", "call_id": call.call_id, "output": output})

    assert await asyncio.to_thread(loop) == (["Oslo", "Bergen"], ANSWER)


async def test_a_schema_for_the_text(bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    backend.says('{"degrees": ', "4}")
    client = await of_openai(bridge)
    parsed = await client.responses.parse(model="plain:1b", input="How is Oslo?", text_format=Weather)
    assert parsed.output_parsed == Weather(degrees=4)
    assert backend.chats[0].json["format"]["properties"]["degrees"]["type"] == "integer"


FAILS: list[tuple[int, type[openai.APIStatusError]]] = [
    (400, openai.BadRequestError),
    (401, openai.AuthenticationError),
    (404, openai.NotFoundError),
    (429, openai.RateLimitError),
    (500, openai.InternalServerError),
]


@pytest.mark.parametrize(("status", "raised"), FAILS)
async def test_a_backends_refusal_is_an_exception_of_its_class(
    bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI, status: int, raised: type[openai.APIStatusError]
) -> None:
    backend.chat = backend.answering(status, {"error": "no such thing"})
    client = await of_openai(bridge)
    for streamed in (False, True):
        with pytest.raises(raised, match="no such thing"):
            await client.responses.create(model="plain:1b", input="hi", stream=streamed)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"previous_response_id": "resp_1"}, "Previous response with id 'resp_1' not found"),
        ({"conversation": "conv_1"}, "nothing is kept here"),
        ({"background": True}, "nothing is kept here"),
        ({"input": [{"type": "computer_call", "id": "x"}]}, "unknown input item type: 'computer_call'"),
        ({"input": []}, "input is required"),
    ],
)
async def test_what_cannot_be_answered_is_a_bad_request(
    bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI, wrong: Mapping[str, Any], says: str
) -> None:
    client = await of_openai(bridge)
    with pytest.raises(openai.BadRequestError, match=says):
        await client.responses.create(**{"model": "plain:1b", "input": "hi"} | dict(wrong))
    assert backend.received == []


async def test_a_key_of_the_bridge_is_asked_for_in_openais_words(start: Start, of_openai: OfOpenAI) -> None:
    client = await of_openai(await start(security={"api_keys": ["secret"]}))
    with pytest.raises(openai.AuthenticationError, match="an API key of this bridge"):
        await client.responses.create(model="plain:1b", input="hi")


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_reply_that_is_cut_by_its_length_is_incomplete(
    bridge: Bridge, backend: FakeOllama, streamed: bool
) -> None:
    cut = CALL[: CALL.index("slo")]

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        end = last_line().replace(b'"done_reason":"stop"', b'"done_reason":"length"')
        if body.get("stream") is False:
            whole = last_line(message={"content": cut}).replace(b'"stop"', b'"length"')
            return web.Response(body=whole, content_type="application/json")
        return await stream(request, [line(cut), end])

    backend.chat = chat
    response = told(await ask(bridge, model="plain:1b", max_output_tokens=9, stream=streamed), streamed=streamed)
    assert (response.status, calls(response)) == ("incomplete", [])
    assert response.response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert backend.chats[0].json["options"] == {"num_predict": 9}
