"""A chat request, read and made ready for its backend.

There is no I/O here: all of it may be done aside, and a large body is (`aside`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest
from toolbridge.models import Backend, Learnt, Model, Policy
from toolbridge.plan import Plan, plan
from toolbridge.reply_parser import ReplyParser
from toolbridge.tool_prompt import window_for
from toolbridge.translate import StreamTranslator, copied_examples, inject_tools
from toolbridge.wire import wire
from toolbridge.wire.codec import write_json
from toolbridge.wire.openai.fitting import accepted, fitted
from toolbridge.wire.request_json import read_json

PATHS: Mapping[str, str] = {
    "ollama": "/api/chat",
    "openai": "/v1/chat/completions",
    "anthropic": "/v1/messages",
    "responses": "/v1/responses",
}
"""Where each wire takes its chats."""
COMPLETIONS = "/v1/completions"
"""Where a prompt goes that is no conversation."""
_AS_RECEIVED = ("passthrough", "native", "off")
"""Modes in which the client's own bytes go on, where the backend speaks the client's wire."""
_GENERATE = "ollama.generate"
_LONGEST_NAME = 1024
"""Characters of a model's name: it is matched with patterns, logged, and looked up."""


@dataclass(frozen=True, slots=True)
class ReadChat:
    """A client's body: the bytes that may go on, and what they ask for."""

    data: bytes
    chat: ChatRequest
    many: bool
    """Whether several replies are asked for, of which `chat` says nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One chat request: as it came, as it was read, the headers that go on, and where to."""

    http: web.Request
    read: ReadChat
    headers: CIMultiDict[str]
    backend: Backend
    name: str
    """What the backend calls the model."""

    @property
    def data(self) -> bytes:
        """The bytes that may go on."""
        return self.read.data

    @property
    def chat(self) -> ChatRequest:
        """What is asked."""
        return self.read.chat

    @property
    def is_prompt(self) -> bool:
        """Whether it is a finished prompt, or one with a hole, and no conversation (`/api/generate`)."""
        return bool(self.chat.source == _GENERATE and (self.chat.extra.get("raw") or self.chat.extra.get("suffix")))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is done with a request: the plan, the body that goes out, and what reads and writes the reply."""

    plan: Plan
    body: bytes | None
    """None where the client's own bytes go on."""
    translator: StreamTranslator | None
    """None where the reply goes on unread."""
    keeps_frames: bool
    """Whether the reply's own frames go on, but for text and calls."""


def read_chat(data: bytes, source: str, backend: Backend, limits: Limits) -> ReadChat:
    """A client's body. Raises `RequestError`."""
    budget = Budget(limits)
    body = read_json(data, budget)
    if source == backend.wire and backend.traits.fields is not None and accepted(body, backend.traits) != body:
        # Of what the server refuses to hear nothing is needed.
        body = accepted(body, backend.traits)
        data = write_json(body)
    many = source == "openai" and backend.wire == source and backend.traits.choices and _is_many(body.get("n"))
    chat = wire(source).read_request(body | {"n": 1} if many else body, budget)
    if len(chat.model) > _LONGEST_NAME:
        raise RequestError(f"the model's name has {len(chat.model)} characters; {_LONGEST_NAME} are the most")
    return ReadChat(data, chat, many)


def prepare(
    asked: Asked, model: Model, policy: Policy, learnt: Learnt, limits: Limits, *, notes: bool = False
) -> Prepared:
    """Decide about a request and write what goes out. `notes` as in `Wire.writer`. Raises `RequestError`."""
    chat, backend = asked.chat, asked.backend
    decided = plan(chat, model, backend, policy, learnt)
    same = chat.source == backend.wire
    as_received = same and decided.mode in _AS_RECEIVED
    # A byte pipe would pass on what no client of the wire can join.
    plain = not (chat.stream and same and backend.traits.repeats)
    body = None if as_received else _body(asked, decided, model, limits)
    if as_received and plain and not decided.reads:
        return Prepared(decided, body, None, keeps_frames=True)
    parser = None
    if decided.reads:
        prompted = decided.mode == "prompted"
        parser = ReplyParser(
            decided.dialect,
            decided.tools,
            reasoning=decided.reasoning,
            release=decided.release,
            copies=copied_examples(replace(chat, tools=decided.tools), budget=Budget(limits)) if prompted else (),
            limits=limits,
        )
    translator = StreamTranslator(
        backend.wire,
        chat.source,
        parser=parser,
        request=chat,
        stream=chat.stream,
        keeps_frames=as_received and plain,
        notes=notes,
        limits=limits,
    )
    return Prepared(decided, body, translator, keeps_frames=as_received and plain)


def _body(asked: Asked, decided: Plan, model: Model, limits: Limits) -> bytes:
    """The body that the plan wants, in the backend's wire and to its taste. Raises `RequestError`."""
    given, backend = replace(asked.chat, model=asked.name, tools=decided.tools), asked.backend
    if not decided.thinks:
        given = replace(given, think=None)
    if decided.mode == "prompted":
        budget = Budget(limits)
        given = inject_tools(given, decided.dialect, system=model.system, folded=decided.folded, budget=budget)
    if decided.widens and (window := window_for(given, model)):
        given = replace(given, sampling={**given.sampling, "window": window})
    body = wire(backend.wire).write_request(given)
    if asked.is_prompt:
        body = _prompt(body, given, backend)
    return write_json(fitted(body, given, backend.traits) if backend.wire == "openai" else body)


def _prompt(body: dict[str, Any], chat: ChatRequest, backend: Backend) -> dict[str, Any]:
    """A body for `/v1/completions`: the text of the one message as the prompt. Raises `RequestError`."""
    suffix = chat.extra.get("suffix")
    if suffix and not backend.traits.suffix:
        raise RequestError(f"{chat.model} on {backend.traits.title} does not support insert; leave suffix out")
    if len(chat.messages) > 1 or chat.messages[0].images:
        raise RequestError(f"{backend.traits.title} takes neither system nor images beside a prompt with raw or suffix")
    rest = {name: value for name, value in body.items() if name != "messages"}
    return rest | {"prompt": chat.messages[-1].content} | ({"suffix": suffix} if suffix else {})


def _is_many(n: object) -> bool:
    return isinstance(n, int) and n > 1
