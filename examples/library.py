"""The translation library alone: no server, no network, no model.

    python examples/library.py

The same parts that the bridge is made of, for programs that talk to a model themselves.
"""

import json

from toolbridge import ReplyParser, StreamTranslator, inject_tools, parse_reply, read_request, write_request


def get_weather(city: str, days: int = 1) -> str:
    """Report the weather of a city.

    Args:
        city: The city's name
        days: How many days ahead
    """
    return f"{city}: clear for {days} days"


# 1. A request with tools becomes one without: they are in its prompt. Tools may be Python functions, or JSON as
#    clients of Ollama, OpenAI or Anthropic send it.
body = {
    "model": "any",
    "messages": [{"role": "user", "content": "What is the weather in Oslo?"}],
    "tools": [get_weather],
}
request = read_request(body, "ollama")
prompted = inject_tools(request)
print("== 1. The prompt that the model gets:\n")
print(prompted.messages[0].content)
print("\n   as a body for an OpenAI server:", sorted(write_request(prompted, "openai")))

# 2. A reply is read for calls. Here is one as a model writes it.
text = """Let me look.

<tool_calls>
<invoke name="get_weather">
<parameter name="city">Oslo</parameter>
<parameter name="days">3</parameter>
</invoke>
</tool_calls>"""
reply = parse_reply(text, tools=[get_weather])
call = reply.tool_calls[0]
print("\n== 2. A whole reply:", repr(reply.content), call.name, call.arguments)
print("   and so the tool says:", get_weather(**call.arguments))

# 3. The same while it streams: events come as soon as they are certain, in whatever pieces the text came.
print("\n== 3. A reply in pieces:")
parser = ReplyParser(tools=[get_weather])
for start in range(0, len(text), 16):
    for event in parser.feed(text[start : start + 16]):
        print("  ", event)
for event in parser.finish():
    print("  ", event)
print("   every character is accounted for:", sum(parser.ledger.values()) == len(text))

# 4. Bytes of an Ollama backend as bytes for a client of OpenAI, with the calls read out of the text.
print("\n== 4. A stream from one wire to another:")
translator = StreamTranslator("ollama", "openai", parser=ReplyParser(tools=[get_weather]), model="any")
for start in range(0, len(text), 40):
    line = {"model": "any", "message": {"role": "assistant", "content": text[start : start + 40]}, "done": False}
    print(translator.feed(json.dumps(line).encode() + b"\n").decode(), end="")
end = {"model": "any", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
print(translator.feed(json.dumps(end).encode()).decode(), end="")
print(translator.finish().decode(), end="")
