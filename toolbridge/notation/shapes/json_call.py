r"""Calls as JSON objects, whatever stands around them: shapes A and B, and calls without a marker.

    {"name": "get_weather", "arguments": {"city": "Oslo"}}

Models vary this, and all of these are read: `parameters`, `args` or `input` for `arguments`; `tool` or `function` for
`name`; arguments before the name; arguments missing, null, or a JSON string that holds the object; the envelope
`{"type": "function", "function": {…}}`; an id beside them; a list of calls, also with entries that are not calls; a
list inside `{"tool_calls": […]}`; a call or such a list within other objects (`{"response": {"tool_calls": […]}}`);
braces missing at the end of a call. The commit point is where both the name and the arguments' first token have been
read.
"""

import json
import re
from collections.abc import Generator
from dataclasses import replace

from toolbridge.events import ToolCall
from toolbridge.notation.drafts import SKIPPED
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import (
    QUOTES,
    STRING_MOST,
    Around,
    Found,
    Member,
    begin,
    read_arguments,
    short_string,
    skip_value,
)
from toolbridge.notation.shapes.loose_arguments import loose_arguments
from toolbridge.scanner import Grammar, NotACall, OutOfText

NAME_KEYS = frozenset({"name", "tool", "tool_name", "function_name"})
FLAT_KEYS = frozenset({"tool", "tool_name"})
"""Keys of a name beside which arguments may stand also in JSON without a marker."""
ARGUMENT_KEYS = frozenset({"arguments", "parameters", "args", "input", "tool_input"})
_ID_KEYS = frozenset({"id", "tool_call_id", "call_id"})
_LIST_KEYS = frozenset({"tool_calls", "calls", "function_calls"})
ENVELOPE_KEYS = frozenset({"function", "tool_call", "function_call"})
_BROKEN = re.compile(r"[^\"'{}\[\],]*")
_CLOSERS = re.compile(r"[}\] \t\r\n]*")
_NEAR = 256
"""Characters within which the next entry must begin behind the place where a call broke."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_$]*")
_LEVELS = 8
"""How many objects deep a call is looked for."""


def calls(reading: Reading, around: Around) -> Grammar:
    """Read one call or a list of them, with a draft open."""
    scanner = reading.scanner
    yield from scanner.blanks()
    if (yield from scanner.maybe("[")):
        yield from _list(reading, replace(around, alone=True))
    else:
        yield from (around.read or call)(reading, around)


def call_object(call: ToolCall, key: str = "arguments") -> str:
    """One call as such an object, on one line, with its arguments unchanged."""
    return f'{{"name": {json.dumps(call.name, ensure_ascii=False)}, "{key}": {call.arguments_json}}}'


def _list(reading: Reading, around: Around) -> Grammar:
    """Read the calls of a list. Entries that are not objects are skipped. Behind a call, other objects are text."""
    scanner = reading.scanner
    around = replace(around, listed=True)
    called = False
    while True:
        yield from scanner.blanks()
        reading.mark("markup")
        char = yield from scanner.peek()
        if char == "]" and called:
            scanner.pos += 1
            reading.mark("markup")
            return
        if called:
            reading.open()
        if char == "{":
            called = yield from entry(reading, around, called=called)
        elif char == "]" or (around.needs_arguments and not called):
            raise NotACall
        else:
            yield from skip_value(reading)
            reading.mark(SKIPPED)
            if called:
                reading.commit()
        yield from scanner.blanks()
        if not (yield from scanner.maybe(",")) and (yield from scanner.peek()) not in ("]", "{"):
            if not called:
                raise NotACall
            return


def entry(reading: Reading, around: Around, *, called: bool) -> Generator[None, None, bool]:
    """Read one object of several. Returns whether this object, or an object before it, is a call.

    An object that is not a call is text, and the objects behind it may still be calls. `called` says whether a call
    stood before this object. If it did, a draft was opened for this object; before the first call the draft of the
    block is still open.
    """
    start, depth, before = reading.scanner.here, reading.depth, reading.calls
    try:
        yield from (around.read or call)(reading, around)
    except NotACall as stop:
        if reading.in_call and reading.depth in (0, depth) and (yield from _past_broken(reading)):
            if reading.abandon(stop):
                return True
            if not called:
                reading.open()
            return called
        among = called or depth == 1
        moved = reading.in_call or reading.calls != before or reading.depth != depth
        if not among or around.needs_arguments or moved:
            raise
        reading.scanner.back(start)
        if not called:
            reading.open()
        try:
            yield from skip_value(reading)
        except (NotACall, OutOfText):
            if not called:
                reading.give_back()
            raise
        reading.give_back()
        return called
    return True


def _past_broken(reading: Reading) -> Generator[None, None, bool]:
    """Read past the rest of a call that broke, if the next entry of its list is near. Returns whether it is near.

    `{"city": 15:30}}, {"name": …`: bare text, braces, a comma and an object with a call's key. A quote before that key
    could end a string, and a call that stands in a string is foreign text.
    """
    scanner = reading.scanner
    start = scanner.here
    reading.open()
    reading.widen(_NEAR)
    try:
        yield from scanner.take(_BROKEN)
        yield from scanner.literal("}")
        yield from scanner.take(_CLOSERS)
        yield from scanner.literal(",")
        yield from scanner.blanks()
        behind = scanner.here
        yield from scanner.literal("{")
        yield from scanner.blanks()
        key = yield from short_string(reading)
        near = key in NAME_KEYS | ENVELOPE_KEYS | _ID_KEYS | {"type"}
    except (NotACall, OutOfText):
        near = False
    scanner.back(behind if near else start)
    reading.commit()
    if near:
        reading.require_offered()
    return near


def call(reading: Reading, around: Around) -> Grammar:
    """Read one object that is a call, from its `{` on."""
    found = Found(dropped=around.dropped)
    yield from reading.scanner.literal("{")
    try:
        yield from _members(reading, around, found)
    except OutOfText:
        if not (found.begun and found.whole):
            raise
        reading.tolerate("missing brace")
    if found.listed:
        reading.mark("markup")
        return
    if not found.begun and found.name and found.arguments is None and (found.is_flat or not around.needs_arguments):
        found.arguments = [loose_arguments(reading, found, strict=around.needs_arguments)]
    begin(reading, found)
    if not found.begun:
        raise NotACall
    if around.alone:
        yield from _extra_brace(reading)
    reading.end()


def _extra_brace(reading: Reading) -> Grammar:
    """Read a `}` behind an entry of a list that stands alone: SmolLM2-135M writes it for the list's `]`."""
    scanner = reading.scanner
    found = closed = False
    try:
        yield from scanner.blanks()
        found = bool((yield from scanner.maybe("}")))
        if found:
            yield from scanner.blanks()
            closed = bool((yield from scanner.sees("]")))
    except OutOfText:
        pass
    if found and not closed:
        reading.tolerate("wrong bracket")


