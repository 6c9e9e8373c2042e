"""Backends of either wire whose model asks for the weather of two cities, and answers once it knows the weather."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.fake_openai import FakeOpenAI
from tests.wire.exchanges import pieces, writer, written
from toolbridge.events import (
    ContentDelta,
    Error,
    Event,
    Finish,
    ReasoningDelta,
    ReplyStart,
    ToolCallArgsDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
)
from toolbridge.wire import wire

Backend = FakeOllama | FakeOpenAI
WIRES = ("ollama", "openai")
DEGREES = {"Oslo": "4 degrees", "Bergen": "6 degrees"}
CITIES = [{"city": "Oslo"}, {"city": "Bergen"}]
LOOK, THOUGHT, ANSWER = "Looking.", "Two cities.", "Oslo has 4 degrees, Bergen 6."
COUNTED = Usage(11, 7)
_START = ReplyStart("r1", "m", 5.0)
_CALL = '<invoke name="get_weather">\n<parameter name="city">{}</parameter>\n</invoke>'
_MARKUP = "\n".join(["<tool_calls>", *(_CALL.format(each["city"]) for each in CITIES), "</tool_calls>"])


def text(*texts: str) -> list[Event]:
    """A reply of these pieces."""
    return [_START, *map(ContentDelta, texts), Finish("stop", COUNTED)]


def made() -> list[Event]:
    """The calls, as a backend makes them."""
    calls: list[Event] = []
    for index, arguments in enumerate(CITIES):
        start = ToolCallStart(index, f"a{index}", "get_weather")
        calls += [start, ToolCallArgsDelta(index, json.dumps(arguments)), ToolCallEnd(index)]
    return [_START, ReasoningDelta(THOUGHT), ContentDelta(LOOK), *calls, Finish("tool_calls", COUNTED)]


def plan(body: dict[str, Any]) -> list[Event]:
    """The model's reply to a request: calls if the request has tools, else calls in the text."""
    if all(degrees in str(body["messages"]) for degrees in DEGREES.values()):
        return text(ANSWER)
    return made() if "tools" in body else text(f"<think>{THOUGHT}</think>\n{LOOK}\n\n{_MARKUP}")


def wire_of(fake: Backend) -> str:
    return "ollama" if isinstance(fake, FakeOllama) else "openai"


def replies(fake: Backend, choose: Callable[[dict[str, Any]], Sequence[Event]]) -> None:
    """Let the backend answer its next chats with the events chosen for their bodies, eleven bytes at a time."""
    name = wire_of(fake)
    spoken = wire(name)

    async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        stream = body.get("stream", name == "ollama")
        answer = web.StreamResponse(headers={"Content-Type": spoken.stream_type if stream else spoken.whole_type})
        await answer.prepare(request)
        for piece in pieces(written(name, choose(body), stream=stream, include_usage=True), 11):
            await answer.write(piece)
        await answer.write_eof()
        return answer

    fake.chat = chat


def breaks(fake: Backend, seen: asyncio.Event) -> None:
    """Let the backend's next streams break with an error, once the text ahead of it is `seen`."""
    name = wire_of(fake)

    async def chat(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        out = writer(name)
        answer = web.StreamResponse(headers={"Content-Type": wire(name).stream_type})
        await answer.prepare(request)
        await answer.write(out.feed([_START, ContentDelta("So.")]))
        await seen.wait()
        await answer.write(out.feed([Error("out of memory")]))
        await answer.write_eof()
        return answer

    fake.chat = chat


@asynccontextmanager
async def running(name: str) -> AsyncIterator[Backend]:
    """A backend of this wire with such a model."""
    async with (FakeOllama() if name == "ollama" else FakeOpenAI("vllm")).running() as fake:
        replies(fake, plan)
        yield fake
