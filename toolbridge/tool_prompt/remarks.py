"""The rest of a schema beside its type, in a few words: defaults, ranges, formats, examples, and the description."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.tool_prompt.compact_json import compact_json

_RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)
_EXAMPLES = 3
_QUICK = 256
"""Characters of a text that are looked at in the time of one visit."""


def description(name: str, schema: Mapping[str, Any], budget: Budget) -> str:
    """The description on one line. A title takes its place if it says more than the parameter's name."""
    for word in ("description", "title"):
        text = schema.get(word)
        if isinstance(text, str) and _drawn(text, budget).strip():
            budget.fits("prompt", len(text))
            line = " ".join(text.split())
            if word == "description" or _bare(line) != _bare(name):
                return line
    return ""


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def remarks(schema: Mapping[str, Any], budget: Budget) -> list[str]:
    """The demands and hints of a schema and of its branches, a few words each, such as `default 1` or `1 to 14`."""
    return list(dict.fromkeys(_remarks(schema, budget)))


def _remarks(schema: Mapping[str, Any], budget: Budget) -> Iterator[str]:
    budget.spend("visits")
    if schema.get("default") is not None:
        yield f"default {compact_json(schema['default'], budget)}"
    for least, most, unit in _RANGES:
        if least in schema or most in schema:
            bounds = (
                None if schema.get(f"exclusive{word.title()}") is True else schema.get(word) for word in (least, most)
            )
            yield from _range(*bounds, unit=unit, budget=budget)
    yield from _strict(schema, budget)
    if "multipleOf" in schema:
        yield f"multiple of {compact_json(schema['multipleOf'], budget)}"
    if schema.get("uniqueItems") is True:
        yield "no duplicates"
    if isinstance(schema.get("format"), str):
        yield _drawn(f"format {schema['format']}", budget)
    if isinstance(schema.get("pattern"), str):
        yield _drawn(f"matches /{schema['pattern']}/", budget)
    shown = schema.get("examples", [schema["example"]] if "example" in schema else None)
    if isinstance(shown, list) and shown:
        yield f"e.g. {', '.join(compact_json(value, budget) for value in shown[:_EXAMPLES])}"
    if schema.get("deprecated") is True:
        yield "deprecated"
    for word in ("allOf", "anyOf", "oneOf"):
        branches = schema.get(word)
        for branch in branches if isinstance(branches, list) else []:
            if isinstance(branch, Mapping):
                yield from _remarks(branch, budget)


def _drawn(text: str, budget: Budget) -> str:
    """The client's own text, unchanged. It is drawn each time, as a thousand members may refer to one long text."""
    budget.spend("visits", len(text) // _QUICK)
    return text


def _range(least: Any, most: Any, *, unit: str, budget: Budget) -> Iterator[str]:
    if unit and least in (0, None) and most is None:
        return
    unit = unit.removesuffix("s") if (most if most is not None else least) == 1 else unit
    if least is not None and most is not None:
        low, high = compact_json(least, budget), compact_json(most, budget)
        yield f"{low} to {high}{unit}" if least != most else f"exactly {low}{unit}"
    elif least is not None:
        yield f"at least {compact_json(least, budget)}{unit}" if unit else f">= {compact_json(least, budget)}"
    elif most is not None:
        yield f"at most {compact_json(most, budget)}{unit}" if unit else f"<= {compact_json(most, budget)}"


def _strict(schema: Mapping[str, Any], budget: Budget) -> Iterator[str]:
    """Exclusive bounds. JSON schema draft 4 wrote `exclusiveMinimum: true` beside the bound itself."""
    for word, sign in (("exclusiveMinimum", ">"), ("exclusiveMaximum", "<")):
        bound = schema.get(word)
        if bound is True:
            yield f"{sign} {compact_json(schema.get(word[9:].lower()), budget)}"
        elif bound is not None and bound is not False:
            yield f"{sign} {compact_json(bound, budget)}"
