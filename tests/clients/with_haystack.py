"""Haystack's agent on OpenAI's wire: it runs the tools by itself, streamed and not."""

# /// script
# dependencies = ["haystack-ai"]
# ///

import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from haystack.components.agents import Agent
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack.utils import Secret
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

for callback in (None, lambda chunk: None):
    model = OpenAIChatGenerator(api_key=Secret.from_token("any"), model=MODEL, api_base_url=f"{BRIDGE}/v1")
    tool = create_tool_from_function(get_weather)
    agent = Agent(chat_generator=model, tools=[tool], streaming_callback=callback)
    judge(agent.run(messages=[ChatMessage.from_user(QUESTION)])["messages"][-1].text)
