"""What a user's words hold: content words, places, numbers, quotations, and what the sentence is about."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]|\.\d)")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|«([^»\n]+)»|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`")
_ARITHMETIC = re.compile(r"[(\d][\d\s.()]*(?:[-+*/×÷^%][\d\s.()]*)+[\d)]")
_SEPARATOR = re.compile(r"[.?!;]+\s+|\n+|,?\s+(?:and|then|also|plus)\s+(?:then\s+|also\s+)?|,\s+", re.IGNORECASE)

IDLE = frozenset(
    "a an and any are as at be been both but by can could did do does for from give had has have he hello hey hi how "
    "i if in into is it its let like may me my need no not now of on or our out please say shall she should show so "
    "some tell than thank thanks that the their them then there these they this those to too up us use used using want "
    "was we were what when where which who whose why will with would you your get good look".split()
)
"""Words that say nothing of what is wanted."""
_NO_PLACES = IDLE | frozenset(
    "today tomorrow yesterday tonight morning noon evening night week weeks day days month months year years hour "
    "hours minute minutes weekend moment least most once general detail short english all each every degrees "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)
"""Words that may follow `in` or `for` and name no place."""
_BEFORE_PLACES = frozenset({"in", "for", "at", "near", "around", "of", "to", "into", "from", "between", "visit"})
_BEFORE_SMALL_PLACES = frozenset({"in", "for", "at", "near", "around", "from", "between"})
"""Those behind which a place is looked for in small letters, too."""
_WITHIN_NAMES = frozenset({"de", "la", "le", "da", "do", "del", "di", "du", "el", "of", "upon", "the", "van", "der"})
_NOT = frozenset({"no", "not", "without", "don't", "never", "skip"})
_NEAR = 2
"""Words on either side of a number that may say what it counts."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text, with the stems of the words around it, nearest first."""

    value: int | float
    near: tuple[str, ...]


def stem(word: str) -> str:
    """A word without the ending of its plural or genitive."""
    word = re.sub(r"['’]s?$", "", word.lower())
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def content_words(text: str) -> set[str]:
    """The stems of the words that mean something; `get_weather` and `getWeather` are two words."""
    words = _WORD.findall(_CAMEL.sub(" ", text).replace("_", " "))
    return {stem(word) for word in words if word.lower() not in IDLE and not word.isdecimal()}


def clauses(text: str) -> Iterator[str]:
    """The parts of a text that may each wish for something; what stands in quotation marks is never cut."""
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    start = 0
    for found in _SEPARATOR.finditer(text):
        if any(begin < found.end() and found.start() < end for begin, end in quoted):
            continue
        yield text[start : found.end()]
        start = found.end()
    yield text[start:]


def numbers(text: str) -> list[Number]:
    """All the numbers, in their order."""
    found = []
    for number in _NUMBER.finditer(text):
        after = _WORD.findall(text[number.end() :])[:_NEAR]
        before = _WORD.findall(text[: number.start()])[-_NEAR:]
        value = float(number[0]) if "." in number[0] else int(number[0])
        found.append(Number(value, tuple(map(stem, [*after, *reversed(before)]))))
    return found


def quotations(text: str) -> list[str]:
    """What stands in quotation marks of any kind."""
    return [next(filter(None, found.groups())) for found in _QUOTED.finditer(text)]


def arithmetic(text: str) -> str | None:
    """A sum or a product, written with digits."""
    found = _ARITHMETIC.search(text)
    return found[0].strip() if found else None


def is_denied(word: str, text: str) -> bool:
    """Whether a word stands closely behind a no."""
    words = [one.lower() for one in _WORD.findall(text)]
    return any(
        stem(one) == word and not _NOT.isdisjoint(words[max(at - _NEAR - 1, 0) : at]) for at, one in enumerate(words)
    )


def places(text: str, known: Set[str]) -> list[str]:
    """Names behind `in`, `for`, `at` and their like, and what is listed with them; `known` are words that are none.

    Without any, a capitalised word elsewhere counts ("Oslo weather?").
    """
    words = list(_WORD.finditer(text))
    found: list[str] = []
    at = 0
    while at < len(words):
        here = words[at][0].lower()
        end = at + 1
        if here in _BEFORE_PLACES:
            end = _place_end(text, words, at + 1, known, small=here in _BEFORE_SMALL_PLACES)
        elif found and (here in {"and", "or"} or _is_listed(text, words, at)):
            first = at + 1 if here in {"and", "or"} else at
            end = _place_end(text, words, first, known, small=True)
            at = first - 1
        if end > at + 1:
            found.append(text[words[at + 1].start() : words[end - 1].end()])
        at = max(end, at + 1)
    if not found:
        found = [
            word[0] for word in words if word[0][0].isupper() and word[0].lower() not in _NO_PLACES | _verbs(known)
        ]
    return list(dict.fromkeys(found))


def topic(text: str, known: Set[str]) -> str:
    """What a sentence is about: what follows the last of the words that chose the tool, else all of it."""
    bare = text.strip().rstrip(".?!;, ")
    last = 0
    for word in _WORD.finditer(bare):
        if stem(word[0]) in known and word.end() < len(bare):
            last = word.end()
    rest = bare[last:]
    while (word := _WORD.match(rest.lstrip(" ,:"))) and word[0].lower() in IDLE:
        rest = rest.lstrip(" ,:")[word.end() :]
    return rest.strip(" ,:") or bare
