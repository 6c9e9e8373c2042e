"""What a bomb is: a request made to cost more than it should, where it goes, and how it may be answered.

A bomb is written once, in no wire's words, and thrown at every chat route: `Chat` holds tools, turns and fields, and
`written` puts them into the words of a route. Where the damage is in the bytes themselves, `body` is those bytes.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

OLLAMA, OPENAI = "/api/chat", "/v1/chat/completions"
ANTHROPIC, RESPONSES = "/v1/messages", "/v1/responses"
GENERATE, COUNT = "/api/generate", "/v1/messages/count_tokens"
CHATS = (OLLAMA, OPENAI, ANTHROPIC, RESPONSES)
"""Routes that take a conversation with tools."""
Mode = Literal["prompt", "native", "auto", ""]
"""The value of `X-Toolbridge-Tools`; empty for no such header."""
Kind = Literal["ollama", "openai"]
"""The wire of the backend behind the bridge."""
MODES: tuple[Mode, ...] = ("prompt", "native", "auto")
KINDS: tuple[Kind, ...] = ("ollama", "openai")
FINE = frozenset(range(200, 300)) | frozenset(range(400, 500))
"""Any answer but a failure of the bridge or of its backend."""
REFUSED = frozenset({400, 413})
"""What exceeds a limit, which the message names."""
MODEL = "plain:1b"
_LEVELS = 20_000
"""How deep Python may go to write a body: a schema of 400 levels is some 2,400 calls."""


class Raw(str):
    """JSON text that goes into a body as it is, however odd."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A past call. `arguments` is JSON text, or what should be."""

    id: str
    name: str = "get_weather"
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class Result:
    """A past result."""

    id: str
    text: Any = "rain"
    name: str = "get_weather"


Turn = tuple[str, Any] | Sequence[Call] | Result
"""A role and what it says, calls of one turn, or a result."""


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat in no wire's words. `tools` are (name, description, schema)."""

    tools: Sequence[tuple[Any, Any, Any]] = ()
    turns: Sequence[Turn] = (("user", "How is Oslo?"),)
    fields: Mapping[str, Any] = field(default_factory=dict)
    model: str = MODEL

    def body(self, route: str, *, stream: bool = False) -> bytes:
        """This chat as a body for a route; `fields` may say otherwise whether its reply is streamed."""
        asked = {} if route == COUNT else {"stream": stream}
        return written(_IN_WORDS_OF.get(route, _conversation)(self, route) | asked | dict(self.fields))


Body = Callable[[str], bytes] | Chat | bytes


@dataclass(frozen=True, slots=True)
class Bomb:
    """One bomb. `attacks` is a sentence: what it wants to make slow, large or wrong."""

    name: str
    attacks: str
    make: Callable[[], Body]
    """Makes the body; made late, as some are large."""
    routes: tuple[str, ...] = CHATS
    modes: tuple[Mode, ...] = ("prompt",)
    headers: Mapping[str, str] = field(default_factory=dict)
    allowed: frozenset[int] = FINE
    names: str = ""
    """Words that the message of a refusal (400, 413) must hold, if it is refused: the limit that it exceeds."""
    method: str = "POST"
    kinds: tuple[Kind, ...] = KINDS
    large: bool = False
    """Whether it is too large or too slow to make for `make test`."""
    head: Callable[[], bytes] | None = None
    """The head of the request, where it is the head that is odd; the route stands in it as `{route}`."""

    def body(self, route: str, *, stream: bool = False, again: bool = False) -> bytes:
        """The bytes of its body for a route; `again` makes one that no cache has seen, and that costs the same.

        Only a `Chat` can be asked for as a stream.
        """
        made = self.make()
        if isinstance(made, Chat):
            if again and made.tools:
                *others, (name, said, schema) = made.tools
                made = replace(made, tools=[*others, (f"{name}_again", said, schema)])
            return made.body(route, stream=stream)
        return made if isinstance(made, bytes) else made(route)


