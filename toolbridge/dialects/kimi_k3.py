r"""`kimi-k3`: Kimi K3, whose markup its template calls XTML.

    I will look.<|close|>think<|sep|><|open|>response<|sep|>One moment.<|close|>response<|sep|><|open|>tools<|sep|>
    <|open|>call tool="get_weather" index="1"<|sep|><|open|>argument key="city" type="string"<|sep|>Oslo
    <|close|>argument<|sep|><|close|>call<|sep|><|close|>tools<|sep|><|close|>message<|sep|><|end_of_msg|>

(in one line). `type` says whether a value is text or JSON. Attributes write `&` and `"` as entities, values do not. In
place of arguments `<|open|>json type="object"<|sep|>{…}<|close|>json<|sep|>` may stand. The prompt opens the thinking,
which the model may skip. Servers strip some of the three tokens, or all: `toolscall tool="get_weather" index="1"`.
"""

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass

from toolbridge.notation.dialect import Dialect, Opener, Template
from toolbridge.notation.envelopes import answer_openers, answer_tokens, skip_blanks
from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import object_through
from toolbridge.notation.values import Ends, Value, raw_value
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText

_OPEN, _CLOSE, _SEP = "<|open|>", "<|close|>", "<|sep|>"
_ANSWER = {f"{_OPEN}response{_SEP}": f"{_CLOSE}response{_SEP}"}
_THOUGHT_END = f"{_CLOSE}think"
_STRIPPED = "toolscall "
_NAMES = ("tool", "index", "key", "type", "id")
_ATTRIBUTES = tuple(f'{blank}{name}="' for name in _NAMES for blank in ("", " "))
_QUOTED = re.compile(r'[^"]*')


@dataclass(frozen=True, slots=True)
class _Tags:
    """The tags with their tokens, or what a server leaves of the tags. Open tags stand here up to their attributes."""

    call: str
    argument: str
    json: str
    call_close: str
    argument_close: str
    json_close: str
    tools_close: str

    @property
    def ahead(self) -> tuple[str, ...]:
        """Tags that may follow a call whose close tag is missing."""
        return (self.call, self.tools_close)


_WHOLE = _Tags(
    call=f"{_OPEN}call",
    argument=f"{_OPEN}argument",
    json=f"{_OPEN}json",
    call_close=f"{_CLOSE}call{_SEP}",
    argument_close=f"{_CLOSE}argument{_SEP}",
    json_close=f"{_CLOSE}json{_SEP}",
    tools_close=f"{_CLOSE}tools{_SEP}",
)
_BARE = _Tags("call ", "argument ", "json ", "call", "argument", "json", "tools")
_BARE_ENDS = Markers(f"{_BARE.argument_close}{follows}" for follows in (_BARE.argument, _BARE.call_close))
_NEXT_ARGUMENT = re.compile(rf'{re.escape(_WHOLE.argument)}\s+key="([^"]*)"[^<]*{re.escape(_SEP)}')
_NEXT_ARGUMENT_YET = re.compile(rf"{re.escape(_WHOLE.argument)}[^<]*(?:<[^<]*)?\Z")


def _read(reading: Reading, opener: str) -> Grammar:
    """Read one block, or one call that stands alone."""
    scanner = reading.scanner
    if opener == _OPEN:
        yield from scanner.blanks()
        if (yield from scanner.literal("tools", "call")) == "tools":
            yield from scanner.blanks()
            yield from scanner.maybe(_SEP)
            yield from scanner.blanks()
            reading.mark("markup")
            yield from scanner.maybe(_OPEN)
            yield from scanner.blanks()
            yield from scanner.literal("call")
    tags = yield from _call(reading)
    while True:
        reading.open()
        yield from scanner.blanks()
        reading.mark("markup")
        if (yield from scanner.literal(tags.call, tags.tools_close)) == tags.call:
            tags = yield from _call(reading)
            continue
        if tags is _BARE:
            yield from scanner.maybe("message")
        reading.mark("markup")
        reading.commit()
        return


