"""Decides which way a request goes, before it leaves, by a table in which the first row that fits counts.

A request, a model with the facts learnt of it, a backend and a policy are reduced to eight `Facts`, each a word from a
short list. `TABLE` maps facts to a mode; a row names only the facts that matter to it. Rows exclude each other, except
those marked `wins`, which also fit where a later row would: order matters at these marks alone.

The rest of a `Plan` follows from the row, with the notation by `choose_dialect`, the release by the client's wire, and
the reasoning by the template. No function here does I/O, and no model is asked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from toolbridge.dialect_choice import AUTO, choose_dialect, claimed_dialects
from toolbridge.events import Error
from toolbridge.messages import ChatRequest, Tool
from toolbridge.model_converter import opens_thinking, shows_tools, takes_system
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Mode, Model, Policy
from toolbridge.refusals import (
    MESSAGE_REACH,
    RequestWords,
    refuses_constraint,
    refuses_system,
    refuses_thinking,
    refuses_tools,
    refuses_turns,
    rejects_calls,
)
from toolbridge.strict_turns import strict_turns
from toolbridge.tool_prompt import BRIEF, ZERO_SHOT, Variant, choose_variant
from toolbridge.wire import wire

Way = Literal["passthrough", "translate", "native", "constrained", "prompted", "off"]
Release = Literal["early", "whole"]
Reasoning = Literal["auto", "open", "off"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The way of one request.

    Its `mode` is one of six. passthrough: the client's bytes go on, and the backend's come back. translate: to another
    wire, or without the tools of the body; text is not read. native: the backend gets the tools. prompted: the tools
    are written into the prompt. constrained: as prompted, and the backend is held to a schema that only calls fit. off:
    the client or the operator does not want the bridge to do anything.
    """

    mode: Way
    why: str
    """A few words of printable ASCII for the `X-Toolbridge-Mode` header."""
    dialect: str = ""
    """The notation that is asked for (prompted), or `auto` (native), which reads calls of declared tools in all
    marked notations."""
    release: Release = "whole"
    variant: Variant | None = None
    """The variant of the prompt; None where no tools are prompted for."""
    reminds: int = 0
    """Tokens of a conversation from which on the prompt reminds of the form of a call; 0 never does."""
    reasoning: Reasoning = "auto"
    reads: bool = False
    """Whether the reply's text is read for calls."""
    checks: bool = False
    """Whether calls are held to the schemas of their tools."""
    tools: tuple[Tool, ...] = ()
    """The tools for the backend or the prompt; a reply may call no others."""
    parallel: bool = True
    folded: bool = False
    """Whether the prompt goes into the first user turn instead of the system message."""
    widens: bool = False
    """Whether Ollama is asked for a window that holds the prompt: it silently cuts the front off a longer prompt."""
    hints_thinking: bool = False
    """Whether the client wishes for thinking as a hint, which the bridge drops where the model refuses it."""
    thinks: bool = True
    """Whether the backend gets the client's wish for thinking, if there is one."""
    has_other: bool = False
    """Whether there is another way to ask for calls, should the engine reject what the model writes."""
    turns: Literal["plain", "odd", "mended"] = "plain"
    """Whether strict templates refuse the conversation, so that it goes out mended where a template did (mended)."""
    forced: bool = False
    """Whether the reply must call one of the tools: a reply without a call is asked for again."""
    untried: bool = False
    """Whether it is unknown that the backend obeys `tool_choice`, so that a forced call teaches it."""

    @property
    def prompts(self) -> bool:
        """Whether the tools, or past calls and results, are written into the prompt."""
        return self.mode in _PROMPTS


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that the table decides by."""

    asked: Mode
    """The mode set by the operator, or by the client for this request."""
    wires: Literal["same", "other"]
    """Whether client and backend speak the same wire."""
    turns: Literal["some", "none"]
    """Whether there is a conversation; on Ollama's wire a request without turns loads the model."""
    tools: Literal["none", "withheld", "auto", "forced"]
    """Whether tools are offered, and how: with `tool_choice` none (withheld), freely (auto), or so that one of them
    must be called (forced)."""
    history: Literal["yes", "no"]
    """Whether past calls or results stand in the conversation."""
    native: Literal["yes", "no", "refused", "rejected", "unknown"]
    """Whether the backend lists tools for this model: yes, no, its 400 refused them, its own parser rejected the calls
    that the model wrote, or it lists no capabilities."""
    obeys: Literal["yes", "no", "unknown"]
    """Whether the backend obeys `tool_choice`; Ollama ignores it."""
    constrains: Literal["yes", "no"]
    """Whether the backend may be held to a schema that only calls fit."""


