"""What the model says to a person in Open WebUI: each question has an answer of its own.

The text of a question stands in `QUESTIONS`, by the name of its check; `with_chromium.py` types it, and `answers` knows
what it is to bring about.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fake_ollama import FakeOllama, last, line, stream, whole

PROMPTED, NATIVE = "plain:1b", "able:8b"
"""The models, one without tools of its own and one with them."""
TOOL = "get_current_timestamp"
"""A tool that Open WebUI offers with every message."""
CALL = f'<tool_calls>\n<invoke name="{TOOL}">\n</invoke>\n</tool_calls>'
OWN_CALL = {"function": {"index": 0, "name": TOOL, "arguments": {}}}
SHOWS = {"modified_at": "2026-01-02T03:04:05Z", "size": 1, "digest": "0" * 64, "details": {"family": "llama"}}
PAUSE = 0.05
"""Seconds between the pieces of a reply that never ends."""
_TASK = "### Task:"
"""How Open WebUI begins a request for a title, for tags or for further questions."""
_TOLD = re.compile(r"\b20\d\d-\d\d-\d\dT")
"""The time, as the tool says it."""


@asynccontextmanager
async def backend() -> AsyncIterator[FakeOllama]:
    """The backend while it runs."""
    async with FakeOllama().running() as fake:
        listed = {"models": [{"name": name, "model": name} | SHOWS for name in (PROMPTED, NATIVE)]}
        fake.more["/api/tags"] = FakeOllama.answering(200, listed)
        models = [{"id": name, "object": "model", "created": 1, "owned_by": "library"} for name in (PROMPTED, NATIVE)]
        fake.more["/v1/models"] = FakeOllama.answering(200, {"object": "list", "data": models})
        fake.chat = answers
        yield fake


async def answers(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    """The reply to the last question."""
    said = json.dumps(body["messages"][-1])
    if _TASK in said:
        return await _tell(request, body, '{"title": "A chat", "tags": ["Clock"], "follow_ups": ["Why?"]}')
    if "What time is it" in json.dumps(body["messages"]):
        return await _tool_loop(request, body, said)
    if "Think first" in said:
        return await stream(request, [line(message={"thinking": "Let me think."}), line("Done thinking."), last()])
    if "for ever" in said:
        return await _endless(request)
    if "then die" in said:
        return await _dying(request)
    if "picture" in said:
        sizes = [len(image) for message in body["messages"] for image in message.get("images") or ()]
        return await _tell(request, body, "I see a picture." if sizes else "I see nothing.")
    return await _tell(request, body, "Hello there.")


async def _tell(request: web.Request, body: dict[str, Any], text: str) -> web.StreamResponse:
    if body.get("stream") is False:
        return whole(text)
    return await stream(request, [*(line(piece) for piece in re.findall(r"\S+\s*", text)), last()])


async def _tool_loop(request: web.Request, body: dict[str, Any], said: str) -> web.StreamResponse:
    if _TOLD.search(said):
        return await _tell(request, body, "The clock was read.")
    if body.get("tools"):
        return await stream(request, [line("I look."), line(message={"tool_calls": [OWN_CALL]}), last()])
    return await stream(request, [line("I look.\n\n"), *(line(piece) for piece in CALL), last()])


async def _endless(request: web.Request) -> web.StreamResponse:
    """A reply that goes on until its client leaves."""
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    while True:
        await response.write(line("Round and round. "))
        await asyncio.sleep(PAUSE)


async def _dying(request: web.Request) -> web.StreamResponse:
    """A reply whose connection breaks off."""
    response = await stream(request, [line("Once upon a time ")], finish=False)
    await asyncio.sleep(PAUSE)
    if request.transport is not None:
        request.transport.abort()
    return response
