"""What a user's words hold: content words, places, numbers, quotations, and what the sentence is about."""

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,15}(?:\.\d{1,15})?(?![\w]|\.\d)")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^“”\n]+)”|«([^«»\n]+)»|(?<!\w)'([^'\n]+)'(?!\w)|`([^`\n]+)`")
_ARITHMETIC = re.compile(r"(?<![\d.])\d[\d.]*(?:\s?[-+*/×÷^%]\s?\(?\d[\d.]*\)?)+")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
_SEPARATOR = re.compile(
    r"(?<![.?!;])[.?!;]+\s+|\n+|(?:,|(?<![^\S\n]))[^\S\n]+(?:and|then|also|plus)\s+(?:then\s+|also\s+)?|,\s+",
    re.IGNORECASE,
)
"""Runs of points and of blanks are looked at from their beginning only."""


def vocabulary(text: str) -> frozenset[str]:
    """The words of a text, for tables of words."""
    return frozenset(text.split())


IDLE = vocabulary(
    "a about an and any are as at be been both but by can could did do does for from get give good had has have hello "
    "hey hi how i if in into is it its let like look may me my need no not now of on or our out please say shall she "
    "should show so some tell than thank thanks that the their them then there these they this those to too up us use "
    "used using want was we were what what's when where which who whose why will with would you your"
)
"""Words that say nothing of what is wanted."""
_NO_PLACES = IDLE | vocabulary(
    "today tomorrow yesterday tonight morning noon evening night week weeks day days month months year years hour "
    "hours minute minutes weekend moment least most once general detail short english all each every degrees "
    "monday tuesday wednesday thursday friday saturday sunday"
)
"""Words that may follow `in` or `for` and name no place."""
_LEADS = dict.fromkeys(vocabulary("in for at near around from between"), True) | dict.fromkeys(
    vocabulary("of to into visit"), False
)
"""Words that stand before places, and whether a place in small letters is believed behind them."""
_WITHIN_NAMES = vocabulary("de la le da do del di du el of upon van der den")
_LONGEST_SMALL = 3
_NOT = frozenset({"no", "not", "without", "don't", "never", "skip"})
_NEAR = 2
"""Words on either side of a number that may say what it counts."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in the text, with the stems of the words around it, nearest first."""

    value: int | float
    near: tuple[str, ...]


def stem(word: str) -> str:
    """A word in small letters, without the ending of its plural or genitive."""
    word = re.sub(r"['’]s?$", "", word.lower())
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def content_words(text: str) -> list[str]:
    """The stems of the words that mean something, in their order; `get_weather` and `getWeather` are two words."""
    return [word for word in stems(text) if word not in IDLE and not word.isdecimal()]


def stems(text: str) -> list[str]:
    """The stems of all words, the idle ones among them."""
    return list(map(stem, _WORD.findall(_CAMEL.sub(" ", text).replace("_", " "))))


def small_words(text: str) -> set[str]:
    """The stems of the words that are written small, and so are no names."""
    return {stem(word) for word in _WORD.findall(text) if word.islower()}


def clauses(text: str) -> Iterator[str]:
    """The parts of a text that may each wish for something; what stands in quotation marks is never cut."""
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    start = 0
    for found in _SEPARATOR.finditer(text):
        if not any(begin < found.end() and found.start() < end for begin, end in quoted):
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
    terms = (found[0] for found in _ARITHMETIC.finditer(text))
    return next((term for term in terms if not _DATE.fullmatch(term)), None)


def is_denied(word: str, text: str) -> bool:
    """Whether a word of this stem stands closely behind a no."""
    words = [one.lower() for one in _WORD.findall(text)]
    return any(stem(one) == word and not _NOT.isdisjoint(words[max(at - 3, 0) : at]) for at, one in enumerate(words))


def places(text: str, known: AbstractSet[str]) -> list[str]:
    """Names behind `in`, `for`, `at` and their like, and those listed with them; `known` are stems that are none.

    Where there are none, any capitalised word counts ("Oslo weather?").
    """
    words = list(_WORD.finditer(text))
    found: list[str] = []
    at = 0
    small = listing = False
    while at < len(words):
        word = words[at][0].lower()
        if word in _LEADS:
            first, small = at + 1, _LEADS[word]
        elif listing and word in {"and", "or"}:
            first = at + 1
        elif listing and text[words[at - 1].end() : words[at].start()].strip() in {",", "&", "/"}:
            first = at
        else:
            listing = False
            at += 1
            continue
        end = _name_end(text, words, first, known, small=small)
        listing = end > first
        if listing:
            found.append(text[words[first].start() : words[end - 1].end()])
            small = found[-1].islower()
        at = max(end, at + 1)
    return list(dict.fromkeys(found or _capitalised(words, known)))


def _name_end(text: str, words: Sequence[re.Match[str]], first: int, known: AbstractSet[str], *, small: bool) -> int:
    """Behind the last word of the name that begins at `first`; `first` where none does."""

    def names(at: int) -> bool:
        word = words[at][0]
        return word[0].isalpha() and word.lower() not in _NO_PLACES and stem(word) not in known

    def joined(at: int) -> bool:
        return at < len(words) and text[words[at - 1].end() : words[at].start()] in {" ", "-", ". "}

    if first >= len(words) or not names(first):
        return first
    end = first + 1
    if words[first][0][0].isupper():
        while joined(end):
            behind = end + 1 if words[end][0] in _WITHIN_NAMES and joined(end + 1) else end
            if not (words[behind][0][0].isupper() and names(behind)):
                break
            end = behind + 1
        return end
    while small and joined(end) and end - first < _LONGEST_SMALL and names(end) and words[end][0].lower() not in _LEADS:
        end += 1
    return end if small else first


def _capitalised(words: Sequence[re.Match[str]], known: AbstractSet[str]) -> list[str]:
    """Words with a capital; one that begins the sentence only where no other has."""
    found = [
        (word.start(), word[0])
        for word in words
        if word[0][0].isupper() and word[0].lower() not in _NO_PLACES and stem(word[0]) not in known
    ]
    within = [word for start, word in found if start > 0]
    return within or [word for _, word in found]


def topic(text: str, known: AbstractSet[str]) -> str:
    """What a sentence is about: what follows the last of these stems, by which the tool was chosen, else all of it."""
    bare = text.strip().rstrip(".?!;, ")
    ends = [word.end() for word in _WORD.finditer(bare) if stem(word[0]) in known]
    rest = bare[ends[-1] :] if ends else bare
    while (word := _WORD.match(rest := rest.lstrip(" ,:"))) and word[0].lower() in IDLE:
        rest = rest[word.end() :]
    return rest or bare


def labelled(text: str, name: str) -> str | None:
    """What stands behind a name and `=` or `:`, or behind it in quotation marks."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)\s?(?:[=:]\s?(?:\"([^\"]*)\"|([^\s,;\"]+))|\"([^\"]*)\")", text)
    if found is None:
        return None
    value = next(group for group in found.groups() if group is not None)
    return value.rstrip(".?!") if found[2] else value
