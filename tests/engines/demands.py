"""A hundred calls that a client demands of a small model: of any tool and of a named tool, streamed and not."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import openai

from tests.engines.talk import Reply

MOST = 400
"""Tokens of a reply."""
LOOPS = 0.8
"""The penalty for words that come again: a model of 135M writes the same word into a value without an end."""
QUESTIONS = (
    "What is the weather in Oslo?",
    "Will it rain in Rome tomorrow?",
    "What is 3 plus 4?",
    "Add 12 and 30.",
    "Write hello into a.txt.",
    "Save a shopping list as list.md.",
    "Search for pictures of cats.",
    "Find the train to Bergen.",
    "Say hello.",
    "Tell me a joke.",
    "Who are you?",
    "How is the weather in Paris and in Berlin?",
    "Sum up 1 and 1.",
    "Make a file with the word test.",
    "Look up the height of Mont Blanc.",
    "Is it cold in Tromsø?",
    "What do you get if you add 2.5 to 7?",
    "Note down that milk is out.",
    "Search the web for news of today.",
    "I do not need anything.",
    "Weather, Lisbon, three days.",
    "100 + 250",
    "Create index.html.",
    "Search for bread.",
    "Thanks!",
)
TOOLS: dict[str, dict[str, Any]] = {
    "get_weather": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1, "maximum": 10**30}},
    "add": {"a": {"type": "number"}, "b": {"type": "number"}},
    "write_file": {"path": {"type": "string"}, "mode": {"enum": ["new", "append"]}},
    "search": {
        # zod's own pattern for an e-mail address, and bounds that cross.
        "query": {"type": "string", "pattern": r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@.+$"},
        "words": {"type": "array", "items": {"type": "string", "maxLength": 9000}, "minItems": 3, "maxItems": 2},
        "limit": True,
    },
}
"""The parameters of the tools. Each demands its first parameter."""

Demand = tuple[str, Callable[[], Reply], Callable[[Reply], list[str]]]


def demands(bridge: str, model: str) -> Iterator[Demand]:
    """A name, a request and a judge for each demand."""
    client = openai.OpenAI(base_url=f"{bridge}/v1", api_key="-", max_retries=0)
    for (number, question), named, stream in product(enumerate(QUESTIONS), (False, True), (False, True)):
        tool = list(TOOLS)[number % len(TOOLS)] if named else ""
        name = f"{question!r}, {tool or 'any tool'}, {'streamed' if stream else 'whole'}"
        yield name, partial(_ask, client, model, question, tool, stream=stream), partial(_faults, tool)


def _ask(client: openai.OpenAI, model: str, question: str, tool: str, *, stream: bool) -> Reply:
    create: Any = client.chat.completions.create
    said = create(
        model=model,
        messages=[{"role": "user", "content": question}],
        tools=[
            {"type": "function", "function": {"name": name, "parameters": _schema(parameters)}}
            for name, parameters in TOOLS.items()
        ],
        tool_choice={"type": "function", "function": {"name": tool}} if tool else "required",
        parallel_tool_calls=False,
        max_tokens=MOST,
        temperature=0,
        frequency_penalty=LOOPS,
        stream=stream,
    )
    heard, reason = ["", "", ""], ""
    for part in said if stream else [said]:
        for choice in part.choices:
            reason = choice.finish_reason or reason
            for call in (choice.delta if stream else choice.message).tool_calls or ():
                pieces = (call.id, call.function.name, call.function.arguments)
                heard = [before + (piece or "") for before, piece in zip(heard, pieces, strict=True)]
    return Reply("", "", ((heard[0], heard[1], heard[2]),), reason, 1)


def _schema(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": parameters, "required": list(parameters)[:1]}


def _faults(tool: str, reply: Reply) -> list[str]:
    """What is wrong with a reply that should make one call, whose arguments have the parameters that they must have."""
    ((_, name, written),) = reply.calls
    if name not in (tool or TOOLS) or (tool and name != tool):
        return [f"it calls {name!r}"]
    try:
        given = json.loads(written)
    except ValueError:
        return [f"its arguments are {written!r}"]
    parameters = TOOLS[name]
    if not isinstance(given, dict) or not {next(iter(parameters))} <= given.keys() <= parameters.keys():
        return [f"its arguments are {written!r}"]
    return [] if reply.reason == "tool_calls" else [f"it ends with {reply.reason!r}"]