def written(value: Any) -> bytes:
    """A body as JSON, with `Raw` values as they are."""
    raws: list[str] = []

    def marked(item: Any) -> Any:
        if isinstance(item, Raw):
            raws.append(item)
            return f"\ue000{len(raws) - 1}\ue001"
        if isinstance(item, dict):
            return {name: marked(inner) for name, inner in item.items()}
        return [marked(inner) for inner in item] if isinstance(item, list | tuple) else item

    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_LEVELS)
    try:
        text = json.dumps(marked(value), ensure_ascii=False, separators=(",", ":"))
    finally:
        sys.setrecursionlimit(before)
    text = re.sub('"\ue000(\\d+)\ue001"', lambda mark: raws[int(mark[1])], text)
    return text.encode("utf-8", "surrogatepass")


def objects(name: Any, description: Any, schema: Any) -> dict[str, Any]:
    """A tool as Ollama and OpenAI write it."""
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def _conversation(chat: Chat, route: str) -> dict[str, Any]:
    """`/api/chat` and `/v1/chat/completions`: they differ in how arguments are written."""
    messages: list[dict[str, Any]] = []
    for turn in chat.turns:
        match turn:
            case Result(call, text, name):
                messages.append({"role": "tool", "content": text, "tool_call_id": call, "tool_name": name})
            case (str() as role, text):
                messages.append({"role": role, "content": text})
            case calls:
                made = [{"id": one.id, "type": "function", "function": _function(one, route)} for one in calls]
                messages.append({"role": "assistant", "content": "", "tool_calls": made})
    body: dict[str, Any] = {"model": chat.model, "messages": messages}
    return body | ({"tools": [objects(*tool) for tool in chat.tools]} if chat.tools else {})


def _function(call: Any, route: str) -> dict[str, Any]:
    return {"name": call.name, "arguments": Raw(call.arguments) if route == OLLAMA else call.arguments}


def _anthropic(chat: Chat, route: str) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    system: list[dict[str, Any]] = []
    for turn in chat.turns:
        match turn:
            case Result(call, text, _):
                block = {"type": "tool_result", "tool_use_id": call, "content": text}
                messages.append({"role": "user", "content": [block]})
            case ("system" | "developer", text):
                system.append({"type": "text", "text": text})
            case (str() as role, text):
                messages.append({"role": role, "content": text})
            case calls:
                blocks = [{"type": "tool_use", "id": c.id, "name": c.name, "input": Raw(c.arguments)} for c in calls]
                messages.append({"role": "assistant", "content": blocks})
    body: dict[str, Any] = {"model": chat.model, "messages": messages}
    body |= {} if route == COUNT else {"max_tokens": 9}
    body |= {"system": system} if system else {}
    tools = [{"name": name, "description": said, "input_schema": schema} for name, said, schema in chat.tools]
    return body | ({"tools": tools} if tools else {})


def _responses(chat: Chat, _route: str) -> dict[str, Any]:
    items: list[dict[str, Any]] = []
    for turn in chat.turns:
        match turn:
            case Result(call, text, _):
                items.append({"type": "function_call_output", "call_id": call, "output": text})
            case (str() as role, text):
                items.append({"role": role, "content": text})
            case calls:
                items += [
                    {"type": "function_call", "call_id": c.id, "name": c.name, "arguments": c.arguments} for c in calls
                ]
    tools = [
        {"type": "function", "name": name, "description": said, "parameters": schema}
        for name, said, schema in chat.tools
    ]
    return {"model": chat.model, "input": items} | ({"tools": tools} if tools else {})


def _generate(chat: Chat, _route: str) -> dict[str, Any]:
    """The texts of a chat as one prompt; this route has no tools."""
    texts = [turn[1] for turn in chat.turns if isinstance(turn, tuple) and isinstance(turn[0], str)]
    whole = texts[0] if len(texts) == 1 else "\n".join(map(str, texts))
    return {"model": chat.model, "prompt": whole}


_IN_WORDS_OF: Mapping[str, Callable[[Chat, str], dict[str, Any]]] = {
    ANTHROPIC: _anthropic,
    COUNT: _anthropic,
    RESPONSES: _responses,
    GENERATE: _generate,
}
