"""The demo's conversation: two turns and two calls at once, held with the `ollama` package, as any client may.

This file knows the bridge, and nothing of the backend behind it.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from ollama import AsyncClient, Message

MODEL = "scripted"
QUESTION = "What is the weather in Oslo and in Rome?"

_WEATHER: Mapping[str, Mapping[str, Any]] = {
    "oslo": {"sky": "light rain", "degrees": 9},
    "rome": {"sky": "sunny", "degrees": 24},
}


class Audience(Protocol):
    """Hears what happens in the conversation, step by step."""

    def say(self, text: str) -> None:
        """A line stands between the turns."""

    def turn_begins(self, title: str) -> None:
        """A turn with this title begins."""

    def turn_ends(self) -> None:
        """The turn is over."""

    def client_received(self, text: str) -> None:
        """A piece of the answer came."""

    def client_received_call(self, name: str, arguments: Mapping[str, Any]) -> None:
        """A tool call came."""


def get_weather(city: str) -> str:
    """Report the weather of a city.

    Args:
        city: The city's name

    Returns:
        The sky and the degrees, as JSON.
    """
    known = _WEATHER.get(city.lower())
    return json.dumps({"city": city, **known} if known else {"city": city, "error": "no such city"})


async def converse(url: str, audience: Audience, *, pause: float = 0.0) -> None:
    """Hold the conversation with the bridge at this URL; `pause` is in seconds between the turns."""
    # The bridge is on this machine, so a proxy that the environment names is not meant for it.
    async with AsyncClient(host=url, trust_env=False) as client:
        messages = [Message(role="user", content=QUESTION)]
        audience.turn_begins(f"Turn 1. The user asks: {QUESTION}")
        reply = await _turn(client, messages, audience)
        messages.append(reply)
        await asyncio.sleep(pause)
        audience.say("The client runs its tools:")
        for call in reply.tool_calls or ():
            result = get_weather(**call.function.arguments)
            audience.say(f"  {call.function.name}({_shown(call.function.arguments)}) -> {result}")
            messages.append(Message(role="tool", content=result, tool_name=call.function.name))
        await asyncio.sleep(pause)
        audience.turn_begins("Turn 2. The client sends the results.")
        await _turn(client, messages, audience)


async def _turn(client: AsyncClient, messages: list[Message], audience: Audience) -> Message:
    """Send one request with the tools; the whole reply."""
    content = ""
    calls: list[Message.ToolCall] = []
    try:
        async for part in await client.chat(model=MODEL, messages=messages, tools=[get_weather], stream=True):
            if part.message.content:
                content += part.message.content
                audience.client_received(part.message.content)
            for call in part.message.tool_calls or ():
                calls.append(call)
                audience.client_received_call(call.function.name, call.function.arguments)
    finally:
        audience.turn_ends()
    return Message(role="assistant", content=content, tool_calls=calls or None)


def _shown(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())
