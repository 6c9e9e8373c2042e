"""deepagents: an agent with tools for plans and files of its own beside ours, and a long system prompt."""

# /// script
# dependencies = ["deepagents", "langchain-openai"]
# ///

from deepagents import create_deep_agent
from langchain_openai import ChatOpenAI
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

model = ChatOpenAI(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any")
agent = create_deep_agent(model=model, tools=[get_weather])
judge(agent.invoke({"messages": [{"role": "user", "content": QUESTION}]})["messages"][-1].content)
