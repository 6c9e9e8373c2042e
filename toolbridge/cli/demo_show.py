"""What the demo shows: a turn as two columns, on the left the model's own text, on the right what the client received.

On a terminal both columns grow live. Elsewhere each turn is printed once it is over, in plain characters. The demo's
own text is ASCII, so that it can be shown everywhere.
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
"""Columns of the output if it is no terminal."""
_REFRESHES = 20
_RATIO = (11, 9)
"""The widths of the two columns: a line of markup fits on a terminal of 80."""


def make_console() -> Console:
    """The terminal, or plain lines of a fixed width if standard output is no terminal."""
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
        """Print a line between the turns."""
        self._console.print(Text(text))

    def turn_begins(self, title: str) -> None:
        """Begin a turn with this title."""
        self._console.print()
        self._console.print(Text(title, style="bold"))
        self._written, self._answer, self._received = Text(style="yellow"), Text(), []
        if self._console.is_terminal:
            self._live = Live(self._columns(), console=self._console, refresh_per_second=_REFRESHES)
            self._live.start()

    def turn_ends(self) -> None:
        """End the turn; without a terminal it is printed now."""
        if self._live is not None:
            self._live.update(self._columns(), refresh=True)
            self._live.stop()
            self._live = None
        else:
            self._console.print(self._columns())

    def model_wrote(self, piece: str) -> None:
        """Add a piece of the model's text, with its markup."""
        self._written.append(piece)
        self._draw()

    def client_received(self, text: str) -> None:
        """Add a piece of the answer, as the client received it."""
        self._answer.append(text)
        self._draw()

    def client_received_call(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Add a tool call, as the client received it."""
        call = Text.assemble(("tool call ", "bold green"), name)
        for key, value in arguments.items():
            call.append(f"\n  {key} = {value!r}")
        self._received.append(call)
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
