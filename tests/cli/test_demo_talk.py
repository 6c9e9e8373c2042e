"""The demo's conversation: what its audience is told, and what the backend receives."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import web
from ollama import ResponseError

from tests.fake_ollama import FakeOllama, last, line, stream
from toolbridge.cli.demo_talk import MODEL, QUESTION, Audience, converse, get_weather


class Notes(Audience):
    """Notes each step of the conversation."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []

    def say(self, text: str) -> None:
        self.told.append(("say", text))

    def turn_begins(self, title: str) -> None:
        self.told.append(("begins", title[:7]))

    def turn_ends(self) -> None:
        self.told.append(("ends",))

    def client_received(self, text: str) -> None:
        self.told.append(("text", text))

    def client_received_call(self, name: str, arguments: Mapping[str, Any]) -> None:
        self.told.append(("call", name, json.dumps(arguments)))


@pytest.fixture
async def backend() -> Any:
    async with FakeOllama().running() as fake:
        yield fake


@pytest.mark.parametrize(("city", "sky"), [("Oslo", "light rain"), ("ROME", "sunny")])
def test_the_weather_is_known_of_two_cities(city: str, sky: str) -> None:
    assert json.loads(get_weather(city))["sky"] == sky


def test_of_another_city_it_says_that_there_is_none() -> None:
    assert json.loads(get_weather("Atlantis")) == {"city": "Atlantis", "error": "no such city"}


async def test_the_audience_hears_of_both_turns_and_the_results_go_out(backend: FakeOllama) -> None:
    call = {"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}
    first = json.loads(line("")) | {"message": {"role": "assistant", "content": "", "tool_calls": [call]}}
    turns = [[line("Looking."), json.dumps(first).encode() + b"\n", last()], [line("Rain."), last()]]

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return await stream(request, turns.pop(0))

    backend.chat = chat
    notes = Notes()
    await converse(backend.url, notes)
    kinds = [told[0] for told in notes.told]
    assert kinds == ["begins", "text", "call", "ends", "say", "say", "begins", "text", "ends"]
    assert ("call", "get_weather", '{"city": "Oslo"}') in notes.told
    asked, answered = (received.json for received in backend.received)
    assert (asked["model"], asked["messages"], asked["stream"]) == (
        MODEL,
        [{"role": "user", "content": QUESTION}],
        True,
    )
    assert [message["role"] for message in answered["messages"]] == ["user", "assistant", "tool"]
    assert json.loads(answered["messages"][2]["content"])["sky"] == "light rain"


async def test_a_turn_that_fails_has_ended_for_the_audience_too(backend: FakeOllama) -> None:
    backend.chat = backend.answering(500, {"error": "out of memory"})
    notes = Notes()
    with pytest.raises(ResponseError, match="out of memory"):
        await converse(backend.url, notes)
    assert [told[0] for told in notes.told] == ["begins", "ends"]
