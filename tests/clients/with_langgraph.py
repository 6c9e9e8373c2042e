"""LangGraph's agent of LangChain: a graph that runs the tools by itself, on two models of LangChain's, and streamed."""

# /// script
# dependencies = ["langgraph", "langchain", "langchain-ollama", "langchain-openai"]
# ///

from langchain.agents import create_agent
from langchain_ollama import ChatOllama
from langchain_openai import ChatOpenAI
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

ASKED = {"messages": [{"role": "user", "content": QUESTION}]}

for model in (
    ChatOllama(model=MODEL, base_url=BRIDGE),
    ChatOpenAI(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any"),
):
    agent = create_agent(model, [get_weather])
    judge(agent.invoke(ASKED)["messages"][-1].content)
    for state in agent.stream(ASKED, stream_mode="values"):
        last = state["messages"][-1]
    judge(last.content)
