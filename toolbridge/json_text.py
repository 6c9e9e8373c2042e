"""The JSON that models write, made valid piece by piece. No other file touches the JSON of arguments.

`JsonText` is a transcoder: text goes in as it comes, and valid JSON text comes out. Valid text stays as it is,
character for character: spacing, the order of keys, integers of any size. Mistakes of models are mended and counted:
trailing commas, raw line breaks in strings, Python's quotes and literals, bare keys, odd escapes, keys that an object
has twice. Only undecided text is held: half an escape, a comma that may trail, a bare token that may go on, half a key.

Of two members with one key the first stays, as of two parameters in the other notations: a streaming client has it
already. Readers of JSON differ in which one they take, so whoever checks a call could see another call than its tool.

`escaped` turns raw text into the inside of a JSON string; `json_string` does the inverse.
"""

import json
import re
from collections import Counter
from collections.abc import Callable

from toolbridge.limits import Limits

_BLANKS = re.compile(r"[ \t\r\n]+")
_BARE = re.compile(r"[A-Za-z0-9_+.$-]+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_LOOSE_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[eE][+-]?[0-9]+)?)")
_KEY = re.compile(r"[A-Za-z_$][\w$-]*")
_PLAIN = {
    '"': re.compile(r'[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*){0,256}'),
    "'": re.compile(r"[^'\"\\\x00-\x1f]*"),
}
"""By quote, the text that may stand inside a string unchanged. A match takes at most 256 escapes, because the engine
remembers a way back for each escape and a string may have a million. Possessive groups remember none, but CPython
before 3.11.5 handles them wrongly (gh-106052).
"""
_CONTROL = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_WORDS = {"true": "true", "false": "false", "null": "null", "none": "null", "nan": "null", "undefined": "null"}
_WORDS |= {"infinity": "null", "+infinity": "null", "-infinity": "null"}
_CLOSER = {"{": "}", "[": "]"}
_HEX = {"u": 4, "x": 2}
_BARE_MOST = 1024
"""Characters of a number or a word. The standard library refuses integers of more than 4300 digits."""

_escape: Callable[[str], str] = json.encoder.encode_basestring


class BadJson(ValueError):
    """Text that no tolerance turns into JSON. `pos` is the position of the character that cannot stand there."""

    def __init__(self, pos: int) -> None:
        super().__init__(pos)
        self.pos = pos


def escaped(text: str) -> str:
    """Raw text as the inside of a JSON string, without the quotes. The pieces of a text may be escaped one by one."""
    return _escape(text)[1:-1]


