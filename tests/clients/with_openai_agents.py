"""OpenAI's Agents SDK: its runner on chat completions and on Responses, whole and streamed."""

# /// script
# dependencies = ["openai-agents"]
# ///

import asyncio

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from openai import AsyncOpenAI
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

set_tracing_disabled(True)
client = AsyncOpenAI(base_url=f"{BRIDGE}/v1", api_key="any")


async def main() -> None:
    """One conversation each way."""
    for kind in (OpenAIChatCompletionsModel, OpenAIResponsesModel):
        agent = Agent("weather", tools=[function_tool(get_weather)], model=kind(MODEL, openai_client=client))
        judge((await Runner.run(agent, QUESTION)).final_output)
        running = Runner.run_streamed(agent, QUESTION)
        async for _ in running.stream_events():
            pass
        judge(running.final_output)


asyncio.run(main())
