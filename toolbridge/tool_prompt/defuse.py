"""Foreign text in a prompt: what looks like our own markup gets a backslash and is text again."""

import re
from functools import lru_cache

from toolbridge.dialects.form import Form


def defused(text: str, form: Form) -> str:
    """The text with a backslash behind the first character of each of the form's markers, and nothing else touched.

    Results, users' texts and tools' descriptions may hold markup of the notation: files about tools do, and so do
    attacks. A model that reads it as part of its instructions writes it itself, or takes it for another result.
    """
    return _markers(_literals(form)).sub(lambda found: f"{found[0][0]}\\{found[0][1:]}", text)


def _literals(form: Form) -> tuple[str, ...]:
    """The markers of calls, and those of results as far as they are markup."""
    around = (form.result_open.partition("{name}")[0].rstrip("\"'= "), form.result_close, *form.wrapper)
    return (*form.markers, *(literal for literal in around if literal.startswith("<")))


@lru_cache(maxsize=64)
def _markers(literals: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(filter(None, literals), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
