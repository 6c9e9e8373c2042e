"""The same conversation on each of the four wires, held by the package that people use for that wire.

talk = TALKS["ollama"](bridge, model, mode)
reply = talk.ask(QUESTION, stream=True)          a turn with the tool on offer
reply = talk.tell(QUESTION, reply, stream=True)  the turn with the results of its calls
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anthropic
import ollama
import openai

QUESTION = "What is the weather in Oslo and in Rome?"
CITIES = ("Oslo", "Rome")
DEGREES = {"Oslo": 9, "Rome": 24}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"name": "get_weather", "description": "Report the weather of a city."}
MOST = 128
"""Tokens of a reply, where a small model would go on for ever."""


@dataclass(frozen=True)
class Reply:
    """A reply as the client's package put it together."""

    text: str
    thinking: str
    calls: tuple[tuple[str, str, Any], ...]
    """Identifier, name and arguments of each call."""
    reason: str
    """Why it ended, in the words of the wire; empty if the end did not come."""
    tokens: int
    """The tokens that the reply is said to have."""


class Talk(ABC):
    """A conversation with one model in one mode of the header `X-Toolbridge-Tools`."""

    def __init__(self, bridge: str, model: str, mode: str, key: str = "-") -> None:
        self.bridge = bridge
        self.model = model
        # What the bridge learns of a model it remembers for one key.
        self.headers = {"X-Toolbridge-Tools": mode, "Authorization": f"Bearer {key}"}

    def ask(self, question: str, *, stream: bool) -> Reply:
        """A question with the tool on offer."""
        return self._reply([{"role": "user", "content": question}], stream=stream)

    def follow(self, said: Sequence[tuple[str, str]], *, stream: bool) -> Reply:
        """A conversation of roles and texts, with the tool on offer."""
        return self._reply([{"role": role, "content": text} for role, text in said], stream=stream)

    def tell(self, question: str, reply: Reply, *, stream: bool) -> Reply:
        """The same question, the calls of the reply, and a result for each of them."""
        return self._reply([{"role": "user", "content": question}, *self._results(reply)], stream=stream)

    @abstractmethod
    def _reply(self, turns: list[Any], *, stream: bool) -> Reply:
        """The reply to these turns of the wire's own."""

    @abstractmethod
    def _results(self, reply: Reply) -> Sequence[Any]:
        """The reply as a turn, and the turns with the results of its calls."""


class OllamaTalk(Talk):
    """By `ollama`, at `/api/chat`."""

    def _reply(self, turns: list[Any], *, stream: bool) -> Reply:
        chat: Any = ollama.Client(host=self.bridge, headers=self.headers).chat
        tool = {"type": "function", "function": TOOL | {"parameters": SCHEMA}}
        options = {"num_predict": MOST, "temperature": 0}
        said = chat(model=self.model, messages=turns, tools=[tool], options=options, stream=stream)
        parts = list(said) if stream else [said]
        calls = [call for part in parts for call in part.message.tool_calls or ()]
        return Reply(
            "".join(part.message.content or "" for part in parts),
            "".join(part.message.thinking or "" for part in parts),
            tuple(("", call.function.name, dict(call.function.arguments)) for call in calls),
            (parts[-1].done_reason or "") if parts[-1].done else "",
            parts[-1].eval_count or 0,
        )

    def _results(self, reply: Reply) -> Sequence[Any]:
        calls = [{"function": {"name": name, "arguments": given}} for _, name, given in reply.calls]
        turn = {"role": "assistant", "content": reply.text, "thinking": reply.thinking, "tool_calls": calls}
        results = [{"role": "tool", "tool_name": name, "content": result(given)} for _, name, given in reply.calls]
        return [turn, *results]


