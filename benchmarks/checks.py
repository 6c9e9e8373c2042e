"""What it costs to hold calls to the schemas of their tools: CPU time, the best of several rounds.

    python -m benchmarks.checks

The rows: a call of ten parameters that fits, whole and in pieces of four characters; the same with four values to
change; a tool that was never seen before, with its schema made ready; and a piece of a long text inside a call.
"""

import itertools
import json
import time
from collections.abc import Callable

from toolbridge.checks import ToolChecks
from toolbridge.checks.validator import warm_up
from toolbridge.messages import Tool

_ROUNDS = 9
_PARAMETERS = 10
_LONG = 100_000
_PIECE = 4


def _tool(name: str = "tool") -> Tool:
    kinds = ({"type": "integer", "minimum": 0}, {"type": "string"}, {"type": "string"})
    properties = {f"p{number}": dict(kinds[number % 3]) for number in range(_PARAMETERS)}
    schema = {"type": "object", "properties": properties, "required": ["p1", "p2"], "additionalProperties": False}
    return Tool(name, parameters={**schema, "title": name})


def _arguments(*, fits: bool) -> str:
    whole = (lambda number: number) if fits else str
    return json.dumps(
        {f"p{number}": f"text {number}" if number % 3 else whole(number) for number in range(_PARAMETERS)}
    )


def _checked(checks: ToolChecks, text: str, piece: int = 0) -> None:
    arguments = checks.arguments("tool")
    assert arguments is not None
    size = piece or len(text)
    out = "".join(arguments.feed(text[at : at + size]) for at in range(0, len(text), size)) + arguments.finish()
    assert checks.fault("tool", out) is None


def _microseconds(work: Callable[[], None], times: int) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - begun) / times)
    return best * 1e6


def main() -> None:
    """Print a row for each case."""
    warm_up()
    checks, numbers = ToolChecks([_tool()]), itertools.count()
    right, wrong = _arguments(fits=True), _arguments(fits=False)
    long = json.dumps({"p1": "x" * _LONG, "p2": ""})

    def fresh() -> None:
        _checked(ToolChecks([Tool("tool", parameters=_tool(f"tool {next(numbers)}").parameters)]), right)

    rows = [
        ("a call that fits, whole", _microseconds(lambda: _checked(checks, right), 300), 1),
        (
            "a call that fits, a piece of 4",
            _microseconds(lambda: _checked(checks, right, _PIECE), 100),
            len(right) // _PIECE,
        ),
        ("a call with 4 values to change", _microseconds(lambda: _checked(checks, wrong), 300), 1),
        ("the first call of a new tool", _microseconds(fresh, 50), 1),
        ("a long text, a piece of 4", _microseconds(lambda: _checked(checks, long, _PIECE), 1), len(long) // _PIECE),
    ]
    for name, spent, pieces in rows:
        print(f"{name:32} {spent / pieces:8.1f} µs")


if __name__ == "__main__":
    main()