@dataclass(frozen=True, slots=True)
class Row:
    """A decision: the words that fit for each fact that matters to it, the mode, and the reason for a header."""

    mode: Way
    why: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tools: bool = False
    """Whether the offered tools go along."""
    wins: bool = False
    """Whether the row stands above others that would fit as well."""

    def fits(self, facts: Facts) -> bool:
        """Whether each fact that matters to the row has a word that fits."""
        return all(getattr(facts, name) in words for name, words in self.when.items())


_ANY = ("auto", "forced")
_PROMPTS = ("prompted", "constrained")

TABLE: tuple[Row, ...] = (
    Row("off", "switched off", {"asked": ("off",)}, tools=True, wins=True),
    # A request that loads the model gets no prompt, as the model would write a reply; Ollama refuses tools here, too.
    Row(
        "translate",
        "loads the model",
        {"asked": ("auto", "prompt"), "turns": ("none",), "tools": ("withheld", "auto", "forced")},
        wins=True,
    ),
    # The reply must not hold calls.
    Row(
        "prompted",
        "tool history as text, prompting is set",
        {"asked": ("prompt",), "tools": ("none", "withheld"), "history": ("yes",)},
        wins=True,
    ),
    Row(
        "prompted",
        "tool history as text, the model has no tools",
        {"asked": ("auto",), "tools": ("none", "withheld"), "history": ("yes",), "native": ("no", "refused")},
        wins=True,
    ),
    Row("passthrough", "no tools", {"wires": ("same",), "tools": ("none",)}),
    Row("translate", "no tools", {"wires": ("other",), "tools": ("none",)}),
    Row(
        "passthrough",
        "tool_choice none, kept by the backend",
        {
            "asked": ("auto", "native"),
            "wires": ("same",),
            "tools": ("withheld",),
            "native": ("yes", "unknown", "rejected"),
            "obeys": ("yes", "unknown"),
        },
        wins=True,
    ),
    Row("translate", "tool_choice none", {"tools": ("withheld",)}),
    # The reply may hold calls.
    Row("native", "native is set", {"asked": ("native",), "tools": _ANY}, tools=True),
    # A free choice is never held to a schema, as the model could not answer in words.
    Row(
        "constrained",
        "prompting is set and a call is forced",
        {"asked": ("prompt",), "tools": ("forced",), "constrains": ("yes",)},
        tools=True,
        wins=True,
    ),
    Row(
        "constrained",
        "a call is forced and not to be had natively",
        {"asked": ("auto",), "tools": ("forced",), "native": ("no", "refused", "rejected"), "constrains": ("yes",)},
        tools=True,
        wins=True,
    ),
    Row(
        "constrained",
        "the backend ignores tool_choice",
        {
            "asked": ("auto",),
            "tools": ("forced",),
            "native": ("yes", "unknown"),
            "obeys": ("no",),
            "constrains": ("yes",),
        },
        tools=True,
        wins=True,
    ),
    Row("prompted", "prompting is set", {"asked": ("prompt",), "tools": _ANY}, tools=True),
    Row(
        "prompted",
        "the backend refused tools",
        {"asked": ("auto",), "tools": _ANY, "native": ("refused",)},
        tools=True,
    ),
    # llama.cpp and Ollama answer with an error if their own parser or grammar fails on what the model writes.
    Row(
        "prompted",
        "the engine rejected the calls",
        {"asked": ("auto",), "tools": _ANY, "native": ("rejected",)},
        tools=True,
    ),
    Row("prompted", "the model has no tools", {"asked": ("auto",), "tools": _ANY, "native": ("no",)}, tools=True),
    Row(
        "prompted",
        "the backend ignores tool_choice",
        {"asked": ("auto",), "tools": ("forced",), "native": ("yes", "unknown"), "obeys": ("no",)},
        tools=True,
        wins=True,
    ),
    Row("native", "the model has tools", {"asked": ("auto",), "tools": _ANY, "native": ("yes",)}, tools=True),
    Row("native", "the backend cannot say", {"asked": ("auto",), "tools": _ANY, "native": ("unknown",)}, tools=True),
)
"""Some row fits every combination of facts; the first row that fits decides."""

_NATIVE: Mapping[bool | None, Literal["yes", "no", "unknown"]] = {True: "yes", False: "no", None: "unknown"}

