"""A chat request, read and made ready for its backend.

There is no I/O here, so that all of this can be done aside (`aside`), as it is for a large body.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.budget import Budget
from toolbridge.checks import ToolChecks
from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.limits import Limits
from toolbridge.loops import nudged
from toolbridge.mended_history import mended
from toolbridge.messages import ChatRequest, Message
from toolbridge.models import Backend, Learnt, Model, Policy
from toolbridge.plan import Plan, plan
from toolbridge.reply_parser import ReplyParser
from toolbridge.schema import calls_constraint, projected_tools
from toolbridge.server.aside import is_light
from toolbridge.strict_turns import strict_turns
from toolbridge.tool_prompt import allowed_variant, choosable, estimated_tokens, tokens_of_tools, window_for
from toolbridge.translate import StreamTranslator, copied_examples, inject_tools
from toolbridge.translate.deferred import told_in_place
from toolbridge.translate.watch import Watch
from toolbridge.wire import backend_wire, wire
from toolbridge.wire.codec import write_json
from toolbridge.wire.dropped import refuse_dropped
from toolbridge.wire.ollama.write_request import with_window
from toolbridge.wire.openai.fitting import accepted
from toolbridge.wire.request_json import read_json
from toolbridge.wire.responses.recall import Addition, Memory, recalled

COMPLETIONS = "/v1/completions"
"""Where a finished prompt goes, which is no conversation."""
_AS_RECEIVED = ("passthrough", "native", "off")
"""Modes in which the client's own bytes go on, where the backend speaks the client's wire."""
_LONGEST_NAME = 1024
"""Characters of a model's name: it is matched with patterns, logged, and looked up."""


@dataclass(frozen=True, slots=True)
class ReadChat:
    """A client's body: the bytes that may go on, and the request in them."""

    data: bytes
    chat: ChatRequest
    many: bool
    """Whether several replies are asked for; `chat` says nothing of this."""
    addition: Addition | None = None
    """What the request adds to its conversation; None where the response is not to be kept."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One chat request: as it came, as it was read, the headers that go on, and its backend."""

    http: web.Request
    read: ReadChat
    headers: CIMultiDict[str]
    backend: Backend
    name: str
    """The backend's name for the model."""

    @property
    def data(self) -> bytes:
        """The bytes that may go on."""
        return self.read.data

    @property
    def chat(self) -> ChatRequest:
        """The request in our words."""
        return self.read.chat

    @property
    def is_prompt(self) -> bool:
        """Whether `/api/generate` was asked with a finished prompt, or with a prompt that has a hole to fill."""
        is_prompt = wire(self.chat.source).is_prompt
        return is_prompt is not None and is_prompt(self.chat)


@dataclass(frozen=True, slots=True)
class Prepared:
    """How a request goes out and comes back: the plan, the body, and the translator of the reply."""

    plan: Plan
    body: bytes | None
    """None where the client's own bytes go on."""
    translator: StreamTranslator | None
    """None where the reply goes on unread."""
    keeps_frames: bool
    """Whether the reply's own frames go on, but for text and calls."""
    watch: Watch | None = None
    """Looks for the call that the reply must make; None where the reply may be any."""
    window: int | None = None
    """The window that the bridge asks for."""
    lacks: int | None = None
    """The tokens that the request may take where the client itself chose a window that is too small for the tools."""
    dropped: tuple[str, ...] = ()
    """The types of the client's tools that neither the backend nor the prompt holds."""


def read_chat(
    data: bytes, source: str, backend: Backend, limits: Limits, *, path: str = "", memory: Memory | None = None
) -> ReadChat:
    """Read a client's body. Raises `RequestError`.

    `path` is the path that it was sent to. `memory` has the responses that the body may refer to.
    """
    budget = Budget(limits)
    body, addition = read_json(data, budget), None
    if path in wire(source).also_at:
        body = wire(source).also_at[path](body)
        data = write_json(body)
    if memory is not None:
        found = recalled(body, memory, budget, limits.body)
        body, addition = found.body, found.addition
        data = write_json(body) if found.changed else data
    if source == backend.wire and backend.traits.fields is not None and accepted(body, backend.traits) != body:
        # The server refuses a body with unknown fields, which it would not use anyway.
        body = accepted(body, backend.traits)
        data = write_json(body)
    many = backend.wire == source and backend.traits.choices and _is_many(body.get("n"))
    chat = wire(source).read_request(body | {"n": 1} if many else body, budget)
    if len(chat.model) > _LONGEST_NAME:
        raise RequestError(f"the model's name has {len(chat.model)} characters; {_LONGEST_NAME} are the most")
    if addition is not None:
        told = {"store": True, "previous_response_id": addition.previous}
        chat = replace(chat, extra={**chat.extra, **told})
    return ReadChat(data, chat, many, addition)