class JsonText:
    """Transcodes a JSON value. `ended` is set once the value is whole; the text behind the value is not read."""

    __slots__ = (
        "_bare",
        "_bare_room",
        "_comma",
        "_dropping",
        "_escape",
        "_in_string",
        "_keys",
        "_out",
        "_pattern",
        "_quote",
        "_stack",
        "_state",
        "_written",
        "depth",
        "ended",
        "tolerances",
    )

    def __init__(self, *, depth: int = Limits().depth) -> None:
        self.depth = depth
        self.ended = False
        self.tolerances: Counter[str] = Counter()
        self._out: list[str] = []
        self._written = self._out
        """Where the states write: `_out`, or a list of its own for a key or for a member that is dropped."""
        self._stack: list[str] = []
        self._keys: list[set[str]] = []
        """The keys of each open object and, empty, of each open array."""
        self._dropping = 0
        """How many brackets were open where the dropped member began; 0 outside such a member."""
        self._state = self._value
        self._in_string = False
        self._quote = ""
        self._pattern = _PLAIN['"']
        self._escape = ""
        self._bare: list[str] = []
        self._bare_room = _BARE_MOST
        self._comma: list[str] = []

    def feed(self, text: str, pos: int, stop: int) -> int:
        """Read `text[pos:stop]` up to the end of the value; returns the position behind the text that was read.

        Unless the value ends, the whole text is read. Raises `BadJson`; the output before the error can still be taken.
        """
        while pos < stop and not self.ended:
            pos = self._state(text, pos, stop)
        if self._dropping:
            self._written.clear()
        return pos

    def inside(self, piece: str) -> str | None:
        """Transcode a piece if it certainly lies inside the current string; otherwise read nothing and return None."""
        if not self._in_string:
            return None
        if not self._escape and self._pattern.fullmatch(piece):
            return piece
        if self._quote in piece:
            return None
        self.feed(piece, 0, len(piece))
        return self.taken()

    def taken(self) -> str:
        """The output since the last call."""
        out = self._out
        if len(out) == 1:
            return out.pop()
        joined = "".join(out)
        out.clear()
        return joined

    def missing(self) -> bool:
        """Whether nothing but closing braces is missing."""
        if self.ended or not self._stack:
            return False
        if self._state == self._word:
            return bool(_read_word("".join(self._bare)))
        return bool(self._comma) or self._state in (self._after, self._key_or_end, self._value_or_end)

    def close(self) -> None:
        """Add the missing braces, and count this as a tolerance."""
        if self._bare:
            self._end_word(0)
        self._comma.clear()
        open_in_output = self._stack[: self._dropping or None]
        self._written = self._out
        self._out.extend(_CLOSER[opener] for opener in reversed(open_in_output))
        self._stack.clear()
        self.ended = True
        self.tolerances["missing brace"] += 1

    # The states. Each reads at least one character, and sets the state that follows.

    def _blank(self, text: str, pos: int, stop: int) -> int:
        found = _BLANKS.match(text, pos, stop)
        if not found:
            return pos
        (self._comma or self._written).append(found.group())
        return found.end()

    def _release_comma(self) -> None:
        if self._comma:
            self._written += self._comma
            self._comma.clear()

    def _value(self, text: str, pos: int, stop: int) -> int:
        """A value must stand here. Only behind a comma a closing bracket is accepted: the comma then trails."""
        pos = self._blank(text, pos, stop)
        if pos == stop:
            return pos
        char = text[pos]
        if char == "]" and self._comma and self._stack and self._stack[-1] == "[":
            return self._trailing(pos)
        if char in "\"'":
            self._release_comma()
            self._open_string(char)
            self._state = self._string
            return pos + 1
        if char in "{[":
            if len(self._stack) >= self.depth:
                raise BadJson(pos)
            self._release_comma()
            self._stack.append(char)
            self._keys.append(set())
            self._written.append(char)
            self._state = self._key_or_end if char == "{" else self._value_or_end
            return pos + 1
        if _BARE.match(text, pos, stop):
            self._release_comma()
            self._state = self._word
            return pos
        raise BadJson(pos)

    def _value_or_end(self, text: str, pos: int, stop: int) -> int:
        pos = self._blank(text, pos, stop)
        if pos < stop and text[pos] == "]":
            return self._close(pos)
        if pos < stop:
            self._state = self._value
        return pos

    def _key_or_end(self, text: str, pos: int, stop: int) -> int:
        pos = self._blank(text, pos, stop)
        if pos < stop and text[pos] == "}":
            return self._close(pos)
        if pos < stop:
            self._state = self._key
        return pos

    def _key(self, text: str, pos: int, stop: int) -> int:
        pos = self._blank(text, pos, stop)
        if pos == stop:
            return pos
        char = text[pos]
        if char == "}" and self._comma:
            return self._trailing(pos)
        if char in "\"'":
            self._begin_key()
            self._open_string(char)
            self._state = self._key_string
            return pos + 1
        if _BARE.match(text, pos, stop) and not char.isdigit():
            self._begin_key()
            self._state = self._bare_key
            return pos
        raise BadJson(pos)

    def _bare_key(self, text: str, pos: int, stop: int) -> int:
        pos = self._gather(text, pos, stop)
        if pos < stop:
            key = "".join(self._bare)
            if not _KEY.fullmatch(key):
                raise BadJson(pos)
            self._end_bare()
            self._written.append(f'"{key}"')
            self.tolerances["bare key"] += 1
            self._end_key()
        return pos

    def _begin_key(self) -> None:
        """Hold the key until it is whole; a member that is dropped is not looked into."""
        if self._dropping:
            self._release_comma()
        else:
            self._written = []

    def _end_key(self) -> None:
        """Let the key go out, or drop its member, if the object has this key already."""
        self._state = self._colon
        if self._dropping:
            return
        key = "".join(self._written)
        name = json.loads(key) if "\\" in key else key[1:-1]
        if name in self._keys[-1]:
            self.tolerances["repeated key"] += 1
            self._comma.clear()
            self._dropping = len(self._stack)
            return
        self._keys[-1].add(name)
        self._written = self._out
        self._release_comma()
        self._written.append(key)

    def _colon(self, text: str, pos: int, stop: int) -> int:
        pos = self._blank(text, pos, stop)
        if pos == stop:
            return pos
        if text[pos] != ":":
            raise BadJson(pos)
        self._written.append(":")
        self._state = self._value
        return pos + 1

    def _after(self, text: str, pos: int, stop: int) -> int:
        """Behind a value inside an object or an array."""
        pos = self._blank(text, pos, stop)
        if pos == stop:
            return pos
        char = text[pos]
        inside = self._stack[-1]
        if char == ",":
            self._comma.append(",")
            self._state = self._key if inside == "{" else self._value
            return pos + 1
        if char == _CLOSER[inside]:
            return self._close(pos)
        raise BadJson(pos)

    def _trailing(self, pos: int) -> int:
        self._written += self._comma[1:]
        self._comma.clear()
        self.tolerances["trailing comma"] += 1
        return self._close(pos)

    def _close(self, pos: int) -> int:
        self._written.append(_CLOSER[self._stack.pop()])
        self._keys.pop()
        self._end_value()
        return pos + 1

    def _end_value(self) -> None:
        if self._dropping == len(self._stack):
            self._dropping = 0
            self._written = self._out
        if self._stack:
            self._state = self._after
        else:
            self.ended = True

    # Strings.

    def _open_string(self, quote: str) -> None:
        self._quote = quote
        self._pattern = _PLAIN[quote]
        self._written.append('"')
        if quote == "'":
            self.tolerances["single quotes"] += 1

    def _key_string(self, text: str, pos: int, stop: int) -> int:
        pos, whole = self._inside(text, pos, stop)
        if whole:
            self._end_key()
        return pos

    def _string(self, text: str, pos: int, stop: int) -> int:
        pos, whole = self._inside(text, pos, stop)
        self._in_string = not whole and not self._dropping
        if whole:
            self._end_value()
        return pos

    def _inside(self, text: str, pos: int, stop: int) -> tuple[int, bool]:
        """Read on inside a string; returns the position, and whether the closing quote was read."""
        out = self._written
        while pos < stop:
            if self._escape:
                pos = self._escaping(text, pos)
                continue
            found = self._pattern.match(text, pos, stop)
            if found and found.end() > pos:
                out.append(found.group())
                pos = found.end()
                if pos == stop:
                    break
            char = text[pos]
            pos += 1
            if char == self._quote:
                out.append('"')
                return pos, True
            if char == "\\":
                self._escape = char
            elif char == '"':
                out.append('\\"')
            else:
                out.append(_CONTROL.get(char) or f"\\u{ord(char):04x}")
                self.tolerances["raw control character"] += 1
        return pos, False

    def _escaping(self, text: str, pos: int) -> int:
        """Read one more character of an escape."""
        char = text[pos]
        begun = self._escape
        if begun == "\\":
            if char in '"\\/bfnrt':
                self._end_escape(begun + char)
            elif char in _HEX:
                self._escape += char
            elif char == "'":
                self._end_escape("'", odd=True)
            else:
                self._end_escape("\\\\", odd=True)
                return pos
            return pos + 1
        if char in "0123456789abcdefABCDEF":
            self._escape += char
            if len(self._escape) == 2 + _HEX[begun[1]]:
                digits = self._escape[2:]
                self._end_escape("\\u" + digits.rjust(4, "0"), odd=begun[1] == "x")
            return pos + 1
        self._end_escape("\\" + begun, odd=True)
        return pos

    def _end_escape(self, written: str, *, odd: bool = False) -> None:
        self._escape = ""
        self._written.append(written)
        if odd:
            self.tolerances["escape"] += 1

    # Numbers and words.

    def _gather(self, text: str, pos: int, stop: int) -> int:
        found = _BARE.match(text, pos, stop)
        if not found:
            return pos
        if found.end() - pos > self._bare_room:
            raise BadJson(pos + self._bare_room)
        self._bare_room -= found.end() - pos
        self._bare.append(found.group())
        return found.end()

    def _end_bare(self) -> None:
        self._bare.clear()
        self._bare_room = _BARE_MOST

    def _word(self, text: str, pos: int, stop: int) -> int:
        pos = self._gather(text, pos, stop)
        if pos < stop:
            self._end_word(pos)
        return pos

    def _end_word(self, pos: int) -> None:
        word = "".join(self._bare)
        mended = _read_word(word)
        if not mended:
            raise BadJson(pos)
        if mended != word:
            self.tolerances["literal" if mended in _WORDS else "number"] += 1
        self._end_bare()
        self._written.append(mended)
        self._end_value()


def _read_word(word: str) -> str:
    """A number or a word as JSON; the empty string for any other text."""
    if _NUMBER.fullmatch(word):
        return word
    return _WORDS.get(word.lower()) or _mended_number(word)


def _mended_number(word: str) -> str:
    """`+5`, `.5` and `5.` as JSON numbers, or the empty string. Digits behind a leading zero are a string: a code."""
    found = _LOOSE_NUMBER.fullmatch(word)
    if not found or not (found[2] or found[3]):
        return ""
    sign, whole, fraction, exponent = found[1].strip("+"), found[2], found[3], found[4]
    if len(whole) > 1 and whole[0] == "0":
        return f'"{word}"'
    return f"{sign}{whole or 0}{f'.{fraction or 0}' if fraction is not None else ''}{exponent}"
