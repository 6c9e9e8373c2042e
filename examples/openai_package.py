"""A tool loop with the `openai` package, through the bridge: the backend stays an Ollama.

    toolbridge demo --serve                                   in one terminal
    pip install openai
    python examples/openai_package.py                         in another
    python examples/openai_package.py http://host:3100 gemma3:4b

The arguments of a call come in pieces while the model writes them. The URL may also come from TOOLBRIDGE_URL; the model
is the demo's unless another is named.
"""

import json
import os
import sys

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam

arguments = dict(enumerate(sys.argv))
URL = arguments.get(1) or os.environ.get("TOOLBRIDGE_URL") or "http://127.0.0.1:3100"
MODEL = arguments.get(2) or "scripted"
MOST_TURNS = 5

TOOLS: list[ChatCompletionToolParam] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Report the weather of a city.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "The city's name"}},
                "required": ["city"],
            },
        },
    }
]


def get_weather(city: str) -> str:
    """What the tool does; a real one would ask somebody."""
    return json.dumps({"city": city, "sky": "clear", "degrees": len(city) * 4})


# The bridge asks for no key unless its operator set some; the package insists on one.
client = OpenAI(base_url=f"{URL.rstrip('/')}/v1", api_key=os.environ.get("OPENAI_API_KEY", "any"))
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather in Oslo and in Rome?"}]
print("user: What is the weather in Oslo and in Rome?")

for _ in range(MOST_TURNS):
    with client.chat.completions.stream(model=MODEL, messages=messages, tools=TOOLS) as stream:
        for event in stream:
            if event.type == "tool_calls.function.arguments.delta":
                print("  piece:", event.arguments_delta)
        reply = stream.get_final_completion().choices[0].message
    if reply.content:
        print("model:", reply.content)
    if not reply.tool_calls:
        break

    # The reply goes into the conversation as it was, and each result behind it, by the id of its call.
    calls = [call for call in reply.tool_calls if call.type == "function"]
    messages.append(
        {
            "role": "assistant",
            "content": reply.content,
            "tool_calls": [
                {
                    "type": "function",
                    "id": call.id,
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
                for call in calls
            ],
        }
    )
    for call in calls:
        name, text = call.function.name, call.function.arguments
        result = get_weather(**json.loads(text)) if name == "get_weather" else f"Error: there is no tool {name}."
        print(f"tool: {name}({text}) -> {result}")
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
