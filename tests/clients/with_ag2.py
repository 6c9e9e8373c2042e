"""AG2's agent, on its configurations for OpenAI, Ollama and Anthropic."""

# /// script
# dependencies = ["ag2[openai,ollama,anthropic]"]
# ///

import asyncio

from ag2 import Agent
from ag2.config import AnthropicConfig, OllamaConfig, OpenAIConfig, OpenAIResponsesConfig
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

WAYS = (
    OpenAIConfig(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any"),
    OpenAIResponsesConfig(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any"),
    OllamaConfig(model=MODEL, host=BRIDGE),
    AnthropicConfig(model=MODEL, base_url=BRIDGE, api_key="any"),
)


async def main() -> None:
    """One conversation over each wire."""
    for way in WAYS:
        judge((await Agent("weather", config=way, tools=[get_weather]).ask(QUESTION)).body)


asyncio.run(main())
