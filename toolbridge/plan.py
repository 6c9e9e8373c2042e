"""Which way a request goes, decided before it leaves: one table, first match wins.

A request, a model, what was learnt of it, a backend and a policy are reduced to seven facts (`Facts`), each a word from
a short list. `TABLE` maps facts to a mode; a row names only the facts it asks about. Rows exclude each other, except
those marked `wins`, which also fit where a later row would: the marks are the only places where order matters.

Everything else of a `Plan` follows from the row: the notation from `choose_dialect`, the release from the client's
wire, the reasoning from the template. Nothing here does I/O, and nothing is found out by asking a model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from toolbridge.dialect_choice import AUTO, choose_dialect
from toolbridge.events import Error
from toolbridge.messages import ChatRequest, Tool
from toolbridge.model_converter import opens_thinking, shows_tools, takes_system
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Mode, Model, Policy
from toolbridge.refusals import MESSAGE_REACH, RequestWords, refuses_system, refuses_thinking, refuses_tools
from toolbridge.wire import wire

Way = Literal["passthrough", "translate", "native", "prompted", "off"]
Release = Literal["early", "whole"]
Reasoning = Literal["auto", "open", "off"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done with one request.

    `mode`: passthrough, the client's bytes go on and the backend's come back; translate, another wire or a body without
    its tools, text not read; native, the backend gets the tools; prompted, we write them into the prompt; off, the
    client or operator wants no part of us.
    """

    mode: Way
    why: str
    """A few words of printable ASCII for the `X-Toolbridge-Mode` header."""
    dialect: str = ""
    """The notation asked for (prompted), or `auto`, which reads all marked ones for declared names (native)."""
    release: Release = "whole"
    reasoning: Reasoning = "auto"
    reads: bool = False
    """Whether the reply's text is read for calls."""
    tools: tuple[Tool, ...] = ()
    """The tools that the backend or the prompt is given, which are those a reply may call."""
    parallel: bool = True
    folded: bool = False
    """Whether the prompt goes into the first user turn instead of the system message."""
    widens: bool = False
    """Whether a window is asked for that holds the prompt: Ollama cuts a longer one from the front, without a word."""
    thinks: bool = True
    """Whether the backend is told what the client says of thinking."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table asks about."""

    asked: Mode
    """The mode set by the operator, or by the client for this request."""
    wires: Literal["same", "other"]
    """Whether client and backend speak one wire."""
    turns: Literal["some", "none"]
    """Whether there is a conversation at all; on Ollama's wire none means: load the model."""
    tools: Literal["none", "withheld", "auto", "forced"]
    """None offered; offered with `tool_choice` none; offered; offered, and one of them must be called."""
    history: Literal["yes", "no"]
    """Whether past calls or results stand in the conversation."""
    native: Literal["yes", "no", "refused", "unknown"]
    """Whether the backend has tools for this model: it says so, it says not, it answered 400, it cannot say."""
    obeys: Literal["yes", "no"]
    """Whether the backend holds to `tool_choice`; Ollama ignores it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One decision: the facts it asks about with the words that fit, the mode, and why."""

    mode: Way
    why: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tools: bool = False
    """Whether the offered tools go along."""
    wins: bool = False
    """Whether the row stands above others that would fit as well."""

    def fits(self, facts: Facts) -> bool:
        """Whether every fact that the row asks about has one of its words."""
        return all(getattr(facts, name) in words for name, words in self.when.items())


_ANY = ("auto", "forced")

