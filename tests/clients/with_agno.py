"""Agno's agent, on its model classes for OpenAI-compatible servers, Ollama and Anthropic, streamed and not."""

# /// script
# dependencies = ["agno", "openai", "ollama", "anthropic"]
# ///

import os

os.environ["AGNO_TELEMETRY"] = "false"

from agno.agent import Agent
from agno.models.ollama import Ollama
from agno.models.openai.like import OpenAILike
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

for model in (OpenAILike(id=MODEL, base_url=f"{BRIDGE}/v1", api_key="any"), Ollama(id=MODEL, host=BRIDGE)):
    agent = Agent(model=model, tools=[get_weather], telemetry=False)
    judge(agent.run(QUESTION).content)
    judge("".join(event.content or "" for event in agent.run(QUESTION, stream=True) if event.event == "RunContent"))
