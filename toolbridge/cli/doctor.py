"""`toolbridge doctor`: what the backend is, what its models can do, and which way their tools would go."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from toolbridge.cli.checkup import Finding, Progress, Report, Verdict, examine
from toolbridge.model_converter import TOOLS
from toolbridge.server.logs import make_log
from toolbridge.server.settings import BadSettings, LogSettings, Settings, load_settings
from toolbridge.wire import wire

_BAD_SETTINGS = 2
_INTERRUPTED = 130
_WIDTH = 100
"""Columns of the output if it is no terminal."""
_THOUSAND = 1024

_EPILOG = """\b
Examples:
  toolbridge doctor
  toolbridge doctor --backend http://gpu.lan:8000 --model 'qwen3*'
  toolbridge doctor --config toolbridge.toml --json | jq '.models[] | {name, mode, dialect}'

The exit code is 0 where the bridge could serve, 1 where something stands in its way, 2 for settings that are wrong.
"""


@click.command("doctor", epilog=_EPILOG)
@click.option("--backend", metavar="URL", help="The server with the models.  [http://127.0.0.1:11434]")
@click.option("--backend-wire", metavar="WIRE", help="What it speaks: auto, ollama, openai or anthropic.  [auto]")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="A TOML file with settings.")
@click.option("--model", default="", metavar="PATTERN", help="Look at the models of this name only; * stands for any.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
def command(config: Path | None, model: str, *, as_json: bool, **flags: str | None) -> None:
    """Check a backend: is it there, which server is it, what can its models do, which way would their tools go and why.

    Nothing is generated and no model is loaded. The settings are those that `toolbridge serve` would have.
    """
    try:
        settings = load_settings(config, flags)
    except BadSettings as problem:
        lines = "\n  ".join(problem.message.splitlines())
        click.echo(f"toolbridge cannot start with these settings:\n  {lines}", err=True)
        sys.exit(_BAD_SETTINGS)
    try:
        report = asyncio.run(_examined(settings, model))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    if as_json:
        click.echo(json.dumps(told(report), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False)
        show(report, console if console.is_terminal else Console(highlight=False, width=_WIDTH))
    sys.exit(0 if report.ok else 1)


async def _examined(settings: Settings, model: str) -> Report:
    with _progress() as progress:
        # The report says what is found; the log of the server's parts would say it twice.
        return await examine(settings, make_log(LogSettings(level="error")), model, progress)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on standard error, if this is a terminal."""
    columns = TextColumn("Asking about models"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("models", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def told(report: Report) -> dict[str, Any]:
    """The report as JSON."""
    backend = report.backend
    return {
        "ok": report.ok,
        "backend": {
            "url": backend.url,
            "name": backend.name,
            "reachable": report.reachable,
            "server": backend.server,
            "wire": backend.wire if report.reachable else None,
            "version": report.version or None,
        },
        "models": [_model(verdict) for verdict in report.models],
        "findings": [{"level": one.level, "what": one.what, "todo": one.todo or None} for one in report.findings],
    }


def _model(verdict: Verdict) -> dict[str, Any]:
    model, plan = verdict.model, verdict.plan
    own, known = verdict.own
    return {
        "name": model.name,
        "architecture": model.architecture or model.family or None,
        "parameters": model.parameters,
        "context_length": model.context_length,
        "capabilities": None if model.capabilities is None else sorted(model.capabilities),
        "template": verdict.template,
        "trained_on": own or None,
        "known_by": known or None,
        "mode": plan.mode if plan else None,
        "dialect": (plan.dialect or None) if plan else None,
        "long_text_dialect": verdict.long_text or None,
        "parser": model.parser or None,
        "forced_dialect": verdict.forced or None,
        "folded": plan.folded if plan else None,
        "why": plan.why if plan else "it only embeds",
    }


def show(report: Report, console: Console) -> None:
    """The report for people."""
    backend = report.backend
    if report.reachable:
        server = " ".join(filter(None, (backend.traits.title, report.version)))
        console.print(Text(f"{backend.url}: {server}, on {wire(backend.wire).title} wire"))
    else:
        console.print(Text(f"{backend.url}: not reachable"))
    if report.models:
        console.print()
        console.print(_table(report.models))
    for level, title in (("problem", "Problems"), ("advice", "Advice")):
        found = [finding for finding in report.findings if finding.level == level]
        if found:
            console.print()
            console.print(Text(title, style="bold red" if level == "problem" else "bold"))
        for finding in found:
            console.print(_lines(finding))
    console.print()
    many = f"{len(report.models)} model{'s' if len(report.models) != 1 else ''}"
    console.print(Text(f"Ready: {many}." if report.ok else "Not ready.", style="bold"))


def _lines(finding: Finding) -> Padding:
    """The finding as a sentence, and below it another that says what to do."""
    lines = Text(_sentence(finding.what))
    if finding.todo:
        lines.append(f"\n{_sentence(finding.todo)}", style="cyan")
    return Padding(lines, (0, 0, 0, 2))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}."


def _table(verdicts: list[Verdict]) -> Table:
    table = Table(
        "model", "window", "backend has tools", "tools go", "why", box=None, pad_edge=False, header_style="bold"
    )
    for verdict in verdicts:
        model, plan = verdict.model, verdict.plan
        why = plan.why if plan else "it only embeds"
        if plan is not None and verdict.long_text:
            why += f"; {verdict.long_text} where a tool takes long text"
        if plan is not None and plan.folded:
            why += "; the prompt goes into the first user turn"
        own, known = verdict.own
        if plan is not None and own and known not in plan.why:
            why += f"; its own notation is {own}: {known}"
        if verdict.forced:
            why += f"; {verdict.forced} where a call is forced, as {model.parser} parses others itself"
        table.add_row(
            *map(Text, (_name(verdict), _window(model.context_length), _has_tools(verdict), _way(verdict), why))
        )
    return table


def _name(verdict: Verdict) -> str:
    size = verdict.model.parameters
    return f"{verdict.model.name} ({size:.3g}B)" if size else verdict.model.name


def _window(tokens: int | None) -> str:
    if tokens is None:
        return "?"
    return f"{tokens // _THOUSAND}k" if tokens >= _THOUSAND else str(tokens)


def _has_tools(verdict: Verdict) -> str:
    can = verdict.model.capabilities
    if can is not None:
        return "yes" if TOOLS in can else "no"
    return "?" if verdict.template == "unknown" else f"? (template {verdict.template})"


def _way(verdict: Verdict) -> str:
    plan = verdict.plan
    if plan is None:
        return "-"
    return f"{plan.mode}, {plan.dialect}" if plan.mode == "prompted" else plan.mode