def _call(reading: Reading) -> Generator[None, None, _Tags]:
    """Read one call behind `call`, with a draft open. Returns the tags in which it is written."""
    scanner = reading.scanner
    found, whole = yield from _attributes(reading)
    name = found.get("tool", "")
    reading.resolve(name)
    if whole:
        yield from scanner.blanks()
    tags = _WHOLE if (yield from scanner.sees(_OPEN, _CLOSE)) else _BARE
    if not (yield from scanner.sees(tags.argument, tags.json, tags.call_close)):
        raise NotACall
    reading.begin(name)
    if tags is _BARE or not whole:
        reading.tolerate("stripped tokens")
    if (yield from scanner.maybe(tags.json)):
        yield from _json(reading, tags)
        return tags
    members = Members(reading)
    opens = (tags.call, f"{_OPEN}tools")
    following = Following(
        tags.call_close, tags.argument_close, (tags.tools_close,), opens, _NEXT_ARGUMENT, _NEXT_ARGUMENT_YET
    )
    implies = implied(reading, members, following)
    follows = Markers((tags.argument, tags.call_close, *tags.ahead))
    ends = Ends(tags.argument_close, follows, (tags.call_close, tags.argument), implies, exact=True)

    def argument(_tag: str) -> Grammar:
        yield from _argument(reading, members, ends)

    reads, forgiven = {tags.argument: argument}, {tags.argument_close: STRAY}
    yield from read_members(reading, members, Structure(tags.call_close, reads, forgiven, tags.ahead, _CLOSE))
    return tags


def _attributes(reading: Reading) -> Generator[None, None, tuple[Mapping[str, str], bool]]:
    """Read attributes, and the token that ends an open tag. Also returns whether the token was there."""
    scanner = reading.scanner
    found: dict[str, str] = {}
    while begun := (yield from scanner.maybe(*_ATTRIBUTES)):
        value = yield from scanner.take(_QUOTED)
        yield from scanner.literal('"')
        found.setdefault(begun.strip(' ="'), value.replace("&quot;", '"').replace("&amp;", "&"))
    return found, bool((yield from scanner.maybe(_SEP, f" {_SEP}")))


def _argument(reading: Reading, members: Members, ends: Ends) -> Grammar:
    """Read one argument behind `argument`."""
    found, whole = yield from _attributes(reading)
    name, said = found.get("key", ""), found.get("type", "")
    if not name:
        raise NotACall
    value = members.value(name, text=said == "string" if said else None)
    if whole and ends.close == _WHOLE.argument_close:
        yield from raw_value(reading, value, ends)
    else:
        yield from _bare_value(reading, value)


def _bare_value(reading: Reading, value: Value) -> Grammar:
    """Read a value through the word that is left of its close tag. The word counts only before another such word."""
    scanner = reading.scanner
    while True:
        found = _BARE_ENDS.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        value.put(scanner.text[scanner.pos : at])
        scanner.pos = at
        if literal is not None:
            scanner.pos += len(_BARE.argument_close)
            value.end()
            return
        yield from scanner.more()


def _json(reading: Reading, tags: _Tags) -> Grammar:
    """Read a JSON object in place of arguments, behind `json`, and the call's close tag."""
    scanner = reading.scanner
    yield from _attributes(reading)
    yield from scanner.blanks()
    if not (yield from scanner.sees("{")):
        raise NotACall
    yield from object_through(reading, (tags.json_close, tags.call_close))
    try:
        yield from scanner.blanks()
        yield from scanner.option(tags.json_close)
        yield from scanner.blanks()
        yield from scanner.literal(tags.call_close)
    except OutOfText:
        reading.tolerate("missing close tag")
    reading.end()


_READ = answer_tokens(_read, _ANSWER)


def read(reading: Reading, opener: str) -> Grammar:
    """Read a block of calls, a call, or a marker around the answer. Its closing marker ends thinking, if any."""
    if opener == _THOUGHT_END:
        yield from _end_of_thought(reading)
        return
    if opener in _ANSWER.values():
        reading.end_thought()
    yield from _READ(reading, opener)


def _end_of_thought(reading: Reading) -> Grammar:
    """Read the end of thinking whose last token the server stripped."""
    if reading.depth > 1 or not reading.in_reasoning:
        raise NotACall
    reading.drop_blanks()
    reading.mark("markup")
    reading.end_thought()
    reading.commit()
    yield from skip_blanks(reading)


DIALECT = Dialect(
    name="kimi-k3",
    read=read,
    openers=(Opener(_OPEN, ("tools", "call")), *answer_openers(_ANSWER)),
    asked_openers=(Opener(_STRIPPED, ('tool="',)), Opener(_THOUGHT_END)),
    closers=(_WHOLE.call_close, _WHOLE.tools_close),
    ends_reasoning=True,
    templates=(Template((_OPEN, _SEP)),),
    architectures=("kimi-k3",),
    models=r"kimi-?k3",
    unpromptable="its markers are special tokens",
    sample=(
        f'{_OPEN}tools{_SEP}{_OPEN}call tool="get_weather" index="1"{_SEP}{_OPEN}argument key="city" type="string"'
        f"{_SEP}Oslo{_WHOLE.argument_close}{_WHOLE.call_close}{_WHOLE.tools_close}"
    ),
)
