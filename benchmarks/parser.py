"""What reading costs a character, from 1 KB to 1 MB: `python -m benchmarks.parser`.

Calls in each notation with one long argument, prose, and text that is made to be slow. CPU time, medians, in pieces of
4 characters (a token) and of 1 KB. What must hold is that a row stays flat. Behind the table stands what a call of 1 MB
takes of memory while it is read. Names of dialects as arguments measure those alone.
"""

import argparse
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median

from rich.console import Console

from benchmarks.load import VOCABULARY
from toolbridge.cli.samples import TOOL, sample
from toolbridge.dialect_choice import find_dialect
from toolbridge.dialects import dialects
from toolbridge.events import collect
from toolbridge.notation.reading import Release
from toolbridge.reply_parser import ReplyParser

progress = Console(stderr=True)

TOOLS = (1, 28, 200, 1_000)
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PIECES = (4, 1_024)
PATIENCE = 2.0
"""Seconds for one reading; the sizes above one that took longer are left out."""
VALUE = "Oslo"
"""What the long argument stands in place of, in the sample of a notation."""
CODE = ('    if a[i] < b["key"] and c > 1:\n', "        return f(x) & 0xff  # ünïcode\n", "\n", "class Row(Base):\n")
OPENERS = {opener.literal for dialect in dialects().values() for opener in dialect.openers}
CALLED = '<tool_call>{"name": "get_weather", "arguments": {"city": '
HOSTILE = ("<", "<tool_cal", '<invoke name="', '<tool_call>{"na', "<think>", "```\n[", '{"name": ', "`", "\n ", "</")


def words(options: tuple[str, ...], size: int) -> str:
    """Text of this size from these words, the same in every run."""
    rng = random.Random(size)  # noqa: S311 - the same text in every run, not a secret
    least = min(len(option) for option in options)
    return "".join(rng.choice(options) for _ in range(size // least))[:size]


def call(dialect: str, size: int) -> str:
    """One call in this notation, with an argument of this size."""
    before, _, after = sample(find_dialect(dialect)).partition(VALUE)
    value = long_text(size)
    escaped = json.dumps(value, ensure_ascii=False)[1:-1]
    return before + (escaped if before.endswith('"') else value) + after


def long_text(size: int) -> str:
    """Code of about this size, with no line break around it."""
    return f"x = 1\n{words(CODE, size)}".strip()


def repeated(unit: str, size: int) -> str:
    """The unit over and over, up to this size."""
    return (unit * (size // len(unit) + 1))[:size]


CALLS: dict[str, Callable[[int], str]] = {name: partial(call, name) for name in sorted(dialects())}
TEXTS: dict[str, Callable[[int], str]] = {
    "prose": partial(words, tuple(f" {word[:3]}" for word in VOCABULARY)),
    "prose cut within words": partial(words, tuple(f"{word} " for word in VOCABULARY)),
    **{f"`{unit!r}` over and over": partial(repeated, unit) for unit in HOSTILE},
    "every opener in a row": partial(repeated, "".join(sorted(OPENERS))),
    "half of every opener in a row": partial(repeated, " ".join(one[: len(one) // 2 + 1] for one in sorted(OPENERS))),
    "lists in lists in a call": lambda size: CALLED + "[" * size,
    "objects in objects in a call": lambda size: CALLED + repeated('{"a":', size),
}


def read(dialect: str, text: str, piece: int) -> float:
    """Seconds of CPU for one reply, from the first piece to the end."""
    pieces = [text[start : start + piece] for start in range(0, len(text), piece)]
    parser = ReplyParser(dialect, (TOOL,))
    feed, begun = parser.feed, time.process_time()
    for each in pieces:
        feed(each)
    parser.finish()
    return time.process_time() - begun


def check(dialect: str, text: str, size: int) -> str:
    """A mark for the table where a call did not come back whole."""
    parser = ReplyParser(dialect, (TOOL,))
    calls = collect([*parser.feed(text), *parser.finish()]).tool_calls
    return "" if [one.arguments.get("city") for one in calls] == [long_text(size)] else " (as text)"


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


def make(number: int) -> float:
    """Milliseconds of CPU to make a parser for so many tools that none was made for before, and to look for one."""
    taken = []
    for turn in range(20):
        tools = [replace(TOOL, name=f"fresh_{turn}_of_{number}_and_{at}") for at in range(number)]
        begun = time.process_time()
        ReplyParser("xml", tools).feed("x <")
        taken.append(time.process_time() - begun)
    return median(taken) * 1e3


def memory(release: Release) -> float:
    """Megabytes that reading a call of 1 MB takes beyond the text that came, at the most."""
    text = call("xml", SIZES[-1])
    parser = ReplyParser("xml", (TOOL,), release=release)
    tracemalloc.start()
    for start in range(0, len(text), PIECES[0]):
        parser.feed(text[start : start + PIECES[0]])
    parser.finish()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Measure everything, or the dialects that are named, and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("dialects", nargs="*", metavar="DIALECT", choices=[[], *CALLS])
    named = options.parse_args().dialects
    lines = [line for name in named or CALLS for line in report(name, name, CALLS[name], is_call=True)]
    if not named:
        lines += [line for name, make in TEXTS.items() for line in report(name, "xml", make, is_call=False)]
    print(f"| ns a character | pieces of | {' | '.join(f'{size:,}' for size in SIZES)} | growth | goal |")
    print(f"|{'---|' * (len(SIZES) + 4)}")
    print("\n".join(lines))
    print()
    for number in TOOLS:
        print(f"The first parser for {number} fresh tools: {make(number):.2f} ms.")
    print(f"A call of 1 MB: {memory('early'):.2f} MB released early, {memory('whole'):.2f} MB whole.")


if __name__ == "__main__":
    main()
