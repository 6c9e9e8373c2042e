"""Microsoft's Agent Framework: its clients of chat completions and of Responses; the second names past responses."""

# /// script
# dependencies = ["agent-framework-openai", "agent-framework-core"]
# ///

import asyncio

from agent_framework import Agent
from agent_framework.openai import OpenAIChatClient, OpenAIChatCompletionClient
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge


async def main() -> None:
    """One conversation with each client, whole and streamed."""
    for kind in (OpenAIChatCompletionClient, OpenAIChatClient):
        client = kind(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any")
        agent = Agent(client=client, tools=[get_weather])
        judge((await agent.run(QUESTION)).text)
        judge("".join([update.text async for update in agent.run(QUESTION, stream=True)]))


asyncio.run(main())