def _members(reading: Reading, around: Around, found: Found, *, inside: bool = False) -> Grammar:
    """Read the members of an object through its `}`. `inside` an envelope they belong to the outer call."""
    scanner = reading.scanner
    while True:
        yield from scanner.blanks()
        if (yield from scanner.maybe("}")):
            return
        if found.whole and (yield from scanner.peek()) not in QUOTES:
            reading.tolerate("missing brace")
            return
        key = yield from _key(reading)
        yield from scanner.blanks()
        yield from scanner.literal(":")
        yield from scanner.blanks()
        char = yield from scanner.peek()
        start = scanner.here
        if key in ARGUMENT_KEYS and found.arguments is None and (yield from _may_be(reading, found, char)):
            yield from read_arguments(reading, around, found)
        elif key in NAME_KEYS | ENVELOPE_KEYS and char in QUOTES and not found.name:
            yield from _name(reading, found)
            found.named_inside = inside
            found.is_flat = key in FLAT_KEYS and not inside
        elif key in _ID_KEYS and char in QUOTES and not found.begun:
            found.call_id = yield from short_string(reading)
            found.members.append(Member(key, start, scanner.here, inside))
        elif key in _ID_KEYS and char in QUOTES:
            yield from _late_id(reading)
        elif key in ENVELOPE_KEYS and char == "{" and not inside:
            scanner.pos += 1
            yield from _members(reading, around, found, inside=True)
        elif key in _LIST_KEYS and char == "[" and found.is_open:
            scanner.pos += 1
            yield from _list(reading, replace(around, alone=False))
            found.listed = True
        elif char == "{" and found.is_open and around.level < _LEVELS:
            yield from _within(reading, around, found)
            found.members.append(Member(key, start, scanner.here, inside))
        else:
            if found.name and not found.begun and (found.is_flat or not around.needs_arguments):
                reading.widen(reading.limits.call)
            yield from skip_value(reading)
            found.members.append(Member(key, start, scanner.here, inside))
        yield from scanner.blanks()
        yield from scanner.maybe(",")


def _key(reading: Reading) -> Generator[None, None, str]:
    """Read a key, which may stand without quotes, as small models write it."""
    scanner = reading.scanner
    if (yield from scanner.peek()) in QUOTES:
        return (yield from short_string(reading))
    key = yield from scanner.take(_BARE_KEY)
    if not 0 < len(key) <= STRING_MOST or key[0].isdigit():
        raise NotACall
    reading.tolerate("bare key")
    return key


def _within(reading: Reading, around: Around, found: Found) -> Grammar:
    """Read an object among the members of an object that is not a call so far. It may hold the call, or be the call."""
    inner = Found(searched=True, dropped=around.dropped)
    reading.scanner.pos += 1
    try:
        yield from _members(reading, replace(around, level=around.level + 1), inner, inside=True)
    except OutOfText:
        if inner.begun and inner.whole:
            reading.tolerate("missing brace")
            reading.end()
        raise
    if inner.begun:
        reading.end()
    found.listed = inner.begun or inner.listed


def _late_id(reading: Reading) -> Grammar:
    """Read an id behind the arguments, as Mistral's models write it. It is kept if the call has not left yet."""
    start = reading.scanner.here
    yield from skip_value(reading)
    if reading.depth:
        written = reading.drafted(reading.depth - 1)
        reading.identify(written[start - reading.scanner.here :].strip(QUOTES))


def _may_be(reading: Reading, found: Found, char: str) -> Generator[None, None, bool]:
    """Whether the value under a key may be a call's value. An object that is only searched may be anything."""
    if found.searched and char in QUOTES:
        return bool((yield from reading.scanner.sees(*(quote + "{" for quote in QUOTES))))
    return not found.searched or char == "{"


def _name(reading: Reading, found: Found) -> Grammar:
    written = yield from short_string(reading)
    name = written
    if reading.names.declared(written) is None and (known := reading.names.meant(written)) is not None:
        reading.tolerate("name")
        name = known
    try:
        reading.resolve(name)
    except NotACall:
        if not found.searched:
            raise
    else:
        found.name = name
        begin(reading, found)
