"""Two clients of one bridge: what A sends changes nothing for B."""

from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.server.conftest import CALL, WEATHER, Bridge, Start, calls

WORDS = ("does not support tools", "roles must alternate", "does not support thinking")
REFUSAL = {"error": "registry.ollama.ai/library/able:8b does not support tools"}


def quoting(backend: FakeOllama, field: str, *, with_tools: bool) -> None:
    """The backend quotes this field in a 400; `with_tools` only as long as the request has tools."""
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        bad: Any = request.headers.get(field) or request.rel_url.query.get(field) or body.get(field)
        if isinstance(bad, list):
            bad = bad[0].get("function", {}).get("description")
        if not bad or not any(word in str(bad) for word in WORDS) or (with_tools and "tools" not in body):
            return await says(request, body)
        return web.json_response({"error": f'invalid {field} "{bad}"'}, status=400)

    backend.chat = chat


async def is_native(bridge: Bridge, path: str = "/api/chat", **body: Any) -> bool:
    """Whether B's chat with tools goes to the model as ever."""
    answer = await bridge.ask(path, model="able:8b", tools=[WEATHER], **body)
    assert answer.status == 200
    return answer.headers["X-Toolbridge-Mode"].startswith("native")


@pytest.mark.parametrize("words", WORDS)
async def test_an_error_that_quotes_a_client_teaches_nothing(bridge: Bridge, backend: FakeOllama, words: str) -> None:
    quoting(backend, "keep_alive", with_tools=False)
    for model in ("able:8b", "plain:1b"):
        answer = await bridge.ask(model=model, tools=[WEATHER], keep_alive=words)
        assert answer.status == 400
    assert await is_native(bridge)
    backend.says("Ok.")
    await bridge.ask(tools=[WEATHER])
    assert [turn["role"] for turn in backend.chats[-1].json["messages"]] == ["system", "user"]


@pytest.mark.parametrize("place", ["keep_alive", "tools", "X-Anything", "anything"])
async def test_not_even_where_the_second_try_goes_well(bridge: Bridge, backend: FakeOllama, place: str) -> None:
    """The body that the bridge writes anew lacks the quoted words, so that the second try succeeds, and A is served."""
    quoting(backend, place, with_tools=True)
    tool = {"type": "function", "function": {"name": "now", "description": WORDS[0]}}
    body: dict[str, Any] = {"keep_alive": WORDS[0]} if place == "keep_alive" else {}
    headers = {place: WORDS[0]} if place.startswith("X") else None
    path = f"/api/chat?anything={WORDS[0].replace(' ', '%20')}" if place == "anything" else "/api/chat"
    answer = await bridge.ask(path, model="able:8b", tools=[tool, WEATHER], headers=headers, **body)
    assert (answer.status, calls(answer)) == (200, [("get_weather", {"city": "Oslo"})])
    assert ["tools" in sent.json for sent in backend.chats] == [True, False]
    assert await is_native(bridge)


async def test_what_is_true_is_remembered_for_the_key_that_heard_it(bridge: Bridge, backend: FakeOllama) -> None:
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        poor = request.headers.get("Authorization") == "Bearer poor"
        return web.json_response(REFUSAL, status=400) if poor and "tools" in body else await says(request, body)

    backend.chat = chat
    poor, rich = {"Authorization": "Bearer poor"}, {"Authorization": "Bearer rich"}
    assert not await is_native(bridge, headers=poor)
    assert not await is_native(bridge, headers=poor)
    assert await is_native(bridge, headers=rich)
    assert await is_native(bridge)
    assert len(backend.chats) == 5


async def test_a_refusal_behind_which_nothing_went_well_is_not_remembered(bridge: Bridge, backend: FakeOllama) -> None:
    async def chat(_request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        refusal = (REFUSAL, 400) if "tools" in body else ({"error": "out of memory"}, 500)
        return web.json_response(refusal[0], status=refusal[1])

    backend.chat = chat
    assert (await bridge.ask(model="able:8b", tools=[WEATHER])).status == 500
    backend.says("Ok.")
    assert await is_native(bridge)


ODD = [{"role": "user", "content": "One"}, {"role": "user", "content": "Two"}]
LATE = [{"role": "user", "content": "One"}, {"role": "system", "content": "Late."}, {"role": "user", "content": "Two"}]


@pytest.mark.parametrize(
    ("turns", "refusal"),
    [
        (ODD, "Unable to generate parser for this template. Conversation roles must alternate"),
        (LATE, "Unable to generate parser for this template. Conversation roles must alternate"),
    ],
)
async def test_what_a_conversation_brought_about_says_nothing_of_the_model(
    bridge: Bridge, backend: FakeOllama, turns: list[Any], refusal: str
) -> None:
    says = backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        refused = "tools" in body and body["messages"] == turns
        return web.json_response({"error": refusal}, status=400) if refused else await says(request, body)

    backend.chat = chat
    assert not await is_native(bridge, messages=turns)
    assert await is_native(bridge)


async def test_a_body_larger_than_is_looked_through_teaches_nothing_and_is_served(
    start: Start, backend: FakeOllama
) -> None:
    """An operator may allow more values than the default; the second try goes out all the same."""
    bridge, says = await start(limits={"values": 1_000_000}), backend.saying(CALL)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(REFUSAL, status=400) if "tools" in body else await says(request, body)

    backend.chat = chat
    for _ in range(2):
        answer = await bridge.ask("/api/chat", model="able:8b", tools=[WEATHER], anything=[0] * 250_000)
        assert (answer.status, calls(answer)) == (200, [("get_weather", {"city": "Oslo"})])
    assert ["tools" in sent.json for sent in backend.chats] == [True, False, True, False]
