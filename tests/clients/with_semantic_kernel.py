"""Microsoft's Semantic Kernel: automatic function calls, on its connectors for OpenAI and for Ollama."""

# /// script
# dependencies = ["semantic-kernel[ollama]"]
# ///

import asyncio

from openai import AsyncOpenAI
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai.ollama import OllamaChatCompletion
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
from semantic_kernel.functions import kernel_function
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge


class Weather:
    """The plugin."""

    @kernel_function(name="get_weather", description="Report the weather of a city.")
    def get_weather(self, city: str) -> str:
        """Report the weather of a city."""
        return get_weather(city)


async def main() -> None:
    """One conversation with each connector."""
    openai = AsyncOpenAI(base_url=f"{BRIDGE}/v1", api_key="any")
    for service in (
        OpenAIChatCompletion(ai_model_id=MODEL, async_client=openai),
        OllamaChatCompletion(ai_model_id=MODEL, host=BRIDGE),
    ):
        agent = ChatCompletionAgent(service=service, name="weather", plugins=[Weather()])
        judge((await agent.get_response(messages=QUESTION)).message.content)


asyncio.run(main())
