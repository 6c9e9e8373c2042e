"""Google's Agent Development Kit, with LiteLLM under it, on Ollama's wire and on OpenAI's."""

# /// script
# dependencies = ["google-adk", "litellm", "mcp"]
# ///

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or LiteLLM asks the internet for one as it is imported

from google.adk.agents import Agent
from google.adk.models.lite_llm import LiteLlm
from google.adk.runners import InMemoryRunner
from google.genai import types
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

WAYS = (
    {"model": f"openai/{MODEL}", "api_base": f"{BRIDGE}/v1", "api_key": "any"},
    {"model": f"ollama_chat/{MODEL}", "api_base": BRIDGE},
)


async def main() -> None:
    """One conversation over each wire."""
    for way in WAYS:
        runner = InMemoryRunner(Agent(name="weather", model=LiteLlm(**way), tools=[get_weather]), app_name="weather")
        session = await runner.session_service.create_session(app_name="weather", user_id="one")
        asked = types.Content(role="user", parts=[types.Part(text=QUESTION)])
        async for event in runner.run_async(user_id="one", session_id=session.id, new_message=asked):
            last = event
        judge("".join(part.text or "" for part in last.content.parts))


asyncio.run(main())