TABLE: tuple[Row, ...] = (
    Row("off", "switched off", {"asked": ("off",)}, tools=True, wins=True),
    # A load request must stay one: a prompt would turn it into a generation, and Ollama refuses tools here too.
    Row(
        "translate",
        "loads the model",
        {"asked": ("auto", "prompt"), "turns": ("none",), "tools": ("withheld", "auto", "forced")},
        wins=True,
    ),
    # Nothing to call in this reply.
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
            "native": ("yes", "unknown"),
            "obeys": ("yes",),
        },
        wins=True,
    ),
    Row("translate", "tool_choice none", {"tools": ("withheld",)}),
    # Tools to call.
    Row("native", "native is set", {"asked": ("native",), "tools": _ANY}, tools=True),
    Row("prompted", "prompting is set", {"asked": ("prompt",), "tools": _ANY}, tools=True),
    Row(
        "prompted",
        "the backend refused tools",
        {"asked": ("auto",), "tools": _ANY, "native": ("refused",)},
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
"""Every combination of facts meets a row; the first that fits decides."""

_NATIVE: Mapping[bool | None, Literal["yes", "no", "unknown"]] = {True: "yes", False: "no", None: "unknown"}

_CONVERSATIONAL = ("alternate", "role", "system", "developer", "template")
"""Words of errors that the turns of a conversation can bring about."""
_ROUTING = ("provider", "models", "route")
"""Fields by which a client of OpenRouter's says who may answer."""
_WHY_REACH = 120
_UNPRINTABLE = re.compile(r"[^\x20-\x3a\x3c-\x7e]+")
"""What may not stand in the reason: the header's own `;`, and everything outside printable ASCII."""


def plan(request: ChatRequest, model: Model, backend: Backend, policy: Policy, learnt: Learnt = NOTHING_LEARNT) -> Plan:
    """Decide what is done with this request. Pure: the same five give the same plan."""
    row = decide(read_facts(request, model, backend, policy, learnt))
    spoken = wire(request.source)
    tools = () if not row.tools else request.tools if row.mode == "off" else _callable_tools(request)
    reads = bool(tools) and (row.mode == "prompted" or (row.mode == "native" and policy.rescue))
    dialect, why = AUTO if reads else "", row.why
    if row.mode == "prompted":
        dialect, because = (policy.dialect, "set") if policy.dialect else choose_dialect(model, tools)
        why = f"{why}, dialect: {because}"
        if tools and request.format is not None:
            why += ", format: in the prompt"
    return Plan(
        mode=row.mode,
        why=_UNPRINTABLE.sub(" ", why)[:_WHY_REACH],
        dialect=dialect,
        release="whole" if spoken.whole_calls or not request.stream else "early",
        reasoning=_reasoning(request, model, backend) if reads else "off",
        reads=reads,
        tools=tools,
        parallel=request.parallel,
        folded=row.mode == "prompted" and (learnt.no_system or not takes_system(model)),
        widens=row.mode == "prompted" and backend.traits.native_routes and policy.widens,
        thinks=not (spoken.hints_thinking and learnt.no_thinking),
    )


def read_facts(
    request: ChatRequest, model: Model, backend: Backend, policy: Policy, learnt: Learnt = NOTHING_LEARNT
) -> Facts:
    """The facts that the table decides by."""
    return Facts(
        asked=policy.mode,
        wires="same" if request.source == backend.wire else "other",
        turns="some" if request.messages else "none",
        tools=_tools(request),
        history="yes" if request.has_tool_history else "no",
        native="refused" if learnt.refuses_tools else _NATIVE[shows_tools(model)],
        obeys="yes" if backend.traits.obeys else "no",
    )


def decide(facts: Facts) -> Row:
    """The first row that fits."""
    return next(row for row in TABLE if row.fits(facts))


def lesson(
    request: ChatRequest, decided: Plan, policy: Policy, error: Error, said: RequestWords | None = None
) -> Learnt:
    """What a backend's error answer says of the model beyond what the plan already respects.

    Without `said` it is what this request had better believe. With `said`, all that the request says, it is what holds
    for other requests too: nothing that the error may quote, and nothing that this request may have brought about.
    """
    status, message = error.status, error.message
    if said is not None and not _is_of_the_model(request, message):
        return NOTHING_LEARNT
    if decided.mode == "native" and policy.mode == "auto" and refuses_tools(status, message, said):
        return Learnt(refuses_tools=True)
    hinted = wire(request.source).hints_thinking and bool(request.think) and decided.thinks
    if hinted and refuses_thinking(status, message, said):
        return Learnt(no_thinking=True)
    if decided.mode == "prompted" and not decided.folded and refuses_system(status, message, said):
        return Learnt(no_system=True)
    return NOTHING_LEARNT


def _is_of_the_model(request: ChatRequest, message: str) -> bool:
    """Whether a refusal tells of the model, and not of a conversation, a choice or a detour that is this client's own.

    Templates refuse roles that do not alternate and system messages that come late, OpenRouter a forced tool where its
    providers have the free choice only, and any tool where the client named providers that have none.
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
    """All of them, or the one that the client named and declared."""
    named = tuple(tool for tool in request.tools if tool.name == request.tool_choice.name)
    return named or request.tools


def _reasoning(request: ChatRequest, model: Model, backend: Backend) -> Reasoning:
    # Whoever separates the reasoning by itself does so whatever the template ends with.
    separates = backend.traits.separates
    if separates == "always" or (separates == "listed" and "thinking" in (model.capabilities or ())):
        return "auto"
    return "open" if opens_thinking(model, request.think) else "auto"
