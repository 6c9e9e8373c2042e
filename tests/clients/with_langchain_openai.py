"""LangChain's chat model for OpenAI-compatible servers: tools bound, results sent back, and the same streamed."""

# /// script
# dependencies = ["langchain-openai"]
# ///

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

weather = tool(get_weather)
model = ChatOpenAI(model=MODEL, base_url=f"{BRIDGE}/v1", api_key="any").bind_tools([weather])

for streamed in (False, True):
    messages: list = [HumanMessage(QUESTION)]
    for _ in range(2):
        if streamed:
            reply = None
            for piece in model.stream(messages):
                reply = piece if reply is None else reply + piece
        else:
            reply = model.invoke(messages)
        messages.append(reply)
        messages += [
            ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"], name=call["name"])
            for call in reply.tool_calls
        ]
    judge(reply.content)
