"""The table of clients in docs/clients.md, written by the run: a row for each client, the rows of others kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.clients.client import known_clients
from tests.demo_process import ROOT

PAGE = ROOT / "docs" / "clients.md"
HEAD = ("| client | version | went |", "| --- | --- | --- |")
LONGEST = 160
"""Characters of a cell."""


@dataclass(frozen=True)
class Row:
    """What a client did."""

    name: str
    version: str
    went: str

    def __str__(self) -> str:
        cells = (" ".join(cell.replace("|", "/").split())[:LONGEST] for cell in (self.title, self.version, self.went))
        return f"| {' | '.join(cells)} |"

    @property
    def title(self) -> str:
        """The name for people."""
        return self.name.replace("_", " ")


def write_table(rows: Iterable[Row]) -> None:
    """Put these rows into the table of the page. A client whose script is gone loses its row."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    begin = lines.index(HEAD[0]) + len(HEAD)
    end = next((at for at in range(begin, len(lines)) if not lines[at].startswith("|")), len(lines))
    written = {line.split("|")[1].strip(): line for line in lines[begin:end]}
    written |= {row.title: str(row) for row in rows}
    titles = sorted(name.replace("_", " ") for name in known_clients())
    lines[begin:end] = [written[title] for title in titles if title in written]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
