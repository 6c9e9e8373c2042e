"""What the demo shows: a turn as two columns, the model's own text on the left, what the client received on the right.

On a terminal both grow live. Anywhere else each turn is printed once it is over, in plain characters. Own text is
ASCII, so that it can be shown wherever the demo runs.
"""

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from toolbridge.cli.demo_talk import Audience

_WIDTH = 100
"""Columns where there is no terminal to ask."""
_REFRESHES = 20
_RATIO = (11, 9)
"""Of the columns: so a line of markup fits on a terminal of 80."""


def make_console() -> Console:
    """The terminal, or plain lines of a fixed width where standard output is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


class Show(Audience):
    """Draws a conversation while it goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._written = Text()
        self._received: list[RenderableType] = []
        self._answer = Text()

    def say(self, text: str) -> None:
        """A line between the turns."""
        self._console.print(Text(text))

    def turn_begins(self, title: str) -> None:
        """What comes now belongs to this turn."""
        self._console.print()
        self._console.print(Text(title, style="bold"))
        self._written, self._answer, self._received = Text(style="yellow"), Text(), []
        if self._console.is_terminal:
            self._live = Live(self._columns(), console=self._console, refresh_per_second=_REFRESHES)
            self._live.start()

    def turn_ends(self) -> None:
        """The turn is over: without a terminal it is printed now."""
        if self._live is not None:
            self._live.update(self._columns(), refresh=True)
            self._live.stop()
            self._live = None
        else:
            self._console.print(self._columns())

    def model_wrote(self, piece: str) -> None:
        """A piece of the model's text, markup and all."""
        self._written.append(piece)
        self._draw()

    def client_received(self, text: str) -> None:
        """A piece of the answer, as the client got it."""
        self._answer.append(text)
        self._draw()

    def client_received_call(self, name: str, arguments: Mapping[str, Any]) -> None:
        """A tool call, as the client got it."""
        said = Text.assemble(("tool call ", "bold green"), name)
        for key, value in arguments.items():
            said.append(f"\n  {key} = {value!r}")
        self._received.append(said)
        self._draw()

    def _draw(self) -> None:
        if self._live is not None:
            self._live.update(self._columns())

    def _columns(self) -> Table:
        columns = Table.grid(expand=True)
        columns.add_column(ratio=_RATIO[0])
        columns.add_column(ratio=_RATIO[1])
        columns.add_row(
            Panel(self._written, title="the model wrote", title_align="left"),
            Panel(Group(self._answer, *self._received), title="the client received", title_align="left"),
        )
        return columns
