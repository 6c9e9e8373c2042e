"""The results as a table for a document, and as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.prompts.cases import SETS
from benchmarks.prompts.score import Outcome, count, wilson


@dataclass(frozen=True, slots=True)
class Row:
    """The outcomes of one variant in one notation with one number of tools, by the sets of requests."""

    variant: str
    dialect: str
    tools: int
    outcomes: Mapping[str, Sequence[Outcome]]

    @property
    def all(self) -> list[Outcome]:
        return [outcome for group in self.outcomes.values() for outcome in group]


HEAD = (
    *("variant", "notation", "tools", "right: like", "right: unlike", "right: none", "any call", "wrong name"),
    *("wrong arguments", "invented result", "copied example", "prompt tokens", "seconds"),
)


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown. Behind a rate stands its Wilson interval in percent."""
    lines = [f"| {' | '.join(HEAD)} |", f"|{'---|' * len(HEAD)}"]
    lines += [f"| {' | '.join(_cells(row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> list[str]:
    wanted = [outcome for name in SETS if name != "none" for outcome in row.outcomes.get(name, ())]
    every = row.all
    flags = ("wrong_name", "wrong_arguments", "invented", "copied")
    return [
        *(row.variant, row.dialect, str(row.tools)),
        *(_rate(row.outcomes.get(name, ())) for name in SETS),
        f"{count(wanted, 'called')} of {len(wanted)}",
        *(str(count(every, flag)) for flag in flags),
        str(round(sum(one.prompt_tokens for one in every) / max(1, len(every)))),
        f"{sum(one.seconds for one in every) / max(1, len(every)):.1f}",
    ]


def _rate(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return "–"
    good = count(outcomes, "right")
    low, high = wilson(good, len(outcomes))
    return f"{good} of {len(outcomes)} ({low:.0%}–{high:.0%})".replace("%–", "–")


_COLOURS = {"like": "#1b7837", "unlike": "#7fbf7b", "none": "#762a83"}
_FONT = 'font-family="sans-serif" font-size="12"'
_LEFT, _WIDTH, _BAR, _GAP = 250, 400, 9, 12


def plot(rows: Sequence[Row], title: str) -> str:
    """Right replies per row and set, with their Wilson intervals, as SVG."""
    step = _BAR * len(SETS) + _GAP
    height = 60 + step * len(rows)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 60} {height}" {_FONT}>',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="10" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for at, name in enumerate(SETS):
        x = _LEFT + at * 90
        out.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{_COLOURS[name]}"/>')
        out.append(f'<text x="{x + 15}" y="37">{name}</text>')
    for at, row in enumerate(rows):
        top = 50 + at * step
        label = f"{row.variant}, {row.dialect}, {row.tools} tools"
        out.append(f'<text x="{_LEFT - 8}" y="{top + 18}" text-anchor="end">{escape(label)}</text>')
        out += [_bar(row, name, top + place * _BAR) for place, name in enumerate(SETS) if row.outcomes.get(name)]
    return "\n".join([*out, "</svg>"]) + "\n"


def _bar(row: Row, name: str, y: int) -> str:
    outcomes = row.outcomes[name]
    good = count(outcomes, "right")
    low, high = wilson(good, len(outcomes))
    wide, middle = _WIDTH * good / len(outcomes), y + _BAR / 2
    return (
        f'<rect x="{_LEFT}" y="{y}" width="{wide:.0f}" height="{_BAR - 1}" fill="{_COLOURS[name]}"/>'
        f'<line x1="{_LEFT + _WIDTH * low:.0f}" x2="{_LEFT + _WIDTH * high:.0f}" y1="{middle}" y2="{middle}" '
        f'stroke="#333"/><text x="{_LEFT + _WIDTH + 8}" y="{y + _BAR - 1}" font-size="9">'
        f"{good}/{len(outcomes)}</text>"
    )