CONSTRAINED = "json"
"""The notation of a reply that is held to a schema: JSON without a marker."""

_CONVERSATIONAL = ("alternate", "role", "system", "developer", "template")
"""Words of errors that may be due to the turns of a conversation."""
_ROUTING = ("provider", "models", "route")
"""Fields by which a client of OpenRouter's chooses the providers that may answer."""
_WHY_REACH = 120
_UNPRINTABLE = re.compile(r"[^\x20-\x3a\x3c-\x7e]+")
"""Characters that must not stand in the header's reason: its own separator `;`, and all but printable ASCII."""


def plan(request: ChatRequest, model: Model, backend: Backend, policy: Policy, learnt: Learnt = NOTHING_LEARNT) -> Plan:
    """The way of this request. The function is pure: equal arguments give equal plans."""
    facts = read_facts(request, model, backend, policy, learnt)
    row = decide(facts)
    prompts = row.mode in _PROMPTS
    clients = wire(request.source)
    tools = () if not row.tools else request.tools if row.mode == "off" else _callable_tools(request)
    reads = bool(tools) and (prompts or (row.mode == "native" and policy.rescue))
    dialect, why = AUTO if reads else "", row.why
    forced = reads and facts.tools == "forced" and policy.mode != "native"
    has_other = row.mode == "native" and policy.mode == "auto" and bool(tools)
    if row.mode == "constrained":
        dialect, has_other = CONSTRAINED, True
    elif prompts:
        dialect, because = _notation(model, tools, policy, rejected=learnt.rejects_calls)
        has_other = bool(tools) and dialect != _notation(model, tools, policy, rejected=True)[0]
        why = f"{why}, dialect: {because}"
        if tools and request.format is not None:
            why += ", format: in the prompt"
    turns = _turns(request, row, learnt)
    untouched = row.mode == "off" and request.source == backend.wire
    hints_thinking = clients.hints_thinking and bool(request.think) and not untouched
    return Plan(
        mode=row.mode,
        why=_UNPRINTABLE.sub(" ", why)[:_WHY_REACH] + (", turns: mended" if turns == "mended" else ""),
        dialect=dialect,
        variant=_variant(row, model, policy) if prompts and tools else None,
        reminds=policy.reminds if row.mode == "prompted" else 0,
        release="whole" if clients.whole_calls or not request.stream else "early",
        reasoning=_reasoning(request, model, backend, row) if reads else "off",
        reads=reads,
        checks=bool(tools) and row.mode != "off" and (policy.coerces or policy.check != "off"),
        tools=tools,
        parallel=request.parallel,
        folded=prompts and (learnt.no_system or not takes_system(model)),
        widens=prompts and backend.traits.native_routes and policy.widens,
        hints_thinking=hints_thinking,
        thinks=not (hints_thinking and learnt.no_thinking),
        has_other=has_other,
        turns=turns,
        forced=forced,
        untried=forced and row.mode == "native" and facts.obeys == "unknown",
    )


def read_facts(
    request: ChatRequest, model: Model, backend: Backend, policy: Policy, learnt: Learnt = NOTHING_LEARNT
) -> Facts:
    """The facts of a request, for the table."""
    native = _NATIVE[shows_tools(model)]
    return Facts(
        asked=policy.mode,
        wires="same" if request.source == backend.wire else "other",
        turns="some" if request.messages else "none",
        tools=_tools(request),
        history="yes" if request.has_tool_history else "no",
        native="refused" if learnt.refuses_tools else "rejected" if learnt.rejects_calls and native != "no" else native,
        obeys=_obeys(backend, learnt),
        constrains="yes" if _constrains(model, backend, learnt) else "no",
    )


def decide(facts: Facts) -> Row:
    """The first row that fits."""
    return next(row for row in TABLE if row.fits(facts))


