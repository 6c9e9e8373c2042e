"""Pydantic AI's agent on the OpenAI chat route: it runs the tools by itself, streamed and not."""

# /// script
# dependencies = ["pydantic-ai-slim[openai]"]
# ///

import asyncio

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{BRIDGE}/v1", api_key="any"))
agent = Agent(model, tools=[get_weather])


async def main() -> None:
    """One conversation each way."""
    judge((await agent.run(QUESTION)).output)
    async with agent.run_stream_events(QUESTION) as events:
        async for event in events:
            last = event
    judge(last.result.output)


asyncio.run(main())