def prepare(
    asked: Asked,
    model: Model,
    policy: Policy,
    learnt: Learnt,
    limits: Limits,
    *,
    messages: tuple[Message, ...] | None = None,
    held: int | None = None,
    notes: bool = False,
) -> Prepared:
    """Decide about a request and write what goes out. Raises `RequestError`.

    `messages` is the conversation where it goes on behind the client's, as a forced call is asked for again. `held` is
    the window that the bridge asked for before and the model is loaded with. `notes` as in `Wire.writer`.
    """
    chat, backend = asked.chat, asked.backend
    decided = plan(chat, model, backend, policy, learnt)
    going_on = _kept_up(replace(chat, messages=messages or chat.messages), policy)
    offering = _offering(going_on, decided, backend, limits)
    if decided.prompts:
        decided = _with_variant(decided, offering, limits)
    same = chat.source == backend.wire
    keeps = same and decided.mode in _AS_RECEIVED and not _has_unknown_tools(chat, decided, backend)
    # A byte pipe would pass on the role in every piece, which openai-python joins to `assistantassistant`.
    plain = not (chat.stream and same and backend.traits.repeats)
    # The client's own bytes hold its wish for thinking, its turns and its schemas, so without these the body is written
    # anew.
    as_received = keeps and decided.thinks and decided.turns != "mended"
    as_received = as_received and offering.tools is decided.tools and going_on.messages is chat.messages
    dropped = () if as_received else chat.dropped
    if dropped:
        refuse_dropped(chat)
    given = chat if as_received else _outgoing(asked, offering, decided, model, limits)
    window = None if decided.mode == "off" else _window(given, decided, model, held)
    lacks = _lacks(given, decided, backend)
    decided = replace(decided, why=decided.why + _about(window, held, lacks, given))
    body = _received(asked, window) if as_received else _body(asked, given, window)
    if keeps and plain and not (decided.reads or decided.checks):
        return Prepared(decided, body, None, keeps_frames=True, window=window, lacks=lacks, dropped=dropped)
    parser = None
    if decided.reads:
        parser = ReplyParser(
            decided.dialect,
            decided.tools,
            reasoning=decided.reasoning,
            release=decided.release,
            copies=_copies(offering, decided, limits) if decided.prompts else (),
            limits=limits,
        )
    watch = Watch(tool.name for tool in decided.tools) if decided.forced else None
    translator = StreamTranslator(
        backend.wire,
        chat.source,
        parser=parser,
        checks=_checks(decided, policy, remembers=is_light(asked.data)),
        request=chat,
        stream=chat.stream,
        keeps_frames=keeps and plain,
        notes=notes,
        measures=True,
        watch=watch,
        limits=limits,
    )
    return Prepared(
        decided,
        body,
        translator,
        keeps_frames=keeps and plain,
        watch=watch,
        window=window,
        lacks=lacks,
        dropped=dropped,
    )


def _checks(decided: Plan, policy: Policy, *, remembers: bool) -> ToolChecks | None:
    """What calls are held to, if they are. With `remembers`, the whole of each schema is looked at."""
    if not decided.checks:
        return None
    return ToolChecks(decided.tools, coerces=policy.coerces, notes=policy.check != "off", remembers=remembers)


def _kept_up(chat: ChatRequest, policy: Policy) -> ChatRequest:
    """The conversation with its broken turns mended, and with words for a model that repeats itself."""
    messages = chat.messages
    if policy.repairs and policy.mode != "off":
        messages = mended(messages, chat.tools)
    if policy.loop_guard and policy.mode != "off":
        messages = nudged(messages)
    return replace(chat, messages=messages)


def _offering(chat: ChatRequest, decided: Plan, backend: Backend, limits: Limits) -> ChatRequest:
    """The request with the plan's tools as the backend or the prompt gets them.

    llama.cpp refuses schemas of which it cannot make a grammar.
    """
    if decided.prompts:
        return told_in_place(replace(chat, tools=decided.tools))
    form = backend.traits.schemas if decided.mode == "native" else None
    return replace(chat, tools=projected_tools(decided.tools, form, Budget(limits)))


