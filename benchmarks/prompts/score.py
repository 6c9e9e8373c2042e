"""What became of one request, and rates with their Wilson intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from math import sqrt
from typing import Any

from benchmarks.prompts.cases import Case, is_right
from toolbridge.events import ToolCall, collect
from toolbridge.notation.drafts import INVENTED
from toolbridge.reply_parser import ReplyParser

_Z = 1.96
"""The interval holds the true rate in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reply was. Several words may hold at once."""

    case: str
    right: bool
    """Exactly the calls that are wanted, with their arguments; where none is wanted, no call."""
    called: bool
    wrong_name: bool
    wrong_arguments: bool
    invented: bool
    """The model wrote a result by itself."""
    copied: bool
    """The reply holds a value of an example that the conversation does not hold."""
    undue: bool
    """A call where none was wanted."""
    prompt_tokens: int
    seconds: float
    calls: tuple[dict[str, Any], ...]
    text: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


FLAGS = tuple(field.name for field in fields(Outcome) if field.type is bool)


def judge(case: Case, parser: ReplyParser, copies: Sequence[ToolCall], reply: dict[str, Any], took: float) -> Outcome:
    """Read a reply as the bridge reads it, and compare its calls with those that are wanted."""
    choice = reply["choices"][0]
    text = choice["message"].get("content") or ""
    cut = choice.get("finish_reason") == "length"
    read = collect([*parser.feed(text), *parser.finish("length" if cut else "stop")])
    calls = read.tool_calls
    names = {call.name for call in case.calls}
    right = len(calls) == len(case.calls) and all(
        any(is_right(call, wanted) for call in calls) for wanted in case.calls
    )
    wrong_name = any(call.name not in names for call in calls)
    values = [str(value) for call in copies for value in call.arguments.values() if isinstance(value, str)]
    return Outcome(
        case=case.name,
        right=right,
        called=bool(calls),
        wrong_name=bool(case.calls) and wrong_name,
        wrong_arguments=bool(case.calls and calls) and not right and not wrong_name,
        invented=bool(parser.ledger.get(INVENTED)),
        copied=any(value in text for value in values),
        undue=bool(calls) and not case.calls,
        prompt_tokens=reply.get("usage", {}).get("prompt_tokens", 0),
        seconds=round(took, 2),
        calls=tuple({"name": call.name, "arguments": call.arguments_json} for call in calls),
        text=text,
    )


def wilson(good: int, of: int) -> tuple[float, float]:
    """The interval of a rate, as parts of one."""
    if not of:
        return 0.0, 1.0
    rate, square = good / of, _Z * _Z
    middle = (rate + square / (2 * of)) / (1 + square / of)
    reach = _Z / (1 + square / of) * sqrt(rate * (1 - rate) / of + square / (4 * of * of))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def count(outcomes: Iterable[Outcome], flag: str) -> int:
    """How many replies have this flag."""
    return sum(1 for one in outcomes if getattr(one, flag))
