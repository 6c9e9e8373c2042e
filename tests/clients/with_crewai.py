"""CrewAI: a crew of one agent and one task, with the tool, on OpenAI's wire."""

# /// script
# dependencies = ["crewai"]
# ///

import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true", "CREWAI_TRACING_ENABLED": "false"}

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

model = LLM(model=f"openai/{MODEL}", base_url=f"{BRIDGE}/v1", api_key="any")
agent = Agent(role="Reporter", goal="Report", backstory="-", llm=model, tools=[tool("get_weather")(get_weather)])
task = Task(description=QUESTION, expected_output="The degrees of both cities", agent=agent)
judge(Crew(agents=[agent], tasks=[task]).kickoff().raw)