def _has_unknown_tools(chat: ChatRequest, decided: Plan, backend: Backend) -> bool:
    """Whether freeform tools must be written anew, as the server takes no such tools."""
    has_freeform = any(tool.freeform is not None for tool in chat.tools)
    return has_freeform and decided.mode != "off" and not backend.traits.freeform


def _copies(offering: ChatRequest, decided: Plan, limits: Limits) -> tuple[ToolCall, ...]:
    """The calls of the examples in the prompt for these tools."""
    return copied_examples(offering, variant=decided.variant, budget=Budget(limits))


def _with_variant(decided: Plan, offering: ChatRequest, limits: Limits) -> Plan:
    """The plan with the variant of the prompt that its tools allow; the reason names a variant that is not the full."""
    if decided.variant is None:
        return decided
    chosen = choosable(offering.tools, offering.tool_choice)
    variant = allowed_variant(decided.variant, chosen, Budget(limits))
    told = f", prompt: {variant.name}" if variant.brief or not variant.shows else ""
    return replace(decided, variant=variant, why=decided.why + told)


def _outgoing(asked: Asked, offering: ChatRequest, decided: Plan, model: Model, limits: Limits) -> ChatRequest:
    """The request that the plan wants. Raises `RequestError`."""
    given = replace(offering, model=asked.name)
    if not decided.thinks:
        wished = wire(given.source).thinking_fields
        extra = {name: value for name, value in given.extra.items() if name not in wished}
        given = replace(given, think=None, extra=extra)
    if decided.prompts:
        budget = Budget(limits)
        # The schema has a budget of its own, as the prompt must not be refused for want of a smaller schema.
        held_to = _constraint(given, Budget(limits)) if decided.mode == "constrained" else None
        given = inject_tools(
            given if held_to is None else replace(given, format=None),
            decided.dialect,
            system=model.system,
            folded=decided.folded,
            variant=decided.variant,
            reminds=decided.reminds,
            budget=budget,
        )
        given = given if held_to is None else replace(given, format=held_to)
    return given if decided.turns != "mended" else replace(given, messages=strict_turns(given.messages))


def _constraint(offering: ChatRequest, budget: Budget) -> Mapping[str, Any]:
    """The schema that only calls of the offered tools fit. A named tool is called once."""
    several = offering.parallel and offering.tool_choice.name is None
    return calls_constraint(offering.tools, several=several, budget=budget)


def _window(given: ChatRequest, decided: Plan, model: Model, held: int | None) -> int | None:
    """The window to ask for: one that holds the prompt, or the larger one that the model is loaded with already."""
    if "window" in given.sampling:
        return None
    needed = window_for(given, model) if decided.widens else None
    return max(needed or 0, held or 0) or None


def _lacks(given: ChatRequest, decided: Plan, backend: Backend) -> int | None:
    """The tokens that the request may take, if Ollama is asked for tools in a smaller window of the client's own."""
    own = given.sampling.get("window")
    if not own or own < 0 or not decided.tools or decided.mode == "off" or not backend.traits.native_routes:
        return None
    # Tools that are prompted for stand in the messages already.
    needed = estimated_tokens(given) + tokens_of_tools(given.tools)
    return needed if needed > own else None


def _about(window: int | None, held: int | None, lacks: int | None, given: ChatRequest) -> str:
    """The end of the plan's reason: a window that is kept, or one of the client's that is too small."""
    if lacks is not None:
        return f", num_ctx {given.sampling['window']} is too small: about {lacks} tokens"
    return f", window: {window} as loaded" if window is not None and window == held else ""


def _received(asked: Asked, window: int | None) -> bytes | None:
    """The client's own body with a window added; None where its own bytes go on."""
    return None if window is None else write_json(with_window(read_json(asked.data), window))


def _body(asked: Asked, given: ChatRequest, window: int | None) -> bytes:
    """The body for a request, in the backend's wire and with the fields that it takes. Raises `RequestError`."""
    backend = asked.backend
    if window is not None:
        given = replace(given, sampling={**given.sampling, "window": window})
    spoken = backend_wire(backend.wire)
    body = spoken.write_request(given)
    if asked.is_prompt:
        body = _prompt(body, given, backend)
    return write_json(body if spoken.fit is None else spoken.fit(body, given, backend.traits))


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
