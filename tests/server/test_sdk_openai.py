"""OpenAI's package, of both kinds, in front of both kinds of backends: its own types and exceptions are the judges."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import openai
import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from pydantic import BaseModel

from tests.server.conftest import Bridge, Start
from tests.server.planned import (
    ANSWER,
    CITIES,
    DEGREES,
    LOOK,
    THOUGHT,
    WIRES,
    Backend,
    breaks,
    replies,
    running,
    text,
    wire_of,
)
from toolbridge.events import Logprobs


class GetWeather(BaseModel):
    """Current weather."""

    city: str


class Weather(BaseModel):
    """What is wanted."""

    city: str
    degrees: int


TOOL = openai.pydantic_function_tool(GetWeather, name="get_weather")
MODES = {"native": "native", "prompted": "prompt"}
QUESTION: list[Any] = [{"role": "user", "content": "How are Oslo and Bergen?"}]
SAID = '{"city": "Oslo", "degrees": 4}'


@dataclass(frozen=True)
class Pair:
    """A bridge, the backend behind it, and both kinds of clients in front."""

    backend: Backend
    bridge: Bridge
    sync: openai.OpenAI
    later: openai.AsyncOpenAI

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [one.json for one in self.backend.chats]


@pytest.fixture(params=list(product(WIRES, MODES)), ids="-".join)
async def pair(request: pytest.FixtureRequest, start: Start, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pair]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    name, mode = request.param
    async with running(name) as backend:
        bridge = await start(
            backend=backend.url, backends={"wire": "auto"}, tools={"mode": MODES[mode], "dialect": "xml"}
        )
        options: dict[str, Any] = {"base_url": f"{bridge.url}/v1", "api_key": "any", "max_retries": 0}
        async with openai.AsyncOpenAI(**options) as later:
            with openai.OpenAI(**options) as sync:
                yield Pair(backend, bridge, sync, later)


# A turn, in each of the ways in which the package takes one.

Turn = Callable[[Pair, dict[str, Any]], Awaitable[Any]]


async def create(pair: Pair, asked: dict[str, Any]) -> Any:
    return await pair.later.chat.completions.create(**asked)


async def create_in_a_thread(pair: Pair, asked: dict[str, Any]) -> Any:
    return await asyncio.to_thread(lambda: pair.sync.chat.completions.create(**asked))


async def pieces(pair: Pair, asked: dict[str, Any]) -> Any:
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState(input_tools=asked["tools"])
    async for piece in await pair.later.chat.completions.create(**asked, stream=True):
        state.handle_chunk(piece)
    return state.get_final_completion()


async def pieces_in_a_thread(pair: Pair, asked: dict[str, Any]) -> Any:
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState(input_tools=asked["tools"])

    def read() -> None:
        for piece in pair.sync.chat.completions.create(**asked, stream=True):
            state.handle_chunk(piece)

    await asyncio.to_thread(read)
    return state.get_final_completion()


async def stream(pair: Pair, asked: dict[str, Any]) -> Any:
    async with pair.later.chat.completions.stream(**asked) as running:
        return await running.get_final_completion()


async def stream_in_a_thread(pair: Pair, asked: dict[str, Any]) -> Any:
    def read() -> Any:
        with pair.sync.chat.completions.stream(**asked) as running:
            return running.get_final_completion()

    return await asyncio.to_thread(read)


async def parse(pair: Pair, asked: dict[str, Any]) -> Any:
    return await pair.later.chat.completions.parse(**asked)


async def parse_in_a_thread(pair: Pair, asked: dict[str, Any]) -> Any:
    return await asyncio.to_thread(lambda: pair.sync.chat.completions.parse(**asked))


PARSING: list[Turn] = [stream, stream_in_a_thread, parse, parse_in_a_thread]
TURNS: list[Turn] = [create, create_in_a_thread, pieces, pieces_in_a_thread, *PARSING]


@pytest.mark.parametrize("turn", TURNS)
async def test_a_loop_of_two_turns(pair: Pair, turn: Turn) -> None:
    messages = list(QUESTION)
    choices = []
    for _ in range(2):
        (choice,) = (await turn(pair, {"model": "able:8b", "messages": messages, "tools": [TOOL]})).choices
        choices.append(choice)
        messages.append(choice.message.model_dump(include={"role", "content", "tool_calls"}, exclude_none=True))
        for call in choice.message.tool_calls or ():
            city = GetWeather.model_validate_json(call.function.arguments).city
            messages.append({"role": "tool", "tool_call_id": call.id, "content": DEGREES[city]})
    first, second = choices
    found = [GetWeather.model_validate_json(call.function.arguments) for call in first.message.tool_calls]
    assert [one.model_dump() for one in found] == CITIES
    assert (first.message.role, first.message.content, first.finish_reason) == ("assistant", LOOK, "tool_calls")
    assert first.message.reasoning == THOUGHT
    assert (second.message.content, second.finish_reason, second.message.tool_calls or []) == (ANSWER, "stop", [])
    if turn in PARSING:
        assert [call.function.parsed_arguments for call in first.message.tool_calls] == found


@pytest.mark.parametrize("turn", PARSING)
@pytest.mark.parametrize("tools", [False, True])
async def test_an_answer_of_a_model_of_pydantic(pair: Pair, turn: Turn, tools: bool) -> None:
    replies(pair.backend, lambda _body: text(SAID[:9], SAID[9:]))
    asked = {"model": "able:8b", "messages": QUESTION, "response_format": Weather}
    (choice,) = (await turn(pair, asked | ({"tools": [TOOL]} if tools else {}))).choices
    assert choice.message.parsed == Weather(city="Oslo", degrees=4)
    (sent,) = pair.sent
    wanted = sent.get("format") or sent.get("response_format", {}).get("json_schema", {}).get("schema")
    if tools and "tools" not in sent:
        # A model that is held to JSON could call nothing.
        assert wanted is None
        assert '"degrees"' in sent["messages"][0]["content"]
    else:
        assert wanted["properties"].keys() == {"city", "degrees"}


ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


@pytest.mark.parametrize("turn", [create, create_in_a_thread, pieces, stream_in_a_thread])
@pytest.mark.parametrize("tools", [[], [TOOL]])
async def test_an_error_ahead_of_the_answer_is_of_the_class_of_its_status(
    pair: Pair, turn: Turn, tools: list[Any]
) -> None:
    for status, kind in ERRORS.items():
        refusal = f"no {status}"
        pair.backend.chat = pair.backend.answering(
            status, {"error": refusal if wire_of(pair.backend) == "ollama" else {"message": refusal}}
        )
        with pytest.raises(kind, match=f"no {status}") as caught:
            await turn(pair, {"model": "able:8b", "messages": QUESTION, "tools": tools})
        assert caught.value.status_code == status


@pytest.mark.parametrize("helper", [False, True])
@pytest.mark.parametrize("tools", [[], [TOOL]])
async def test_an_error_behind_the_first_text_is_raised_in_the_stream(
    pair: Pair, helper: bool, tools: list[Any]
) -> None:
    asked: Any = {"model": "able:8b", "messages": QUESTION, "tools": tools}
    seen, loop = asyncio.Event(), asyncio.get_running_loop()
    breaks(pair.backend, seen)

    async def read() -> None:
        if helper:
            async with pair.later.chat.completions.stream(**asked) as running:
                async for _ in running:
                    seen.set()
        else:
            async for _ in await pair.later.chat.completions.create(**asked, stream=True):
                seen.set()

    def read_in_a_thread() -> None:
        if helper:
            with pair.sync.chat.completions.stream(**asked) as running:
                for _ in running:
                    loop.call_soon_threadsafe(seen.set)
        else:
            for _ in pair.sync.chat.completions.create(**asked, stream=True):
                loop.call_soon_threadsafe(seen.set)

    for reading in (read(), asyncio.to_thread(read_in_a_thread)):
        with pytest.raises(openai.APIError, match="out of memory") as caught:
            await reading
        assert not isinstance(caught.value, openai.APIStatusError)
        assert seen.is_set()
        seen.clear()


@pytest.mark.parametrize("turn", TURNS)
async def test_how_likely_its_words_were(pair: Pair, turn: Turn) -> None:
    token = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105]}
    worth = Logprobs((token | {"top_logprobs": [token]},))
    replies(pair.backend, lambda _body: [*text("Hi")[:-1], worth, text()[-1]])
    asked = {"model": "able:8b", "messages": QUESTION, "tools": [TOOL], "logprobs": True, "top_logprobs": 1}
    (choice,) = (await turn(pair, asked)).choices
    (found,) = choice.logprobs.content
    assert (found.token, found.logprob, found.bytes, [one.token for one in found.top_logprobs]) == (
        "Hi",
        -0.5,
        [72, 105],
        ["Hi"],
    )
    (sent,) = pair.sent
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 1)


async def test_a_mistake_of_the_callers_own_is_not_sent_on(pair: Pair) -> None:
    with pytest.raises(openai.BadRequestError, match="no tool is called 'fly'"):
        await pair.later.chat.completions.create(
            model="able:8b",
            messages=QUESTION,
            tools=[TOOL],
            tool_choice={"type": "function", "function": {"name": "fly"}},
        )
    assert pair.sent == []