class CompletionsTalk(Talk):
    """By `openai`, at `/v1/chat/completions`."""

    def _reply(self, turns: list[Any], *, stream: bool) -> Reply:
        client = openai.OpenAI(base_url=f"{self.bridge}/v1", api_key="-", default_headers=self.headers, max_retries=0)
        create: Any = client.chat.completions.create
        tool = {"type": "function", "function": TOOL | {"parameters": SCHEMA}}
        asked = {"model": self.model, "messages": turns, "tools": [tool], "max_tokens": MOST, "temperature": 0}
        if not stream:
            said = create(**asked)
            message = said.choices[0].message
            calls = {at: [call.id, call.function] for at, call in enumerate(message.tool_calls or ())}
            made = tuple((name, each.name, json.loads(each.arguments)) for name, each in calls.values())
            thinking = getattr(message, "reasoning_content", "") or ""
            return Reply(
                message.content or "", thinking, made, said.choices[0].finish_reason, said.usage.completion_tokens
            )
        text, thinking, reason, tokens = "", "", "", 0
        heard: dict[int, list[str]] = {}
        for piece in create(**asked, stream=True, stream_options={"include_usage": True}):
            tokens = piece.usage.completion_tokens if piece.usage else tokens
            for choice in piece.choices:
                text += choice.delta.content or ""
                thinking += getattr(choice.delta, "reasoning_content", "") or ""
                reason = choice.finish_reason or reason
                for call in choice.delta.tool_calls or ():
                    parts = heard.setdefault(call.index, ["", "", ""])
                    for at, part in enumerate((call.id, call.function.name, call.function.arguments)):
                        parts[at] += part or ""
        made = tuple((name, tool, json.loads(given)) for name, tool, given in heard.values())
        return Reply(text, thinking, made, reason, tokens)

    def _results(self, reply: Reply) -> Sequence[Any]:
        calls = [
            {"id": name, "type": "function", "function": {"name": tool, "arguments": json.dumps(given)}}
            for name, tool, given in reply.calls
        ]
        turn = {"role": "assistant", "content": reply.text or None, "tool_calls": calls}
        results = [{"role": "tool", "tool_call_id": name, "content": result(given)} for name, _, given in reply.calls]
        return [turn, *results]


class MessagesTalk(Talk):
    """By `anthropic`, at `/v1/messages`."""

    def _reply(self, turns: list[Any], *, stream: bool) -> Reply:
        client = anthropic.Anthropic(base_url=self.bridge, api_key="-", default_headers=self.headers, max_retries=0)
        tools = [TOOL | {"input_schema": SCHEMA}]
        asked: dict[str, Any] = {"model": self.model, "messages": turns, "tools": tools, "max_tokens": MOST}
        asked["extra_body"] = {"temperature": 0}  # the package has no such argument any more
        messages: Any = client.messages
        if stream:
            with messages.stream(**asked) as events:
                said = events.get_final_message()
        else:
            said = messages.create(**asked)
        return Reply(
            "".join(block.text for block in said.content if block.type == "text"),
            "".join(block.thinking for block in said.content if block.type == "thinking"),
            tuple((block.id, block.name, block.input) for block in said.content if block.type == "tool_use"),
            said.stop_reason or "",
            said.usage.output_tokens,
        )

    def _results(self, reply: Reply) -> Sequence[Any]:
        text = [{"type": "text", "text": reply.text}] if reply.text.strip() else []
        calls = [{"type": "tool_use", "id": name, "name": tool, "input": given} for name, tool, given in reply.calls]
        results = [
            {"type": "tool_result", "tool_use_id": name, "content": result(given)} for name, _, given in reply.calls
        ]
        return [{"role": "assistant", "content": [*text, *calls]}, {"role": "user", "content": results}]


class ResponsesTalk(Talk):
    """By `openai`, at `/v1/responses`."""

    def _reply(self, turns: list[Any], *, stream: bool) -> Reply:
        client = openai.OpenAI(base_url=f"{self.bridge}/v1", api_key="-", default_headers=self.headers, max_retries=0)
        create: Any = client.responses.create
        tools = [{"type": "function", **TOOL, "parameters": SCHEMA}]
        asked = {"model": self.model, "input": turns, "tools": tools, "max_output_tokens": MOST, "temperature": 0}
        said = create(**asked, stream=stream)
        if stream:
            ends = [each.response for each in said if each.type in ("response.completed", "response.incomplete")]
            if len(ends) != 1:
                return Reply("", "", (), "", 0)
            said = ends[0]
        calls = [item for item in said.output if item.type == "function_call"]
        thoughts = [item for item in said.output if item.type == "reasoning"]
        return Reply(
            said.output_text,
            "".join(part.text for item in thoughts for part in item.content or item.summary),
            tuple((item.call_id, item.name, json.loads(item.arguments)) for item in calls),
            said.status or "",
            said.usage.output_tokens,
        )

    def _results(self, reply: Reply) -> Sequence[Any]:
        turns: list[Any] = [{"role": "assistant", "content": reply.text}] if reply.text.strip() else []
        for name, tool, given in reply.calls:
            turns.append({"type": "function_call", "call_id": name, "name": tool, "arguments": json.dumps(given)})
        for name, _, given in reply.calls:
            turns.append({"type": "function_call_output", "call_id": name, "output": result(given)})
        return turns


TALKS: Mapping[str, type[Talk]] = {
    "ollama": OllamaTalk,
    "openai": CompletionsTalk,
    "anthropic": MessagesTalk,
    "responses": ResponsesTalk,
}
"""The conversation of each wire."""


def result(given: Any) -> str:
    """The weather of the city in a call's arguments."""
    city = given.get("city") if isinstance(given, dict) else None
    return json.dumps({"city": city, "degrees": DEGREES.get(str(city))})
