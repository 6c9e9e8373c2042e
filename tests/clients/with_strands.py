"""Strands Agents, on its model classes for OpenAI, Ollama and Anthropic; each streams."""

# /// script
# dependencies = ["strands-agents[openai,ollama,anthropic]"]
# ///

from strands import Agent, tool
from strands.models.anthropic import AnthropicModel
from strands.models.ollama import OllamaModel
from strands.models.openai import OpenAIModel
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

for model in (
    OpenAIModel(client_args={"base_url": f"{BRIDGE}/v1", "api_key": "any"}, model_id=MODEL),
    OllamaModel(host=BRIDGE, model_id=MODEL),
    AnthropicModel(client_args={"base_url": BRIDGE, "api_key": "any"}, model_id=MODEL, max_tokens=1000),
):
    agent = Agent(model=model, tools=[tool(get_weather)], callback_handler=None)
    judge(agent(QUESTION))
