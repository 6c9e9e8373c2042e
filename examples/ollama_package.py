"""A tool loop with the `ollama` package, through the bridge.

    toolbridge demo --serve                                   in one terminal
    python examples/ollama_package.py                         in another
    python examples/ollama_package.py http://host:3100 gemma3:4b

Nothing in here knows of the bridge but its address: this is how any program for Ollama calls tools. The URL may also
come from TOOLBRIDGE_URL; the model is the demo's unless another is named.
"""

import json
import os
import sys

from ollama import Client, Message

arguments = dict(enumerate(sys.argv))
URL = arguments.get(1) or os.environ.get("TOOLBRIDGE_URL") or "http://127.0.0.1:3100"
MODEL = arguments.get(2) or "scripted"
MOST_TURNS = 5


def get_weather(city: str) -> str:
    """Report the weather of a city.

    Args:
        city: The city's name
    """
    # A real tool would ask somebody. The model reads whatever text comes back.
    return json.dumps({"city": city, "sky": "clear", "degrees": len(city) * 4})


TOOLS = {"get_weather": get_weather}

client = Client(host=URL)
messages = [Message(role="user", content="What is the weather in Oslo and in Rome?")]
print("user:", messages[0].content)

for _ in range(MOST_TURNS):
    # The package turns a Python function into a tool: its name, its docstring and its types.
    content = ""
    calls: list[Message.ToolCall] = []
    for part in client.chat(MODEL, messages, tools=list(TOOLS.values()), stream=True):
        content += part.message.content or ""
        calls += part.message.tool_calls or []
    if content:
        print("model:", content)
    if not calls:
        break

    # The reply goes into the conversation as it was, and each result behind it.
    messages.append(Message(role="assistant", content=content, tool_calls=calls))
    for call in calls:
        name, values = call.function.name, call.function.arguments
        result = TOOLS[name](**values) if name in TOOLS else f"Error: there is no tool {name}."
        print(f"tool: {name}({json.dumps(dict(values))}) -> {result}")
        messages.append(Message(role="tool", content=result, tool_name=name))
