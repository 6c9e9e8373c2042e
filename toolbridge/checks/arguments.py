"""The arguments of one call, made to fit the schema of its tool while they come.

    VALUE ──► TEXT or BARE ──► AFTER     a value that may stand here leaves as it comes
      │  ───► KEY ──► COLON ──► VALUE    in an object; in an array, values follow each other
      │  ───► LISTED ──► AFTER           a text where the schema lists the texts
      └─────► OVER ──► AFTER             a value that does not fit is held to its end, and then read as it was meant

Text leaves as long as it is what the schema allows. So of arguments that fit, only the names of optional members are
held, each until its value begins: where that is `null` and the tool takes no `null`, the member is left out. A value is
changed only if it does not fit its place and has exactly one meaning that does (`meanings`). A name is changed only if
the tool does not declare it, and declares exactly one name that is spelled nearly so. All else leaves as it came.
"""

import json
import re
from collections import Counter
from collections.abc import Callable

from toolbridge.checks.levels import Effort, Level, Rename
from toolbridge.checks.meanings import meanings
from toolbridge.checks.places import ANYTHING, Place
from toolbridge.checks.span import Span, inside
from toolbridge.limits import KIB

_BLANKS = re.compile(r"[ \t\r\n]*")
_BLANK = frozenset(" \t\r\n")
_BARE = re.compile(r"[^ \t\r\n,\]}]*")
_KINDS = {'"': "string", "{": "object", "[": "array", "t": "boolean", "f": "boolean", "n": "null", "-": "number"}
_KINDS |= dict.fromkeys("0123456789", "number")
_MOST = 64 * KIB
"""Characters of a value that are held; a longer value leaves as it is."""


