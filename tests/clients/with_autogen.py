"""AutoGen's assistant agent: it runs the tools, and reflects on their results in a turn of its own."""

# /// script
# dependencies = ["autogen-agentchat", "autogen-ext[openai]"]
# ///

import asyncio

from autogen_agentchat.agents import AssistantAgent
from autogen_ext.models.openai import OpenAIChatCompletionClient
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

INFO = {"vision": False, "function_calling": True, "json_output": False, "family": "any", "structured_output": False}


async def main() -> None:
    """One conversation each way."""
    for streamed in (False, True):
        client = OpenAIChatCompletionClient(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any", model_info=INFO)
        agent = AssistantAgent(
            "weather", client, tools=[get_weather], reflect_on_tool_use=True, model_client_stream=streamed
        )
        judge((await agent.run(task=QUESTION)).messages[-1].content)


asyncio.run(main())
