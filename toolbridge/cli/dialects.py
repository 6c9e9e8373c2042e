"""`toolbridge dialects`: the notations in which models write calls, with a sample of each."""

import json
import textwrap
from typing import Any

import click

from toolbridge.cli.samples import TOOL, description, sample
from toolbridge.dialect_choice import AUTO, dialect_names, find_dialect
from toolbridge.errors import UnknownDialect
from toolbridge.notation.dialect import Dialect
from toolbridge.tool_prompt import tool_prompt

_INDENT = "    "
_READS_ALL = "every one that has a marker, at once: what a reply is read in whose model was asked for none of them"

_EPILOG = """\b
Examples:
  toolbridge dialects
  toolbridge dialects hermes
  toolbridge dialects --json | jq -r '.[] | select(.promptable) | .name'
"""


@click.command("dialects", epilog=_EPILOG)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list, or with a NAME one object.")
def command(name: str | None, *, as_json: bool) -> None:
    """List the notations that are read, each with a sample and whether a model can be asked for it.

    With a NAME: that one alone, by what its models are recognised, and the prompt that asks for it.
    """
    if name is None:
        dialects = [find_dialect(one) for one in dialect_names() if one != AUTO]
        click.echo(_json([_told(one) for one in dialects]) if as_json else _list(dialects), nl=True)
        return
    if name == AUTO:
        click.echo(_json({"name": AUTO, "reads": _READS_ALL}) if as_json else f"{AUTO}: {_READS_ALL}")
        return
    try:
        dialect = find_dialect(name)
    except UnknownDialect as problem:
        raise click.BadParameter(problem.message, param_hint="NAME") from None
    click.echo(_json(_told(dialect) | {"prompt": _prompt(dialect)}) if as_json else _whole(dialect))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _told(dialect: Dialect) -> dict[str, Any]:
    return {
        "name": dialect.name,
        "promptable": dialect.form is not None,
        "why_not": dialect.unpromptable or None,
        "sample": sample(dialect),
        "templates": [{"holds": list(one.holds), "lacks": list(one.lacks)} for one in dialect.templates],
        "architectures": list(dialect.architectures),
        "models": dialect.models or None,
    }


def _list(dialects: list[Dialect]) -> str:
    entries = [
        f"{click.style(one.name, bold=True)}: {_asked(one)}\n{textwrap.indent(sample(one), _INDENT)}\n"
        for one in dialects
    ]
    asked = sum(one.form is not None for one in dialects)
    end = f"{len(dialects)} notations are read, {asked} can be asked for. `toolbridge dialects NAME` says more of one."
    return "\n".join([*entries, f"{click.style(AUTO, bold=True)}: {_READS_ALL}\n", end])


def _asked(dialect: Dialect) -> str:
    return "asked for and read" if dialect.form else f"only read: {dialect.unpromptable}"


def _whole(dialect: Dialect) -> str:
    known = [
        *(_template(one.holds, one.lacks) for one in dialect.templates),
        *(f"architecture {word}" for word in dialect.architectures),
        *([f"a name with {dialect.models}"] if dialect.models else []),
    ]
    parts = [
        description(dialect),
        "Its models are known by\n" + textwrap.indent("\n".join(known), _INDENT) if known else "",
        f"A call:\n{textwrap.indent(sample(dialect), _INDENT)}",
        _prompt(dialect) or f"It is not asked for: {dialect.unpromptable}.",
    ]
    prompted = "The prompt that asks for it, here for one tool:\n\n" if dialect.form else ""
    return "\n\n".join([*filter(None, parts[:-1]), prompted + parts[-1]])


def _template(holds: tuple[str, ...], lacks: tuple[str, ...]) -> str:
    without = f" and without {' and '.join(lacks)}" if lacks else ""
    return f"a chat template with {' and '.join(holds)}{without}"


def _prompt(dialect: Dialect) -> str | None:
    """The prompt for one tool; None where there is none."""
    return tool_prompt([TOOL], dialect.name) if dialect.form else None
