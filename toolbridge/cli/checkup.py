"""What `toolbridge doctor` finds out: the backend, its models, and which way the tools of each model would go.

Nothing is guessed here, and nothing is generated. The parts of the server recognise the backend, describe its models
and make their plans, with the operator's settings.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from toolbridge.cli.samples import TOOL
from toolbridge.dialect_choice import choose_dialect, own_dialect
from toolbridge.errors import BackendAnswered, BackendError, BackendUnreachable
from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.model_cards import Card, read_card
from toolbridge.model_converter import COMPLETION, EMBEDDING, shows_tools
from toolbridge.models import Backend, Model, short_name
from toolbridge.plan import Plan, plan
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.json_answers import json_value
from toolbridge.server.logs import Log
from toolbridge.server.recognition import Recognition
from toolbridge.server.settings import Settings
from toolbridge.server.upstream import Upstream
from toolbridge.traits import ServerName
from toolbridge.wire.failures import read_error

_AT_ONCE = 4
"""Models that are asked about at the same time."""
_PATIENCE = 10.0
"""Seconds to wait for an answer that the report can do without."""
_SMALL_WINDOW = 8192
"""Tokens below which tools and a conversation hardly fit side by side."""
_WEAK = 1.2
"""Billions of parameters up to which a model is very small; docs/prompting.md has what such models were measured at."""
_REFUSES = frozenset({401, 403})

_VERSIONS: Mapping[ServerName, tuple[str, str]] = {
    "ollama": ("/api/version", "version"),
    "llama.cpp": ("/props", "build_info"),
    "vllm": ("/version", "version"),
    "sglang": ("/get_server_info", "version"),
}
"""The path where a server tells its version, and the field."""

_WRITING = Tool("write_file", parameters={"type": "object", "properties": {"content": {"type": "string"}}})
"""A tool that takes long text, for which another notation may be better."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the operator should know, and how to act on it."""

    level: Literal["problem", "advice"]
    what: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one model, and the plan for a request with a tool; None if the model only embeds."""

    model: Model
    plan: Plan | None
    long_text: str = ""
    """The notation for tools that take long text, if it differs."""
    forced: str = ""
    """The notation for a call that the client forces, if the engine parses the model's replies itself."""
    findings: tuple[Finding, ...] = ()

    @property
    def template(self) -> Literal["shows tools", "shows no tools", "unknown"]:
        """Whether the chat template has a place for tools."""
        shown = shows_tools(replace(self.model, capabilities=None))
        return "unknown" if shown is None else "shows tools" if shown else "shows no tools"

    @property
    def own(self) -> tuple[str, str]:
        """The notation that the model was trained on, and how the bridge knows."""
        return own_dialect(self.model)


@dataclass(slots=True)
class Report:
    """Everything that was found."""

    backend: Backend
    reachable: bool = False
    version: str = ""
    models: list[Verdict] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of serving."""
        return not any(finding.level == "problem" for finding in self.findings)


_STRANGER = Finding(
    "problem",
    "something answers there, and neither as Ollama does nor with a list of models as OpenAI's",
    "check that backends.url (--backend) is the server's own address, with no path; if it is right, set backends.wire",
)

Progress = Callable[[int, int], None]
"""Called with the number of models that are done, and of all models."""


async def examine(settings: Settings, log: Log, wanted: str = "", progress: Progress | None = None) -> Report:
    """Look at the backend, and at its models whose names match the pattern `wanted`."""
    report = Report(settings.backend)
    key = settings.backend.api_key
    headers = {"Authorization": f"Bearer {key}"} if key is not None else {}
    async with Upstream(settings.backend, settings.timeouts) as upstream:
        asks = _Asks(upstream, settings, headers)
        try:
            report.backend = await Recognition(settings, upstream, log).backend(headers, settings.backend.wire)
            report.version = await asks.version(report.backend)
            report.reachable = True
            if report.backend.server is None and settings.backends.wire == "auto":
                report.findings.append(_STRANGER)
                return report
            described = await asks.names(report.backend)
        except BackendError as problem:
            report.findings.append(_failure(problem, report))
            return report
        chosen = [one for one in described if _matches(one.name, wanted)]
        if not chosen:
            report.findings.append(_no_models(described, wanted, report.backend))
        try:
            report.models = await asks.verdicts(chosen, report.backend, progress or (lambda _done, _of: None))
        except* BackendError as problems:
            report.findings.append(_failure(next(_each(problems)), report))
    report.findings += _outdated(report)
    _advise(report)
    return report


@dataclass(frozen=True, slots=True)
class _Asks:
    """The questions to one backend."""

    upstream: Upstream
    settings: Settings
    headers: Mapping[str, str]

    async def version(self, backend: Backend) -> str:
        """The backend's version in its own words; empty if it does not tell. Raises `BackendUnreachable`."""
        path, name = _VERSIONS.get(backend.server or "ollama", (backend.traits.ready, "version"))
        try:
            async with asyncio.timeout(_PATIENCE):
                _, value, _ = await self._get(path)
        except BackendUnreachable:
            raise
        except (BackendError, TimeoutError):
            return ""
        version = value.get(name) if isinstance(value, Mapping) else None
        return version if isinstance(version, str) else ""

    async def names(self, backend: Backend) -> Sequence[Card]:
        """The backend's models, in its order. Raises `BackendError`."""
        if not backend.traits.native_routes:
            return await BackendModels(self.upstream, self.settings.limits).cards(backend, self.headers)
        status, value, body = await self._get("/api/tags")
        if status >= 400:
            raise BackendAnswered(read_error(status, body).message, status)
        entries = value.get("models") if isinstance(value, Mapping) else None
        if not isinstance(entries, list):
            raise BackendError(f"{self.upstream.name} answers /api/tags with what is no list of models")
        tags = [entry for entry in entries if isinstance(entry, Mapping)]
        return [Card(name) for entry in tags if isinstance(name := entry.get("model") or entry.get("name"), str)]

    async def verdicts(self, cards: Sequence[Card], backend: Backend, progress: Progress) -> list[Verdict]:
        """A verdict for each model, some models at a time. Raises a group of `BackendUnreachable`."""
        models = BackendModels(self.upstream, self.settings.limits)
        catalogue = Catalogue(models)
        gate = asyncio.Semaphore(_AT_ONCE)
        done = 0

        async def one(card: Card) -> Verdict:
            nonlocal done
            async with gate:
                if backend.traits.native_routes:
                    model = await catalogue.model(card.name, self.headers, backend)
                else:
                    model = read_card(await models.looked_into(card, backend, self.headers))
            done += 1
            progress(done, len(cards))
            return _judge(model, backend, self.settings)

        progress(0, len(cards))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(card)) for card in cards]
        return [task.result() for task in tasks]

    async def _get(self, path: str) -> tuple[int, Any, bytes]:
        sent = {**self.headers, "Accept-Encoding": "identity"}
        async with self.upstream.ask("GET", path, headers=sent, decode=True) as answer:
            body = await answer.read_all(self.settings.limits.frame)
        return answer.status, json_value(body), body


