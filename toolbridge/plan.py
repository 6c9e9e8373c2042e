"""Which way a request goes, decided before it leaves: one table, first match wins.

A request, a model, a backend and a policy are reduced to seven facts (`Facts`), each a word from a short list. `TABLE`
maps facts to a mode; a row names only the facts it asks about. Rows exclude each other, except those marked `wins`,
which also fit where a later row would: the marks are the only places where order matters.

Everything else of a `Plan` follows from the row: the notation from `choose_dialect`, the release from the client's
wire, the reasoning from the template. Nothing here does I/O, and nothing is found out by asking a model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from toolbridge.dialects.choose import AUTO, choose_dialect
from toolbridge.messages import ChatRequest, Tool
from toolbridge.model_converter import opens_thinking, shows_tools, takes_system
from toolbridge.models import Backend, Mode, Model, Policy

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

_TOOLS_REFUSED: tuple[tuple[frozenset[int], re.Pattern[str]], ...] = tuple(
    (frozenset(statuses), re.compile(pattern, re.IGNORECASE))
    for statuses, pattern in (
        # Ollama, of a model whose template has none: "registry.ollama.ai/library/gemma3:4b does not support tools".
        ({400}, r"does not support tools\b"),
        # vLLM, started without a parser for tool calls, for `auto` and for `required`.
        ({400}, r"tool[ _]choice.{0,40}requires --(?:enable-auto-tool-choice|tool-call-parser)"),
        # llama.cpp's server without its Jinja engine.
        ({400, 500}, r"\b(?:tools|tool_choice) param requires --jinja"),
        # The same, where its reader of calls cannot be made of the template (GLM's `_args.items()`, roles that must
        # alternate). A schema or a conversation that it cannot render is another matter, and no fault of the model.
        # Where the words come twice, what follows the last of them counts, so that no text is gone over twice.
        (
            {400, 500},
            (
                r"generate parser for this template"
                r"(?!(?s:.){0,2000}?(?:generate parser for this|json schema|no user query|system message))"
            ),
        ),
        # OpenRouter, where no provider of the model has them.
        ({400, 404}, r"no endpoints found that support (?:tool use|the provided 'tool_choice')"),
        # transformers serve, which refuses every field it does not know.
        ({400, 422}, r"unexpected fields in the request:[^}]{0,200}'tools'"),
        # Hosted servers: DeepSeek, Groq, Mistral, Together and others in these words.
        ({400, 422, 501}, r"does(?: not|n't) support (?:tool|function)[ -]?(?:use|call)"),
        (
            {400, 422, 501},
            r"(?:\btools|(?:tool|function)[ -](?:use|call(?:ing|s)?))`? (?:is|are) not (?:supported|enabled)",
        ),
    )
)
"""Answers that mean: this model cannot be given tools. Then it is prompted for them, and the client sees nothing."""

_SYSTEM_REFUSED: tuple[tuple[frozenset[int], re.Pattern[str]], ...] = tuple(
    (frozenset({400, 500}), re.compile(pattern, re.IGNORECASE))
    for pattern in (
        # Gemma 1 and 2, and servers that look before they render.
        r"\bsystem (?:role|message|prompt|instruction)s? (?:is |are )?not (?:supported|enabled|allowed)",
        r"does(?: not|n't) support (?:the )?system (?:role|message|prompt|instruction)",
        # Google's own service, of Gemma 3.
        r"\bdeveloper instruction is not enabled",
        # Gemma, Llama 2, Mistral, Devstral: a system message counts as a turn, or stands in the way of one.
        r"\broles must alternate\b",
        # Mistral 7B v0.1 and v0.2.
        r"\bonly user and assistant roles are supported",
        # Qwen 3.5, where the client's own system message comes later.
        r"\bsystem message must be (?:at the beginning|the first)",
    )
)
"""Answers that mean: this template takes no system message. Then the prompt goes into the first user turn."""

_THINKING_REFUSED = ((frozenset({400}), re.compile(r"does not support thinking\b", re.IGNORECASE)),)
"""Ollama's answer, of a model whose template has no thinking. Its own `/v1/messages` says nothing of it: clients there
ask every model to think."""

RELAXED = ("anthropic",)
"""The wires of such clients. Those of the others are told that the model cannot."""

_MESSAGE_REACH = 16 * 1024
"""Characters of an error message that are looked at; Jinja's traces are the longest, some 4 KiB."""
_WHY_REACH = 120
_UNPRINTABLE = re.compile(r"[^\x20-\x3a\x3c-\x7e]+")
"""What may not stand in the reason: the header's own `;`, and everything outside printable ASCII."""


def plan(request: ChatRequest, model: Model, backend: Backend, policy: Policy) -> Plan:
    """Decide what is done with this request. Pure: the same four give the same plan."""
    row = decide(read_facts(request, model, backend, policy))
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
        release="whole" if request.source == "ollama" or not request.stream else "early",
        reasoning=_reasoning(request, model, backend) if reads else "off",
        reads=reads,
        tools=tools,
        parallel=request.parallel,
        folded=row.mode == "prompted" and (model.name in policy.folded or not takes_system(model)),
        widens=row.mode == "prompted" and backend.wire == "ollama" and policy.widens,
        thinks=request.source not in RELAXED or model.name not in policy.calm,
    )


def read_facts(request: ChatRequest, model: Model, backend: Backend, policy: Policy) -> Facts:
    """The facts that the table decides by."""
    return Facts(
        asked=policy.mode,
        wires="same" if request.source == backend.wire else "other",
        turns="some" if request.messages else "none",
        tools=_tools(request),
        history="yes" if request.has_tool_history else "no",
        native="refused" if model.name in policy.refused else _NATIVE[shows_tools(model)],
        obeys="yes" if backend.traits.obeys else "no",
    )


def decide(facts: Facts) -> Row:
    """The first row that fits."""
    return next(row for row in TABLE if row.fits(facts))


def refuses_tools(status: int, message: str) -> bool:
    """Whether a backend's error answer means that this model cannot be given tools."""
    return _matches(_TOOLS_REFUSED, status, message)


def refuses_system(status: int, message: str) -> bool:
    """Whether a backend's error answer means that the model's template takes no system message."""
    return _matches(_SYSTEM_REFUSED, status, message)


def refuses_thinking(status: int, message: str) -> bool:
    """Whether a backend's error answer means that this model cannot be told to think."""
    return _matches(_THINKING_REFUSED, status, message)


def _matches(table: tuple[tuple[frozenset[int], re.Pattern[str]], ...], status: int, message: str) -> bool:
    text = message[:_MESSAGE_REACH]
    return any(status in statuses and pattern.search(text) is not None for statuses, pattern in table)


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
