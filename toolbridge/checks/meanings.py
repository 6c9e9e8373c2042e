"""What a value may have meant that does not fit its place: the meanings of it that do.

Models write numbers and lists as text, text as numbers, one item where a list is wanted, and a listed word in another
case. Where exactly one meaning fits the schema, it is what the model meant. A meaning keeps the characters of the
value wherever it can: `"1e400"` and `"12345678901234567890"` are the numbers with these digits.
"""

import json
import re
from collections.abc import Callable, Iterator

from toolbridge.checks.places import Place
from toolbridge.json_text import BadJson, JsonText

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,63})(?:\.[0-9]{1,64})?(?:[eE][+-]?[0-9]{1,3})?")
_WHOLE = re.compile(r"(-?[0-9]{1,64})\.0+")
_WORDS = {"true": "true", "false": "false", "null": "null", "none": "null"}
_BITS = {"0": "false", "1": "true"}
_SEPARATORS = re.compile(r"[\s_-]+")
_DEPTH = 64


def meanings(text: str, value: object, place: Place, mended: Callable[[str], str]) -> list[str]:
    """The JSON texts that a value may have meant and that fit; `text` is the value as JSON, which does not fit.

    A list or an object that a text stands for may hold values that do not fit in their turn: `mended` changes these.
    """
    found: dict[str, None] = {}
    for meaning in _possible(text, value, place):
        fitting = next((each for each in (meaning, mended(meaning)) if _fits(each, place)), None)
        if fitting is not None:
            found[fitting] = None
    return list(found)


def _fits(meaning: str, place: Place) -> bool:
    try:
        return place.fits(json.loads(meaning))
    except (ValueError, RecursionError):
        return False


def _possible(text: str, value: object, place: Place) -> Iterator[str]:
    kinds = place.kinds
    if isinstance(value, str):
        inner = _json_in(value)
        if inner is not None and kinds & {"array", "object"}:
            # A list that was written as text is no text for a list of texts.
            yield inner
            return
        yield from _of_text(value, place)
    elif "string" in kinds and value is not None:
        # A file of JSON as a value, an identifier of digits.
        yield json.dumps(text, ensure_ascii=False)
    if text in _BITS and "boolean" in kinds and not kinds & {"integer", "number"}:
        yield _BITS[text]
    if "array" in kinds and value is not None and not isinstance(value, list):
        # Items that are meant otherwise are for `mended`.
        yield f"[{text}]"


def _of_text(value: str, place: Place) -> Iterator[str]:
    kinds, bare = place.kinds, value.strip()
    if place.texts is not None:
        yield from (json.dumps(text, ensure_ascii=False) for text in place.texts if alike(text) == alike(value))
    if kinds & {"integer", "number"} and _NUMBER.fullmatch(bare):
        whole = _WHOLE.fullmatch(bare)
        yield whole[1] if whole and "number" not in kinds else bare
    word = _WORDS.get(bare.lower())
    if word is not None:
        yield word


def _json_in(text: str) -> str | None:
    """The list or the object in a text, with the mistakes of models mended, or None if the text is none."""
    text = text.strip()
    if text[:1] not in ("[", "{"):
        return None
    transcoder = JsonText(depth=_DEPTH)
    try:
        end = transcoder.feed(text, 0, len(text))
    except BadJson:
        return None
    return transcoder.taken() if transcoder.ended and not text[end:].strip() else None


def alike(text: str) -> str:
    """A text without the differences between two spellings of one word: case, blanks, hyphens, underscores."""
    return _SEPARATORS.sub(" ", text.strip()).casefold()