def lesson(
    request: ChatRequest, decided: Plan, policy: Policy, error: Error, in_request: RequestWords | None = None
) -> Learnt:
    """The facts about a model that a backend's error answer teaches, and that the plan did not know.

    Without `in_request` they are good for a second try of this request. With `in_request`, the words of the
    request, they hold for other requests, too: the error does not quote the request, and was not due to it.
    """
    status, message = error.status, error.message
    # Mending leaves a conversation alone that any template takes, so this holds for others, whatever the turns are.
    if decided.turns == "odd" and refuses_turns(status, message, in_request):
        return Learnt(strict_turns=True)
    if in_request is not None and not _is_of_the_model(request, message):
        return NOTHING_LEARNT
    if decided.mode == "constrained" and refuses_constraint(status, message, in_request):
        return Learnt(no_constraint=True)
    if decided.mode == "native" and policy.mode == "auto" and refuses_tools(status, message, in_request):
        return Learnt(refuses_tools=True)
    if decided.has_other and rejects_calls(status, message, in_request):
        # An engine that cannot read JSON calls is not held to them either.
        return Learnt(rejects_calls=True, no_constraint=decided.mode == "constrained")
    if decided.hints_thinking and decided.thinks and refuses_thinking(status, message, in_request):
        return Learnt(no_thinking=True)
    if decided.prompts and not decided.folded and refuses_system(status, message, in_request):
        return Learnt(no_system=True)
    return NOTHING_LEARNT


def _is_of_the_model(request: ChatRequest, message: str) -> bool:
    """Whether a refusal is due to the model, and not to the turns, the tool choice or the providers of this client.

    Templates refuse roles that do not alternate, and system messages that come late. OpenRouter refuses a forced tool
    if its providers have only the free choice, and any tool if the client named providers without tools.
    """
    text = message[:MESSAGE_REACH].lower()
    if "tool_choice" in text and request.tool_choice.mode == "required":
        return False
    if "endpoints" in text and any(name in request.extra for name in _ROUTING):
        return False
    if not any(word in text for word in _CONVERSATIONAL):
        return True
    roles = [message.role for message in request.messages]
    while roles and roles[0] == "system":
        del roles[0]
    turns = all(role != following or role == "tool" for role, following in pairwise(roles))
    return turns and roles[:1] == ["user"] and "system" not in roles


def _notation(model: Model, tools: tuple[Tool, ...], policy: Policy, *, rejected: bool) -> tuple[str, str]:
    """The notation to ask for, and why."""
    return (policy.dialect, "set") if policy.dialect else choose_dialect(model, tools, rejected=rejected)


def _variant(row: Row, model: Model, policy: Policy) -> Variant:
    """The variant of the prompt. A model that is held to a schema needs no example, and a small model copies one."""
    if row.mode == "constrained":
        return BRIEF
    return ZERO_SHOT if policy.zero_shot else choose_variant(model)


def _turns(request: ChatRequest, row: Row, learnt: Learnt) -> Literal["plain", "odd", "mended"]:
    if row.mode == "off" or not request.messages:
        return "plain"
    # A prompt has one system message, so a conversation of nothing else is all that can be odd.
    is_plain = strict_turns(request.messages) is request.messages
    if is_plain or (row.mode in _PROMPTS and any(message.role != "system" for message in request.messages)):
        return "plain"
    return "mended" if learnt.strict_turns else "odd"


def _tools(request: ChatRequest) -> Literal["none", "withheld", "auto", "forced"]:
    if not request.tools:
        return "none"
    match request.tool_choice.mode:
        case "none":
            return "withheld"
        case "required":
            return "forced"
        case _:
            return "auto"


def _callable_tools(request: ChatRequest) -> tuple[Tool, ...]:
    """All tools, or the tool that the client named if it is one of them."""
    named = tuple(tool for tool in request.tools if tool.name == request.tool_choice.name)
    return named or request.tools


def _obeys(backend: Backend, learnt: Learnt) -> Literal["yes", "no", "unknown"]:
    """Whether the backend obeys `tool_choice`. What it was seen to do counts more than what its name says."""
    if learnt.disobeys or backend.traits.obeys is False:
        return "no"
    return "yes" if learnt.obeys or backend.traits.obeys else "unknown"


def _constrains(model: Model, backend: Backend, learnt: Learnt) -> bool:
    """Whether the backend may be held to a schema. An engine that parses JSON calls itself would take them out."""
    if backend.traits.schema == "ignored" or learnt.no_constraint:
        return False
    parses = bool(model.parser) or learnt.rejects_calls
    return not (parses and CONSTRAINED in claimed_dialects(model))


def _reasoning(request: ChatRequest, model: Model, backend: Backend, row: Row) -> Reasoning:
    # A reply that is held to a schema from its first character has no room for thoughts.
    if row.mode == "constrained":
        return "auto"
    # A server that separates the reasoning itself does so also if the template has opened it.
    separates = backend.traits.separates
    if separates == "always" or (separates == "listed" and "thinking" in (model.capabilities or ())):
        return "auto"
    return "open" if opens_thinking(model, request.think) else "auto"