def _each(problems: BaseExceptionGroup[BackendError]) -> Iterator[BackendError]:
    for problem in problems.exceptions:
        if isinstance(problem, BaseExceptionGroup):
            yield from _each(problem)
        else:
            yield problem


def _matches(name: str, wanted: str) -> bool:
    """Whether the pattern `wanted` matches the name or its short name, in any case; an empty one matches all."""
    names = {name.lower(), short_name(name.lower())}
    return not wanted or any(fnmatchcase(one, wanted.lower()) for one in names)


def _judge(model: Model, backend: Backend, settings: Settings) -> Verdict:
    can = model.capabilities
    if can is not None and EMBEDDING in can and COMPLETION not in can:
        return Verdict(model, None)
    policy = settings.policy_for(model.name)
    ways = [
        plan(
            ChatRequest(model.name, messages=(Message("user", "hi"),), tools=(tool,), source=backend.wire),
            model,
            backend,
            policy,
        )
        for tool in (TOOL, _WRITING)
    ]
    findings = []
    if model.parameters is not None and model.parameters <= _WEAK and ways[0].mode == "prompted":
        small = f"{model.name} is very small: such models get calls wrong, and call tools where none is needed"
        findings.append(Finding("advice", small, "offer few tools that only read, or use a larger model"))
    if model.context_length is not None and model.context_length < _SMALL_WINDOW:
        window = f"{model.name} has a window of {model.context_length} tokens, in which tools leave little room"
        findings.append(Finding("advice", window, "offer few tools, or use another model"))
    other = ways[1].dialect if ways[1].dialect != ways[0].dialect else ""
    forced = choose_dialect(model, (TOOL,))[0] if model.parser and ways[0].mode == "native" else ""
    return Verdict(model, ways[0], other, policy.dialect or forced if forced else "", tuple(findings))


def _outdated(report: Report) -> list[Finding]:
    """Advice to update an Ollama none of whose models says what it can do.

    The version alone tells nothing: an Ollama that was built from its source calls itself 0.0.0.
    """
    said = [one.model.capabilities is not None for one in report.models]
    if not report.backend.traits.native_routes or not said or any(said):
        return []
    old = f"Ollama {report.version} does not say what its models can do".replace("  ", " ")
    return [Finding("advice", old, "update it: 0.6.4 and later do")]


def _failure(problem: BackendError, report: Report) -> Finding:
    if isinstance(problem, BackendUnreachable):
        return Finding("problem", problem.message)
    report.reachable = True
    refused = isinstance(problem, BackendAnswered) and problem.status in _REFUSES
    what = (
        f"the backend refused to list its models ({problem.status}): {problem.message}" if refused else problem.message
    )
    return Finding(
        "problem",
        what,
        "set backends.api_key (TOOLBRIDGE_BACKENDS_API_KEY) to a key of the backend's" if refused else "",
    )


def _no_models(known: Sequence[Card], wanted: str, backend: Backend) -> Finding:
    if known:
        some = ", ".join(card.name for card in known[:8])
        return Finding("problem", f"no model of the backend is called {wanted}", f"it has {some}")
    if not backend.traits.lists:
        return Finding("advice", f"{backend.traits.title} lists no models, and may serve some all the same")
    get = "get one: ollama pull qwen3" if backend.traits.native_routes else "load one there"
    return Finding("problem", "the backend has no models", get)


def _advise(report: Report) -> None:
    """Add the findings that concern several models at once."""
    prompted = [one.model.name for one in report.models if one.plan is not None and one.plan.mode == "prompted"]
    if prompted and report.backend.traits.native_routes:
        report.findings.append(
            Finding(
                "advice",
                "Ollama reads 4096 tokens of a prompt unless told otherwise, and cuts away its beginning, where the "
                "tools stand, without a word",
                "let clients set num_ctx, or start it with OLLAMA_CONTEXT_LENGTH=16384 or more",
            )
        )
    unsaid = [one.model.name for one in report.models if one.plan is not None and one.model.capabilities is None]
    if unsaid:
        named = ", ".join(unsaid[:5]) + (f" and {len(unsaid) - 5} more" if len(unsaid) > 5 else "")
        report.findings.append(
            Finding(
                "advice",
                f"the backend does not say whether these models have tools of their own: {named}",
                'where calls come back as text, set mode = "prompt" for the model under [tools.models]',
            )
        )
    report.findings += [finding for one in report.models for finding in one.findings]
