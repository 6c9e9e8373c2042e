"""The format of an answer, asked for in words.

A backend that is forced to write JSON cannot write a call: the first character of a call is forbidden to it. So where
the prompt offers tools, the prompt also states the format that the client wants, and the backend is forced to nothing.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import RequestError
from toolbridge.notation.dialect import Form
from toolbridge.tool_prompt.defuse import defused

JSON_ONLY = "An answer without such a block is JSON and nothing else: no words around it, no code fence."
FITS = "It fits this JSON schema:"


def answer_format(
    wanted: str | Mapping[str, Any], form: Form, names: Iterable[str] = (), budget: Budget | None = None
) -> str:
    """The sentences that ask for a `ChatRequest.format`: the word `json` means any JSON, a mapping is its schema.

    The characters of the schema are drawn from the budget as "prompt". Raises `OverLimit`, and `RequestError` for a
    schema that cannot be written as JSON.
    """
    if isinstance(wanted, str):
        return JSON_ONLY
    try:
        written = json.dumps(wanted, ensure_ascii=False, default=dict)
    except (RecursionError, ValueError, TypeError):
        raise RequestError("the format is no JSON schema that can be written: it is nested too deeply") from None
    (budget or Budget()).spend("prompt", len(written))
    return f"{JSON_ONLY} {FITS}\n\n{defused(written, form, names)}"
