"""LiteLLM's library, as an Ollama client and as an OpenAI client, streamed and not."""

# /// script
# dependencies = ["litellm", "mcp"]
# ///

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it asks the internet for one as it is imported

import litellm
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Report the weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
WAYS = (
    {"model": f"ollama_chat/{MODEL}", "api_base": BRIDGE},
    {"model": f"openai/{MODEL}", "api_base": f"{BRIDGE}/v1", "api_key": "any"},
)


def streamed(messages: list, way: dict) -> dict:
    """One streamed reply as a message. Calls are told apart by id: on Ollama's wire LiteLLM numbers every one 0."""
    message: dict = {"role": "assistant", "content": "", "tool_calls": []}
    for chunk in litellm.completion(messages=messages, tools=[TOOL], stream=True, **way):
        delta = chunk.choices[0].delta
        message["content"] += delta.content or ""
        for piece in delta.tool_calls or ():
            if piece.id:
                function = {"name": piece.function.name, "arguments": ""}
                message["tool_calls"].append({"id": piece.id, "type": "function", "function": function})
            message["tool_calls"][-1]["function"]["arguments"] += piece.function.arguments or ""
    return message if message["tool_calls"] else {"role": "assistant", "content": message["content"]}


def whole(messages: list, way: dict) -> dict:
    """One reply that is not streamed, as a message."""
    reply = litellm.completion(messages=messages, tools=[TOOL], **way)
    return reply.choices[0].message.model_dump(exclude_none=True)


for way in WAYS:
    for ask in (whole, streamed):
        messages: list = [{"role": "user", "content": QUESTION}]
        for _ in range(2):
            message = ask(messages, way)
            messages.append(message)
            for call in message.get("tool_calls", ()):
                result = get_weather(**json.loads(call["function"]["arguments"]))
                messages.append({"role": "tool", "tool_call_id": call["id"], "name": "get_weather", "content": result})
        judge(message["content"])
