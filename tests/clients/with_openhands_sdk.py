"""OpenHands' SDK: its agent, with LiteLLM under it, runs a tool of its own kind, and asks any model to reason."""

# /// script
# requires-python = ">=3.12"
# dependencies = ["openhands-sdk"]
# ///

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or LiteLLM asks the internet for one as it is imported

from collections.abc import Sequence
from pathlib import Path

from openhands.sdk import LLM, Action, Agent, Conversation, ImageContent, Observation, TextContent, Tool, ToolDefinition
from openhands.sdk.tool import ToolExecutor, register_tool
from pydantic import Field
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge


class WeatherAction(Action):
    """The call."""

    city: str = Field(description="The city")


class WeatherObservation(Observation):
    """The result."""

    report: str = ""

    @property
    def to_llm_content(self) -> Sequence[TextContent | ImageContent]:
        """What the model is told."""
        return [TextContent(text=self.report)]


class WeatherExecutor(ToolExecutor):
    """Runs the tool."""

    def __call__(self, action: WeatherAction, conversation: object = None) -> WeatherObservation:
        """Run it."""
        return WeatherObservation(report=get_weather(action.city))


class GetWeatherTool(ToolDefinition):
    """The tool."""

    @classmethod
    def create(cls, conv_state: object) -> Sequence[ToolDefinition]:
        """The tool for a conversation."""
        return [
            cls(
                description="Report the weather of a city.",
                action_type=WeatherAction,
                observation_type=WeatherObservation,
                executor=WeatherExecutor(),
            )
        ]


register_tool("get_weather", GetWeatherTool)
model = LLM(model=f"openai/{MODEL}", base_url=f"{BRIDGE}/v1", api_key="any", usage_id="tests")
conversation = Conversation(Agent(llm=model, tools=[Tool(name="get_weather")]), workspace=str(Path.cwd()))
conversation.send_message(QUESTION)
conversation.run()
said = [
    event
    for event in conversation.state.events
    if getattr(event, "source", "") == "agent" and hasattr(event, "llm_message")
]
judge("".join(part.text for part in said[-1].llm_message.content))
