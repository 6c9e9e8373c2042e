"""Ollama's package, of both kinds, in front of both kinds of backends: its own types and exceptions are the judges."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import ollama
import pytest
from aiohttp import web
from pydantic import BaseModel

from tests.fake_ollama import FakeOllama
from tests.fake_openai import MODEL
from tests.server.conftest import WEATHER, Start
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
from tests.wire.exchanges import on_the_wire, recorded
from toolbridge.events import Logprobs

MODES = {"native": "native", "prompted": "prompt"}
QUESTION: list[Any] = [{"role": "user", "content": "How are Oslo and Bergen?"}]
SAID = '{"city": "Oslo", "degrees": 4}'


class Weather(BaseModel):
    """What is wanted."""

    city: str
    degrees: int


@dataclass(frozen=True)
class Pair:
    """The backend behind a bridge, and both kinds of clients in front."""

    backend: Backend
    sync: ollama.Client
    later: ollama.AsyncClient

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [one.json for one in self.backend.chats]


@pytest.fixture(params=list(product(WIRES, MODES)), ids="-".join)
async def pair(request: pytest.FixtureRequest, start: Start) -> AsyncIterator[Pair]:
    name, mode = request.param
    async with running(name) as backend:
        bridge = await start(
            backend=backend.url, backends={"wire": "auto"}, tools={"mode": MODES[mode], "dialect": "xml"}
        )
        async with ollama.AsyncClient(host=bridge.url, trust_env=False) as later:
            with ollama.Client(host=bridge.url, trust_env=False) as sync:
                yield Pair(backend, sync, later)


# A turn, in each of the ways in which the package takes one.

Turn = Callable[[Pair, dict[str, Any]], Awaitable[list[Any]]]


async def whole(pair: Pair, asked: dict[str, Any]) -> list[Any]:
    return [await pair.later.chat(**asked)]


async def whole_in_a_thread(pair: Pair, asked: dict[str, Any]) -> list[Any]:
    return [await asyncio.to_thread(lambda: pair.sync.chat(**asked))]


async def streamed(pair: Pair, asked: dict[str, Any]) -> list[Any]:
    return [part async for part in await pair.later.chat(**asked, stream=True)]


async def streamed_in_a_thread(pair: Pair, asked: dict[str, Any]) -> list[Any]:
    return await asyncio.to_thread(lambda: list(pair.sync.chat(**asked, stream=True)))


TURNS: list[Turn] = [whole, whole_in_a_thread, streamed, streamed_in_a_thread]
every_turn = pytest.mark.parametrize("turn", TURNS)


def joined(parts: list[Any]) -> ollama.Message:
    """The message that these parts make."""
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    last = parts[-1]
    assert (last.done_reason, last.prompt_eval_count, last.eval_count) == ("stop", 11, 7)
    messages = [part.message for part in parts]
    return ollama.Message(
        role="assistant",
        content="".join(message.content or "" for message in messages),
        thinking="".join(message.thinking or "" for message in messages),
        tool_calls=[call for message in messages for call in message.tool_calls or ()],
    )


@every_turn
async def test_a_loop_of_two_turns(pair: Pair, turn: Turn) -> None:
    messages = list(QUESTION)
    turns = []
    for _ in range(2):
        message = joined(await turn(pair, {"model": "able:8b", "messages": messages, "tools": [WEATHER]}))
        turns.append(message)
        messages.append(message)
        for call in message.tool_calls or ():
            found = DEGREES[call.function.arguments["city"]]
            messages.append({"role": "tool", "content": found, "tool_name": call.function.name})
    first, second = turns
    assert [call.function.arguments for call in first.tool_calls or ()] == CITIES
    assert (first.content, first.thinking) == (LOOK, THOUGHT)
    assert (second.content, second.tool_calls) == (ANSWER, [])


@every_turn
async def test_an_answer_of_a_model_of_pydantic(pair: Pair, turn: Turn) -> None:
    replies(pair.backend, lambda _body: text(SAID[:9], SAID[9:]))
    schema = Weather.model_json_schema()
    message = joined(await turn(pair, {"model": "able:8b", "messages": QUESTION, "format": schema}))
    assert Weather.model_validate_json(message.content or "") == Weather(city="Oslo", degrees=4)
    (sent,) = pair.sent
    assert (sent["format"] if "format" in sent else sent["response_format"]["json_schema"]["schema"]) == schema


@every_turn
async def test_how_likely_its_words_were(pair: Pair, turn: Turn) -> None:
    token = {"token": "Hi", "logprob": -0.5, "bytes": None, "top_logprobs": []}
    replies(pair.backend, lambda _body: [*text("Hi")[:-1], Logprobs((token,)), text()[-1]])
    asked = {"model": "able:8b", "messages": QUESTION, "tools": [WEATHER], "logprobs": True}
    found = [one for part in await turn(pair, asked) for one in part.logprobs or ()]
    assert [(one.token, one.logprob, one.top_logprobs) for one in found] == [("Hi", -0.5, None)]
    assert pair.sent[0]["logprobs"] is True


# The other routes.

EXCHANGES = ("ollama_generate_stream", "ollama_embed", "ollama_tags", "ollama_ps", "ollama_show")


def answers(record: dict[str, Any]) -> Any:
    async def answer(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=on_the_wire(record["response"]), headers=record["response"]["headers"])

    return answer


@pytest.fixture
def golden(pair: Pair) -> Pair:
    """A bridge whose backend gives recorded answers, if it is Ollama, and else those of the server that it poses as."""
    if isinstance(pair.backend, FakeOllama):
        records = map(recorded, EXCHANGES)
        pair.backend.more |= {record["request"]["path"]: answers(record) for record in records}
    else:
        replies(pair.backend, lambda _body: text(" three", ","))
    return pair


async def both(pair: Pair, ask: Callable[[Any], Any]) -> list[Any]:
    """What each kind of client gets."""
    return [await ask(pair.later), await asyncio.to_thread(lambda: ask(pair.sync))]


async def test_models_are_listed_and_shown(golden: Pair) -> None:
    of_ollama = isinstance(golden.backend, FakeOllama)
    name = "qwen3:8b" if of_ollama else MODEL
    for listed in await both(golden, lambda client: client.list()):
        assert name in [one.model.removesuffix(":latest") for one in listed.models]
    for loaded in await both(golden, lambda client: client.ps()):
        assert [one.model.removesuffix(":latest") for one in loaded.models] == [name]
    for shown in await both(golden, lambda client: client.show(name)):
        assert {"completion", "tools"} <= set(shown.capabilities)
        assert isinstance(shown.modelinfo, dict)


async def test_texts_are_embedded(golden: Pair) -> None:
    for embedded in await both(golden, lambda client: client.embed("all-minilm", ["a", "b"])):
        assert [sum(number * number for number in vector) for vector in embedded.embeddings] == [
            pytest.approx(1),
            pytest.approx(1),
        ]
        assert embedded.prompt_eval_count


async def test_a_text_is_generated(golden: Pair) -> None:
    parts = [part async for part in await golden.later.generate("m", "One, two,", stream=True)]
    parts_in_a_thread = await asyncio.to_thread(lambda: list(golden.sync.generate("m", "One, two,", stream=True)))
    for got in (parts, parts_in_a_thread):
        assert "".join(part.response or "" for part in got) == " three,"
        assert [part.done for part in got] == [False] * (len(got) - 1) + [True]
        assert got[-1].eval_count


# Errors.


@every_turn
@pytest.mark.parametrize("tools", [[], [WEATHER]])
async def test_an_error_ahead_of_the_answer_has_its_status(pair: Pair, turn: Turn, tools: list[Any]) -> None:
    for status in (400, 401, 403, 404, 429, 500, 503):
        refusal = f"no {status}"
        pair.backend.chat = pair.backend.answering(
            status, {"error": refusal if wire_of(pair.backend) == "ollama" else {"message": refusal}}
        )
        with pytest.raises(ollama.ResponseError, match=refusal) as caught:
            await turn(pair, {"model": "able:8b", "messages": QUESTION, "tools": tools})
        assert (caught.value.status_code, caught.value.error) == (status, refusal)


@pytest.mark.parametrize("tools", [[], [WEATHER]])
async def test_an_error_behind_the_first_text_is_raised_in_the_stream(pair: Pair, tools: list[Any]) -> None:
    seen, loop = asyncio.Event(), asyncio.get_running_loop()
    breaks(pair.backend, seen)

    async def read() -> None:
        async for _ in await pair.later.chat("able:8b", QUESTION, tools=tools, stream=True):
            seen.set()

    def read_in_a_thread() -> None:
        for _ in pair.sync.chat("able:8b", QUESTION, tools=tools, stream=True):
            loop.call_soon_threadsafe(seen.set)

    for reading in (read(), asyncio.to_thread(read_in_a_thread)):
        with pytest.raises(ollama.ResponseError, match="out of memory"):
            await reading
        assert seen.is_set()
        seen.clear()
