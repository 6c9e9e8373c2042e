"""What reading costs a character, from 1 KB to 1 MB: `python -m benchmarks.parser`.

Calls in each notation with one long argument, prose, and text that is made to be slow. CPU time, medians, in pieces of
4 characters (a token) and of 1 KB. What must hold is that a row stays flat.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

import orjson
from rich.console import Console

from benchmarks.load import VOCABULARY
from toolbridge.dialects.choose import find_dialect
from toolbridge.events import ToolCall, collect
from toolbridge.messages import Tool
from toolbridge.reply_parser import ReplyParser

progress = Console(stderr=True)

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PIECES = (4, 1_024)
PATIENCE = 2.0
"""Seconds for one reading; the sizes above one that took longer are left out."""
WRITE = Tool(
    "write_file",
    "Write a file.",
    {"type": "object", "properties": {"path": {"type": "string"}, "content": {"type": "string"}}, "required": ["path"]},
)
CODE = ('    if a[i] < b["key"] and c > 1:\n', "        return f(x) & 0xff  # ünïcode\n", "\n", "class Row(Base):\n")
HOSTILE = ("<", "<tool_cal", '<invoke name="', '<tool_call>{"na', "<think>", "```\n[", '{"name": ', "`", "\n ", "</")


def words(options: tuple[str, ...], size: int) -> str:
    """Text of this size from these words, the same in every run."""
    rng = random.Random(size)  # noqa: S311 - the same text in every run, not a secret
    least = min(len(option) for option in options)
    return "".join(rng.choice(options) for _ in range(size // least))[:size]


def call(dialect: str, size: int) -> str:
    """One call as the prompt asks for it, with an argument of this size."""
    arguments = orjson.dumps({"path": "a.py", "content": words(CODE, size)}).decode()
    form = find_dialect(dialect).form
    assert form
    return form.write([ToolCall("write_file", arguments)], [WRITE])


def repeated(unit: str, size: int) -> str:
    """The unit over and over, up to this size."""
    return (unit * (size // len(unit) + 1))[:size]


CALLS: dict[str, Callable[[int], str]] = {name: partial(call, name) for name in ("xml", "hermes", "json")}
TEXTS: dict[str, Callable[[int], str]] = {
    "prose": partial(words, tuple(f" {word[:3]}" for word in VOCABULARY)),
    "prose cut within words": partial(words, tuple(f"{word} " for word in VOCABULARY)),
    **{f"`{unit!r}` over and over": partial(repeated, unit) for unit in HOSTILE},
}


def read(dialect: str, text: str, piece: int) -> float:
    """Seconds of CPU for one reply, from the first piece to the end."""
    pieces = [text[start : start + piece] for start in range(0, len(text), piece)]
    parser = ReplyParser(dialect, (WRITE,))
    feed, begun = parser.feed, time.process_time()
    for each in pieces:
        feed(each)
    parser.finish()
    return time.process_time() - begun


def check(dialect: str, text: str, size: int) -> str:
    """A mark for the table where a call did not come back whole."""
    parser = ReplyParser(dialect, (WRITE,))
    calls = collect([*parser.feed(text), *parser.finish()]).tool_calls
    return "" if [one.arguments.get("content") for one in calls] == [words(CODE, size)] else " (as text)"


def row(dialect: str, make: Callable[[int], str], piece: int, *, is_call: bool) -> Iterator[tuple[float, str]]:
    """Nanoseconds a character for each size, with the mark of `check`."""
    for size in SIZES:
        text = make(size)
        seconds = median(read(dialect, text, piece) for _ in range(max(1, 200_000 // size)))
        yield seconds / len(text) * 1e9, check(dialect, text, size) if is_call else ""
        if seconds > PATIENCE:
            return


def goal(name: str, piece: int, most: float, growth: float) -> str:
    """What a row was to reach, and whether it does."""
    if name in CALLS and piece == PIECES[0]:
        return f"G9 ≤ 250: {'met' if most <= 250 and growth <= 1.3 else 'missed'}"
    if name == "prose" and piece == PIECES[0]:
        return f"G10 ≤ 1 µs a piece: {most * piece / 1e3:.2f}, {'met' if most * piece <= 1e3 else 'missed'}"
    return "" if growth <= 1.3 else "not flat"


def report(name: str, dialect: str, make: Callable[[int], str], *, is_call: bool) -> Iterator[str]:
    """The rows of one text, a line of Markdown each."""
    for piece in PIECES:
        found = list(row(dialect, make, piece, is_call=is_call))
        cells = [f"{cost:.0f}{mark}" for cost, mark in found] + ["too slow"] * (len(SIZES) - len(found))
        costs = [cost for cost, _ in found]
        growth = costs[-1] / costs[0]
        yield f"| {name} | {piece} | {' | '.join(cells)} | {growth:.2f} | {goal(name, piece, max(costs), growth)} |"
        progress.print(f"{name}, pieces of {piece}: {' '.join(cells)} ns a character", soft_wrap=True)


def main() -> None:
    """Measure everything and print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    lines = [line for name, make in CALLS.items() for line in report(name, name, make, is_call=True)]
    lines += [line for name, make in TEXTS.items() for line in report(name, "xml", make, is_call=False)]
    print(f"| ns a character | pieces of | {' | '.join(f'{size:,}' for size in SIZES)} | growth | goal |")
    print(f"|{'---|' * (len(SIZES) + 4)}")
    print("\n".join(lines))
    begun = time.process_time()
    for _ in range(100):
        ReplyParser("xml", (WRITE,))
    print(f"\nTo make a parser: {(time.process_time() - begun) / 100 * 1e6:.0f} µs.")


if __name__ == "__main__":
    main()