class Arguments:
    """The JSON text of a call's arguments: pieces go in as they come, and the text for the client comes out.

    Where the text is no JSON, it leaves as it is from there on.
    """

    def __init__(self, place: Place, *, effort: Effort | None = None) -> None:
        self.changes: Counter[str] = Counter()
        """What was changed: values `coerced`, members `renamed` and `dropped`, all arguments `unwrapped`."""
        self._effort = effort or Effort()
        self._root = place
        self._place = place
        """The place of the value that comes next."""
        self._levels: list[Level] = []
        self._state: Callable[[str, int], int] = self._value
        self._out: list[str] = []
        self._member: list[str] = []
        """Text in front of a member's value that has not left: blanks, a comma, the name, a colon."""
        self._may_drop = False
        """Whether the member may be dropped, if its value is `null`."""
        self._rename: Rename | None = None
        """The name that the member gets if its value fits there."""
        self._raw = ""
        """The part of a name, or of a listed text, that has come, with its quotes."""
        self._left = 0
        """How much of `_raw` has left."""
        self._span = Span()
        self._held: list[str] | None = None
        """The value that is passed over; None if it is dropped."""
        self._length = 0
        self._wrapper: list[str] = []
        """The member that may hold all arguments, until it is known whether another member follows."""
        self._rest = ""

    def feed(self, text: str) -> str:
        """The text for the client that is known with these characters."""
        text, pos = self._rest + text, 0
        while pos < len(text):
            state, before = self._state, pos
            pos = state(text, pos)
            if pos == before and self._state == state:
                break
        self._rest = text[pos:]
        self._release()
        out = "".join(self._out)
        self._out.clear()
        return out

    def finish(self) -> str:
        """The text that is still held, once the call has ended. Of arguments that are a whole object, nothing is."""
        if self._state == self._over and self._held is not None:
            self._settle("".join(self._held))
        out = [*self._out, *self._wrapper, *self._member, self._raw[self._left :], self._rest]
        self._state = self._as_it_is
        return "".join(out)

    # Each state reads from a position on, and returns the position behind what it read.

    def _value(self, text: str, pos: int) -> int:
        pos = self._blanks(text, pos, self._member or self._out)
        if pos == len(text):
            return pos
        level, place = self._levels[-1] if self._levels else None, self._place
        if text[pos] == "]" and level is not None and not level.is_object and level.index == 0:
            return self._close(text[pos], pos)
        kind = _KINDS.get(text[pos])
        if kind is None:
            return self._broken(pos)
        is_allowed = kind in place.kinds or (kind == "number" and "integer" in place.kinds)
        if not is_allowed or (self._rename is not None and not place.is_kind):
            self._begin([])
            return pos
        self._confirm()
        self._commit()
        if kind in ("object", "array"):
            self._open(kind == "object", place)
        elif kind != "string":
            self._state = self._bare
            return pos
        elif place.texts is not None:
            self._state = self._listed
            return pos
        else:
            self._state = self._text
        self._out.append(text[pos])
        return pos + 1

    def _text(self, text: str, pos: int) -> int:
        end = inside(text, pos)
        if end < len(text) and text[end] == '"':
            end += 1
            self._state = self._after
        self._out.append(text[pos:end])
        return end

    def _bare(self, text: str, pos: int) -> int:
        found = _BARE.match(text, pos)
        end = found.end() if found else pos
        self._out.append(text[pos:end])
        if end < len(text):
            self._state = self._after
        return end

    def _listed(self, text: str, pos: int) -> int:
        pos, ended = self._quoted(text, pos)
        if ended or len(self._raw) > _MOST:
            raw, left = self._raw, self._left
            self._raw, self._left = "", 0
            if len(raw) <= _MOST:
                self._settle(raw, left)
            else:
                self._out.append(raw[left:])
                self._state = self._after if ended else self._text
        elif len(self._raw) > 1 and any(each.startswith(self._raw[1:]) for each in self._place.texts or ()):
            self._out.append(self._raw[self._left :])
            self._left = len(self._raw)
        return pos

    def _key(self, text: str, pos: int) -> int:
        if not self._raw:
            pos = self._blanks(text, pos, self._member)
            if pos == len(text):
                return pos
            if text[pos] == "}" and not any("," in piece for piece in self._member):
                return self._close("}", pos)
            if text[pos] != '"':
                return self._broken(pos)
        pos, ended = self._quoted(text, pos)
        if len(self._raw) > _MOST:
            return self._broken(pos)
        return self._named(pos) if ended else pos

    def _colon(self, text: str, pos: int) -> int:
        pos = self._blanks(text, pos, self._member)
        if pos == len(text):
            return pos
        if text[pos] != ":":
            return self._broken(pos)
        self._member.append(":")
        self._state = self._value
        return pos + 1

    def _after(self, text: str, pos: int) -> int:
        level = self._levels[-1] if self._levels else None
        is_object = level is not None and level.is_object
        pos = self._blanks(text, pos, self._member if is_object else self._out)
        if pos == len(text):
            return pos
        if level is None:
            return self._broken(pos)
        if text[pos] == ("}" if is_object else "]"):
            return self._close(text[pos], pos)
        self._effort.values -= 1
        if text[pos] != "," or self._effort.values < 0:
            return self._broken(pos)
        if is_object:
            self._member.append(",")
            self._state = self._key
        else:
            level.index += 1
            self._place = level.place.item(level.index)
            self._out.append(",")
            self._state = self._value
        return pos + 1

    def _over(self, text: str, pos: int) -> int:
        """Pass over a whole value, which is held or dropped; a long one that was held leaves from there on."""
        end = self._span.feed(text, pos)
        if self._held is not None:
            self._held.append(text[pos:end])
            self._length += end - pos
            if self._length > _MOST:
                self._member = self._wrapper + self._member
                self._rename, self._wrapper, self._left = None, [], 0
                self._commit()
                self._out += self._held
                self._held.clear()
        if self._span.ended:
            self._settle("".join(self._held) if self._held is not None else "")
        return end

    def _unwrap(self, text: str, pos: int) -> int:
        """Decide, behind the value of a member that may hold all arguments, whether it does."""
        pos = self._blanks(text, pos, self._member)
        if pos == len(text):
            return pos
        before, value = self._wrapper
        self._wrapper = []
        left, self._left = self._left, 0
        inner, changes = rewritten(value.strip(), self._root, self._effort)
        inner = inner[:1] + inner[1:].lstrip()
        if text[pos] != "}" or not inner.startswith('{"') or not _fits(inner, self._root):
            blanks, self._member = self._member, [before]
            self._commit()
            self._member = blanks
            self._out.append(value)
            self._state = self._after
            return pos
        self.changes += changes
        self.changes["unwrapped"] += 1
        self._member, self._levels = [], []
        # The brace around everything has left, and maybe the quote behind it: they stand for those of the inner object.
        self._out.append(inner[1 + left :])
        self._state = self._as_it_is
        return pos + 1

    def _as_it_is(self, text: str, pos: int) -> int:
        self._out.append(text[pos:])
        return len(text)

    # The steps of these states.

    def _blanks(self, text: str, pos: int, into: list[str]) -> int:
        if text[pos : pos + 1] not in _BLANK:
            return pos
        found = _BLANKS.match(text, pos)
        end = found.end() if found else pos
        if end > pos:
            into.append(text[pos:end])
        return end

    def _quoted(self, text: str, pos: int) -> tuple[int, bool]:
        """Read on in a name or a listed text; the position, and whether it has ended."""
        end = inside(text, pos if self._raw else pos + 1)
        ended = end < len(text) and text[end] == '"'
        end += ended
        self._raw += text[pos:end]
        return end, ended

    def _open(self, is_object: bool, place: Place) -> None:
        self._effort.values -= 1
        self._levels.append(Level(place, is_object, not self._levels))
        self._place = ANYTHING if is_object else place.item(0)
        self._state = self._key if is_object else self._value

    def _close(self, closer: str, pos: int) -> int:
        self._out += self._member
        self._out.append(closer)
        self._member.clear()
        self._levels.pop()
        self._state = self._after if self._levels else self._as_it_is
        return pos + 1

    def _named(self, pos: int) -> int:
        """The name of a member has ended: find its place, and whether it may be dropped."""
        level, raw = self._levels[-1], self._raw
        try:
            name = json.loads(raw) if "\\" in raw else raw[1:-1]
        except ValueError:
            return self._broken(pos)
        place = level.place
        self._raw = ""
        if self._left <= 1 and level.wraps(name):
            self._wrapper = ["".join(self._member) + raw[self._left :]]
            self._member.clear()
            self._state = self._wrapped
            return pos
        if name not in place.names:
            self._rename = level.meant(name, raw, self._left, len(self._member))
        elif name in level.renamed:
            # It has left under another name, and a client would read only one of the two.
            self.changes["dropped"] += 1
            self._left = 0
            self._member.clear()
            self._state = self._repeated
            return pos
        if name in place.names:
            level.names.add(name)
        self._may_drop = name in place.optional and not self._left
        self._place = place.member(self._rename.name if self._rename is not None else name)
        self._member.append(raw[self._left :])
        self._left = 0
        self._state = self._colon
        return pos

    def _wrapped(self, text: str, pos: int) -> int:
        return self._behind_colon(text, pos, self._wrapper, [])

    def _repeated(self, text: str, pos: int) -> int:
        return self._behind_colon(text, pos, [], None)

    def _behind_colon(self, text: str, pos: int, into: list[str], held: list[str] | None) -> int:
        """Read the colon behind a name, and pass over the value behind it."""
        begun = pos
        while pos < len(text) and (text[pos] in " \t\r\n" or (text[pos] == ":" and text[begun:pos].strip() == "")):
            pos += 1
            if text[pos - 1] == ":":
                into.append(text[begun:pos])
                self._begin(held)
                return pos
        return self._broken(begun) if pos < len(text) else begun

    def _begin(self, held: list[str] | None) -> None:
        self._span, self._held, self._length = Span(), held, 0
        self._state = self._over

    def _settle(self, text: str, left: int = 0) -> None:
        """A value has come whole that may not fit: it leaves as it was meant, but for `left` characters that have."""
        self._state = self._after
        if self._held is None and not left and not text:
            self._held = []
            return
        if self._wrapper:
            self._wrapper = ["".join(self._wrapper), text]
            self._state = self._unwrap
            return
        if self._rename is not None:
            text = self._settled_rename(text)
        elif text:
            meant = self._meant(text, left)
            if meant is None:
                return
            text = meant
        self._commit()
        self._out.append(text[left:])

    def _settled_rename(self, text: str) -> str:
        """The value of a member whose name was nearly right: as it was meant, if it then fits under the right name."""
        meant, changes = rewritten(text, self._place, self._effort)
        if not _fits(meant, self._place):
            self._rename = None
            return text
        self.changes += changes
        self._confirm()
        return meant

    def _confirm(self) -> None:
        """Give the member the name that was meant."""
        rename, self._rename = self._rename, None
        if rename is not None:
            self._member[rename.at] = rename.written
            self._levels[-1].names.add(rename.name)
            self._levels[-1].renamed.add(rename.name)
            self.changes["renamed"] += 1

    def _meant(self, text: str, left: int) -> str | None:
        """The value as it was meant, or as it is; None if its member is dropped."""
        place = self._place
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        if place.fits(value):
            return text
        if value is None and self._may_drop:
            self.changes["dropped"] += 1
            self._member.clear()
            return None
        self._effort.meanings -= 1
        if self._effort.meanings < 0 or not self._effort.nested:
            return text
        found = meanings(text, value, place, lambda meaning: rewritten(meaning, place, self._effort)[0])
        if len(found) != 1 or not found[0].startswith(text[:left]):
            return text
        self.changes["coerced"] += 1
        return found[0]

    def _commit(self) -> None:
        """Let the text in front of a value leave."""
        self._may_drop = False
        if not self._member:
            return
        level = self._levels[-1]
        text = "".join(self._member)
        self._member.clear()
        if not level.wrote and not text.isspace():
            # The members before it were dropped.
            text = text.replace(",", "", 1) if text.lstrip().startswith(",") else text
            level.wrote = True
        self._out.append(text)

    def _release(self) -> None:
        """Let the text leave that is held for no reason any more, at the end of a piece."""
        if self._state == self._key:
            level, begun = self._levels[-1], self._raw[1:]
            if level.may_leave(begun):
                self._commit()
                self._out.append(self._raw[self._left :])
                self._left = len(self._raw)
        elif (self._state in (self._colon, self._value) and not (self._may_drop or self._rename)) or (
            self._state == self._after and self._member
        ):
            self._commit()

    def _broken(self, pos: int) -> int:
        """The text is no JSON, or no more of it is looked at: all of it leaves as it is."""
        self._rename = None
        self._out += [*self._wrapper, *self._member, self._raw[self._left :]]
        self._wrapper, self._raw, self._left = [], "", 0
        self._member.clear()
        self._state = self._as_it_is
        return pos


def rewritten(text: str, place: Place, effort: Effort | None = None) -> tuple[str, Counter[str]]:
    """A whole JSON value as it was meant, and what was changed; `effort` is that of the call around it."""
    if effort is not None:
        effort.nested -= 1
    arguments = Arguments(place, effort=effort)
    out = arguments.feed(text) + arguments.finish()
    if effort is not None:
        effort.nested += 1
    return out, arguments.changes


def _fits(text: str, place: Place) -> bool:
    try:
        return place.fits(json.loads(text))
    except (ValueError, RecursionError):
        return False
