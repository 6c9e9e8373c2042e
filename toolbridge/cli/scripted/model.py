"""The model itself: the turns of a conversation in, the text of the next one out.

"hi"                                  a greeting
a wish that a listed tool fits        a line, and the calls in the notation that the prompt shows
the same with a value missing         a question for it
results in the last turn              an answer from them
anything else                         prose that owns up to being a script
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toolbridge.cli.scripted.arguments import Missing, fill
from toolbridge.cli.scripted.choice import choose, choose_one
from toolbridge.cli.scripted.notation import Call, Notation, read_notation
from toolbridge.cli.scripted.tools import ListedTool, Prompt, read_prompt

GREETING = "Hello! I am a small scripted model. Ask me for something that one of your tools can do."
TALK = "I am a small scripted model, so I cannot answer that by myself; all I know is how to use tools."
NO_TOOLS = "I was shown no tools."
NONE_FITS = "None of the tools that I was shown fits: {names}."
LOOKING = "Let me look that up."

_GREETS = re.compile(r"\s*(?:hi|hello|hey|good (?:morning|evening|day|afternoon)|moin|servus)\b", re.IGNORECASE)
_SEPARATOR = "\n---\n"
"""The line between the prompt and the user's words, where both share the first turn."""
_ONE_CALL = "one call per reply"
_MUST = "This reply must use"
_RESULTS_BEGIN = re.compile(r"\s*(?:<[\w|-]+>\s*)?(?=<[\w|-]+ name=\")")
_RESULT_OPENS = re.compile(r"\s*<([\w|-]+) name=\"([^\"\n]*)\">\n")
_RESULTS_END = re.compile(r"\s*(?:</[\w|-]+>)?\s*")
_ERROR = "error:"
_SIZES = (3, 5, 2, 4)
"""Characters of the pieces that a reply comes in."""
_REACH = 4000
"""Characters of the user's words that are read, the last ones: a script should not have to think for long."""
_DEEPEST = 5
_LONGEST = 600
_MOST_NAMES = 8

Turns = Sequence[tuple[str, str]]
"""Roles and texts."""


def reply(turns: Turns) -> str:
    """The text that follows these turns; the same for the same ones."""
    prompt = _prompt(turns)
    said = next((text for role, text in reversed(turns) if role == "user"), "")
    said = said.rpartition(_SEPARATOR)[2] if prompt else said
    results, said = _results(said)
    said = said[-_REACH:]
    notation = read_notation(prompt.usage) if prompt else None
    if prompt and notation and prompt.tools and (said.strip() or not results):
        calls = _calls(prompt, notation, said)
        if calls:
            return calls
    if results:
        return _told(results)
    if _GREETS.match(said):
        return GREETING
    names = ", ".join(tool.name for tool in prompt.tools[:_MOST_NAMES]) if prompt else ""
    return f"{TALK} {NONE_FITS.format(names=names) if names else NO_TOOLS}"


def pieces(text: str) -> Iterator[str]:
    """A text as a model streams it: two to five characters at a time."""
    at = 0
    for size in itertools.cycle(_SIZES):
        if at >= len(text):
            return
        yield text[at : at + size]
        at += size


def _prompt(turns: Turns) -> Prompt | None:
    """The tools of the system message, or of the first turn of the user where the prompt is folded into it."""
    texts = [text for role, text in turns if role == "system"]
    texts += [text.rpartition(_SEPARATOR)[0] for role, text in turns[:1] if role == "user"]
    return next((prompt for prompt in map(read_prompt, texts) if prompt), None)


def _calls(prompt: Prompt, notation: Notation, said: str) -> str:
    """The reply with calls, or with a question for what is missing in one; the empty string where nothing fits."""
    must = _MUST in prompt.usage
    wishes = choose(prompt.tools, said)
    if must and not wishes:
        wishes = [choose_one(prompt.tools, said)]
    try:
        calls: list[Call] = [call for wish in wishes for call in fill(wish, guess=must)]
    except Missing as missing:
        return _question(missing.tool, missing.parameter.name, missing.parameter.about)
    if not calls:
        return ""
    if _ONE_CALL in prompt.usage:
        del calls[1:]
    return f"{LOOKING}\n\n{notation.write(calls)}"


def _question(tool: ListedTool, name: str, about: str) -> str:
    return f"To use {tool.name} I need a value for {name}{f' ({about})' if about else ''}. Which one shall I take?"


def _results(said: str) -> tuple[list[tuple[str, str]], str]:
    """The results that a turn begins with, each with the name of its tool, and what the user said behind them."""
    begin = _RESULTS_BEGIN.match(said)
    if begin is None:
        return [], said
    found = []
    at = begin.end()
    while opened := _RESULT_OPENS.match(said, at):
        closer = f"\n</{opened[1]}>"
        end = said.find(closer, opened.end() - 1)
        if end < 0:
            break
        found.append((opened[2], said[opened.end() : end]))
        at = end + len(closer)
    behind = _RESULTS_END.match(said, at)
    return (found, said[behind.end() :]) if found and behind else ([], said)


def _told(results: Sequence[tuple[str, str]]) -> str:
    """An answer from results."""
    return " ".join(_sentence(name, text.strip()) for name, text in results)


def _sentence(name: str, text: str) -> str:
    told = f"{name} says: {text}" if text else f"{name} said nothing"
    if text[: len(_ERROR)].lower() == _ERROR:
        told = f"{name} failed: {text[len(_ERROR) :].strip()}"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, Mapping | list):
        subject, _, rest = _prose(value).partition(": ")
        told = f"{subject}: {rest}" if rest else f"{name} says {subject}"
    return f"{told[:_LONGEST].rstrip('.')}."


def _prose(value: Any, depth: int = 0) -> str:
    """A value as words: an object as `Oslo: sky rain, degrees 4`, with its first text in front."""
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        parts = list(value.items())
        subject = ""
        if len(parts) > 1 and isinstance(parts[0][1], str):
            subject = f"{parts.pop(0)[1]}: "
        return subject + ", ".join(f"{key.replace('_', ' ')} {_prose(inner, depth + 1)}" for key, inner in parts)
    if isinstance(value, list):
        return "; ".join(_prose(inner, depth + 1) for inner in value) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
