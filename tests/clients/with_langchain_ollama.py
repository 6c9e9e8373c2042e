"""LangChain's chat model for Ollama: tools bound, results sent back, and the same streamed."""

# /// script
# dependencies = ["langchain-ollama"]
# ///

from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_ollama import ChatOllama
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

weather = tool(get_weather)
model = ChatOllama(model=MODEL, base_url=BRIDGE).bind_tools([weather])

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
