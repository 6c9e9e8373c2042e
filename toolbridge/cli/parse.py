"""`toolbridge parse`: model text on standard input, events as lines of JSON on standard output, while it comes.

    $ printf 'Checking. <tool_calls><invoke name="now"></invoke></tool_calls>' | toolbridge parse
    {"type": "ContentDelta", "text": "Checking. "}
    {"type": "ToolCallStart", "index": 0, "id": "call_…", "name": "now"}
    …

The tools file holds a list of tools in any shape that a request may have, or a whole request body with `tools` in it.
"""

import codecs
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args

import click

from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.errors import RequestError, UnknownDialect
from toolbridge.events import Cause, Event, dump_event
from toolbridge.messages import Tool
from toolbridge.reply_parser import Reasoning, ReplyParser
from toolbridge.tools import read_tools

_READ_BYTES = 64 * 1024
_RELEASES = ("early", "whole")


class _ToolsFile(click.Path):
    """The tools in a file."""

    name = "file"

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, readable=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, tuple):
            return value
        path = Path(cast("str", super().convert(value, param, ctx)))
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
            return read_tools(held["tools"] if isinstance(held, dict) and "tools" in held else held)
        except UnicodeDecodeError:
            self.fail(f"{path} is not UTF-8", param, ctx)
        except json.JSONDecodeError as error:
            self.fail(f"{path} is not JSON: {error}", param, ctx)
        except RecursionError:
            self.fail(f"{path} is nested too deeply", param, ctx)
        except OSError as error:
            self.fail(f"{path} cannot be read: {error.strerror}", param, ctx)
        except RequestError as error:
            self.fail(f"{path}: {error.message}", param, ctx)


def _known_dialect(ctx: click.Context, param: click.Parameter, name: str) -> str:
    try:
        return find_dialect(name).name
    except UnknownDialect as error:
        raise click.BadParameter(error.message, ctx, param) from None


@click.command("parse")
@click.option(
    "--dialect",
    default="auto",
    show_default=True,
    metavar="NAME",
    callback=_known_dialect,
    help=f"The notation that the model was asked for: {', '.join(dialect_names())}.",
)
@click.option(
    "--tools",
    type=_ToolsFile(),
    default=(),
    help="A JSON file with the tools that were offered; without one, any name may be called.",
)
@click.option(
    "--reasoning",
    type=click.Choice(get_args(Reasoning)),
    default="auto",
    show_default=True,
    help="How the text begins: auto in the answer, open within reasoning; off never looks for any.",
)
@click.option(
    "--release",
    type=click.Choice(_RELEASES),
    default="early",
    show_default=True,
    help="Whether a call goes out in pieces as it comes, or whole once it is complete.",
)
@click.option(
    "--cause",
    type=click.Choice(get_args(Cause)),
    default="stop",
    show_default=True,
    help="Why the text ends: the model was done, ran into its limit, or was cut off.",
)
@click.option("--ledger", is_flag=True, help="Say on standard error what became of each character.")
def command(
    dialect: str, tools: tuple[Tool, ...], reasoning: Reasoning, release: str, cause: Cause, *, ledger: bool
) -> None:
    """Read a model's reply from standard input and print its events, a line of JSON each."""
    parser = ReplyParser(dialect, tools, reasoning=reasoning, release="whole" if release == "whole" else "early")
    try:
        for text in _texts(sys.stdin.buffer):
            _print(parser.feed(text))
        _print(parser.finish(cause))
    except BrokenPipeError:
        # The reader of the events has seen enough. What Python would flush at its end has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    if ledger:
        click.echo(json.dumps(parser.ledger), err=True)


def _texts(source: BinaryIO) -> Iterator[str]:
    """The text as it comes; bytes that are no UTF-8 become replacement characters."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    descriptor = source.fileno()
    while data := os.read(descriptor, _READ_BYTES):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def _print(events: Iterable[Event]) -> None:
    """Print the events of one piece of text. A lone surrogate, which JSON can hold, is escaped."""
    lines = "".join(f"{dump_event(event)}\n" for event in events)
    if lines:
        sys.stdout.buffer.write(lines.encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
