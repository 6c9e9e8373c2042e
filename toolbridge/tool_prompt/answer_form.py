"""The form of an answer, asked for in words.

A backend that is held to JSON can write no call: the first character of one is forbidden to it. So where tools are
prompted for, what the client demands of the answer is a part of the prompt, and the backend is held to nothing.
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


def answer_form(
    wanted: str | Mapping[str, Any], form: Form, names: Iterable[str] = (), budget: Budget | None = None
) -> str:
    """What the prompt says of a `ChatRequest.format`: `json` is any JSON, a mapping its schema.

    The schema is drawn from the budget, as "prompt". Raises `OverLimit`, and `RequestError` for a schema that nobody
    can write.
    """
    if isinstance(wanted, str):
        return JSON_ONLY
    try:
        said = json.dumps(wanted, ensure_ascii=False, default=dict)
    except (RecursionError, ValueError, TypeError):
        raise RequestError("the format is no JSON schema that can be written: it is nested too deeply") from None
    (budget or Budget()).spend("prompt", len(said))
    return f"{JSON_ONLY} {FITS}\n\n{defused(said, form, names)}"
