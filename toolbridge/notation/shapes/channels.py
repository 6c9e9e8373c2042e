r"""Messages whose headers name a channel and a recipient: shape H.

    <|channel|>analysis<|message|>I look.<|end|>
    <|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Oslo"}
    <|call|>

    to=self<|message|>I look.<|eom|><|start|>assistant to=get_weather<|message|>{"city": "Oslo"}<|eot|>

(each in one line). Each message is read by itself, and content is left to the parser. The prompt has written the
beginning of a reply, so the first header may be half a header. A header may have its recipient before or behind the
channel, a second channel before the real channel, its type with or without a token, and no `<|start|>`. Where a server
hides special tokens, the rest of a header is read too: `analysisI look.assistantcommentary to=functions.now json{}`.

A message to one of the makers' own tools (`python`, `browser.search`) that was not offered is reasoning. Where those
tools are run, such a message is a part of the reasoning, and no client could answer it.
"""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass

from toolbridge.notation.dialect import PROMPTED, NameToken, Opener
from toolbridge.notation.drafts import AROUND, ORPHAN
from toolbridge.notation.envelopes import begin_content, end_message, invent, pass_message, reasoning_message
from toolbridge.notation.raw_argument import only_text, raw_argument
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import arguments_through
from toolbridge.notation.shapes.message_parameters import BEGIN, message_parameters
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText
from toolbridge.words import Phrase

_START, _CHANNEL, _TYPE, _MESSAGE = "<|start|>", "<|channel|>", "<|constrain|>", "<|message|>"
_ROLE = "assistant"
_KINDS = ("analysis", "commentary", "final")
ENDS = ("<|end|>", "<|call|>", "<|return|>", "<|eom|>", "<|eot|>")
"""Markers that end a message."""
_TOOLS = "functions."
NEXT = (
    *(f"{_START}{begins}" for begins in (_ROLE, *_KINDS, _CHANNEL, _MESSAGE)),
    *(f"{_CHANNEL}{begins}" for begins in (*_KINDS, _TOOLS, " to=")),
    f"{_ROLE}{_CHANNEL}",
)
"""Markers that begin a message. A token alone is only spoken of, as in "Use <|start|> here"."""
_OTHER_ROLES = ("user", "tool", _TOOLS, "system", "developer", "python", "browser.", "container.")
_OTHERS = tuple(f"{_START}{role}" for role in _OTHER_ROLES)
"""Markers that begin another speaker's message."""
_HIDDEN = tuple(f"{_ROLE}{kind}" for kind in _KINDS)
"""What a server that hides special tokens leaves of `<|start|>assistant<|channel|>analysis` and the like."""
_HIDDEN_CALL = f"{_ROLE} to=functions."

OPENERS = (
    Opener(PROMPTED, ("to=functions.",), first=True),
    Opener(_START, (_ROLE, *(_CHANNEL + kind for kind in _KINDS))),
    Opener(_CHANNEL, (*_KINDS, _TOOLS)),
    *(Opener(end + _START, (_ROLE,)) for end in ENDS),
    *(Opener(end + _CHANNEL, _KINDS) for end in ENDS),
)
"""Openers of a message in any reply."""
_STOPS = tuple(end for end in ENDS if end != "<|call|>")
"""Ends that no call has: where a call turns out to be text, its own end is text too."""
ASKED_OPENERS = (
    Opener(PROMPTED, first=True),
    *map(Opener, (_START, *(end + _START for end in ENDS), _CHANNEL, f"{_ROLE}{_CHANNEL}", _TYPE, _MESSAGE, *_STOPS)),
)
"""Further openers in a reply of a family that writes such messages."""
HIDDEN_OPENERS = tuple(map(Opener, (*_HIDDEN, _HIDDEN_CALL)))
"""Further openers where special tokens are hidden."""

_WORDS = re.compile(r"[^<{\[\"\n]*")
_NAME = re.compile(r"[\w.:/-]*")
_CUT_HEADER = re.compile(r"(?:tool [\w.:/-]*|[\w.:/-]+(?: (?:t|to|to=[\w.:/-]*)?)?)(?:<\|?\w*\|?)?")
"""The header of another speaker's message, in which the reply was cut."""
_RECIPIENT = re.compile(r"\bto=\s*([^\s=]+)")
_READERS = ("", _ROLE, "user", "all", "commentary", "final", "self", "analysis", "developer")
"""Recipients that are not tools."""
_BUILT_IN = re.compile(r"(?:python|browser|container)(?:\..*)?")
_GLUED = ("json", "code", "commentary", "analysis")
"""Words that are stuck to a name where the tokens between them are hidden."""


@dataclass(frozen=True, slots=True)
class Header:
    """Whom a message is for, and on which channel."""

    channel: str = ""
    recipient: str = ""
    hidden: bool = False
    """Whether special tokens are hidden."""


@dataclass(frozen=True, slots=True)
class Channels:
    """A notation of such messages."""

    call: Callable[[Reading, str], Grammar]
    """Reads what stands behind the header of a message to the tool of this name, with a draft open."""
    bare: tuple[tuple[str, ...], tuple[NameToken, ...]] = ((), ())
    """Whole headers without any token before them, to other readers and to tools. The end of a message may be missing
    before such a header."""
    spoken_of: bool = False
    """Whether calls in a message of reasoning are only spoken of, also where nothing follows them."""

    def read(self, reading: Reading, opener: str) -> Grammar:
        """Read one message, or the end of a message."""
        if opener in ENDS:
            yield from end_message(reading, (*ENDS, *NEXT), () if reading.calls else _OTHERS, spoken_of=True)
            return
        try:
            header = yield from _header(reading, opener)
        except OutOfText:
            if reading.declared_only or not opener.endswith(_START) or "to=" in reading.drafted(0):
                raise
            # The message was cut off before it named a tool, and the family writes a header before every message.
            reading.scanner.pos = reading.scanner.stop
            begin_content(reading)
            return
        if header is None:
            yield from invent(reading)
            return
        while (yield from self._message(reading, header)).startswith("to="):
            reading.open()
            header = yield from _begun(reading)

    def _message(self, reading: Reading, header: Header) -> Generator[None, None, str]:
        """Read one message. Returns the marker that ended it, if it is that of the next message."""
        recipient = header.recipient
        name = tool_name(reading, recipient)
        readers, tools = self.bare
        following = (*NEXT, *_HIDDEN, _HIDDEN_CALL) if header.hidden else (*NEXT, *readers)
        frames = tuple(token.among(reading.names) for token in tools)
        if recipient in _READERS:
            if recipient in ("self", "analysis") or (not recipient and header.channel == "analysis"):
                return (yield from reasoning_message(reading, ENDS, following, frames, spoken_of=self.spoken_of))
            if recipient and recipient != _ROLE:
                dropped = recipient == "developer"
                return (yield from pass_message(reading, (*ENDS, *following), frames, dropped=dropped))
            begin_content(reading)
        elif _BUILT_IN.fullmatch(recipient) and reading.names.declared(name) is None:
            return (yield from reasoning_message(reading, ENDS, following, frames, spoken_of=self.spoken_of))
        else:
            yield from self.call(reading, name)
        return ""


def tool_name(reading: Reading, recipient: str) -> str:
    """The tool that a recipient means. Its namespace and words stuck to it are left out if the rest is offered."""
    tools = reading.tools
    name = recipient if recipient in tools else recipient.removeprefix("functions.")
    if tools and reading.names.declared(name) is None:
        for stuck in _GLUED:
            if reading.names.declared(name.removesuffix(stuck)) is not None:
                return name.removesuffix(stuck)
        last = name.rpartition(".")[2]
        return last if reading.names.declared(last) is not None else name
    return name


def _header(reading: Reading, opener: str) -> Generator[None, None, Header | None]:
    """The header behind this opener; None for the header of another speaker's message."""
    if not opener:
        return (yield from _begun(reading))
    if opener.endswith(_START):
        return (yield from _started(reading))
    if opener in (_MESSAGE, _TYPE) and not reading.line_blank:
        # Content speaks of the token.
        raise NotACall
    if opener == _MESSAGE:
        return Header()
    if opener in _HIDDEN:
        return (yield from _rest_of_hidden(reading, opener.removeprefix(_ROLE)))
    return (yield from _rest(reading, opener.removeprefix(_ROLE) if opener == _HIDDEN_CALL else ""))


def _started(reading: Reading) -> Generator[None, None, Header | None]:
    """The header behind `<|start|>`. Raises `NotACall` where no role and no channel follows the token."""
    scanner = reading.scanner
    start = scanner.here
    begins = yield from scanner.option(*_OTHER_ROLES, _ROLE, *_KINDS, _CHANNEL, _MESSAGE, " to=")
    if begins in _OTHER_ROLES:
        yield from _anothers(reading, start)
        return None
    if begins in _KINDS:
        return (yield from _rest_of_hidden(reading, begins))
    if not begins:
        # A made-up result: gpt-oss writes the tool's name as its role.
        answers = Phrase(("", " to=assistant"), reading.names)
        if not (yield from scanner.marker(Markers((), (answers,)))):
            raise NotACall
        return None
    if begins != _ROLE:
        scanner.back(start)
    kind = yield from scanner.maybe(*_KINDS)
    return (yield from (_rest_of_hidden(reading, kind) if kind else _rest(reading)))


def _anothers(reading: Reading, start: int) -> Grammar:
    """Read the header of another speaker's message. Without a token behind it the words are text."""
    scanner = reading.scanner
    try:
        yield from scanner.take(_WORDS)
        yield from scanner.literal(_CHANNEL, _MESSAGE, _TYPE)
    except OutOfText:
        scanner.back(start)
        if not _CUT_HEADER.fullmatch(scanner.text, scanner.pos, scanner.stop):
            raise NotACall from None


def _begun(reading: Reading) -> Generator[None, None, Header]:
    """The rest of a header whose beginning the prompt has written, as the first text of a reply."""
    scanner = reading.scanner
    word = yield from scanner.maybe("to=", *_KINDS)
    if word == "to=":
        return (yield from _rest(reading, word))
    if not word or not (yield from _is_header(reading, word)):
        raise NotACall
    return (yield from _rest_of_hidden(reading, word))


def _is_header(reading: Reading, word: str) -> Generator[None, None, bool]:
    """Whether this word at the beginning of a reply is the rest of a header. If it is, text is stuck to it."""
    scanner = reading.scanner
    if (yield from scanner.sees(_MESSAGE, " to=")):
        return True
    char = yield from scanner.peek()
    return char in '{"*#' or (char.isalnum() and not (word == "final" and char.islower()))


def _rest(reading: Reading, begun: str = "") -> Generator[None, None, Header]:
    """The rest of a header, through `<|message|>`. The header of a call may also end at its arguments."""
    scanner = reading.scanner
    parts: list[str] = []
    while True:
        words = yield from scanner.take(_WORDS)
        parts.append(words if parts else begun + words)
        yield from scanner.blanks()
        token = yield from scanner.option(_MESSAGE, _CHANNEL, _TYPE, _START)
        header = _parsed(" ".join(parts))
        if token == _MESSAGE:
            if header == Header() and "".join(parts).strip() and not reading.line_blank:
                # Words between two tokens, within a line: content speaks of the tokens.
                raise NotACall
            return header
        if not token:
            if (yield from scanner.sees(*ENDS)):
                return header
            if header.recipient not in _READERS and (yield from scanner.sees("{", "[", '"')):
                return header
            raise NotACall


def _rest_of_hidden(reading: Reading, channel: str) -> Generator[None, None, Header]:
    """The rest of a header behind its channel, where special tokens are hidden. Only a recipient may follow."""
    scanner = reading.scanner
    if (yield from scanner.maybe(_MESSAGE)) or not (yield from scanner.maybe(" to=")):
        return Header(channel, hidden=True)
    name = yield from scanner.take(_NAME)
    if _BUILT_IN.fullmatch(name) and reading.names.declared(name) is None:
        return Header(channel, name, hidden=True)
    return (yield from _rest(reading, f"{channel} to={name}"))


def _parsed(words: str) -> Header:
    named = [name for name in _RECIPIENT.findall(words) if name != _ROLE]
    plain = _RECIPIENT.sub(" ", words).split()
    # gpt-oss mixes them up: `<|channel|>functions.read<|channel|>commentary to=assistant json`.
    named += [word for word in plain if word.startswith("functions.")]
    channels = [word for word in plain if word in _KINDS]
    return Header(channels[-1] if channels else "", named[0] if named else "")


_BREAKS = Markers((*ENDS, *NEXT))


def message_call(reading: Reading, name: str) -> Grammar:
    """Read a call behind the header of its message."""
    scanner = reading.scanner
    reading.resolve(name)
    yield from scanner.blanks()
    if (yield from scanner.sees("<atem:")):
        # A message of Muse's, whose calls have openers of their own.
        begin_content(reading)
        return
    if (yield from scanner.sees(BEGIN)):
        yield from message_parameters(reading, name, "<|call|>", (*_STOPS, *NEXT))
        return
    if (yield from scanner.sees(*ENDS)):
        # A tool without parameters: models leave the arguments out.
        reading.empty_call(name)
        yield from _behind_call(reading)
        return
    if (yield from scanner.peek()) in "{\"'":
        yield from arguments_through(reading, name, (*ENDS, *NEXT))
    elif (yield from scanner.maybe("[")):
        yield from _listed(reading, name)
    elif (yield from scanner.sees("null")):
        yield from arguments_through(reading, name, ENDS)
    else:
        yield from raw_argument(reading, name, only_text(reading, name), _BREAKS)
    reading.end()
    yield from _behind_call(reading)


def _listed(reading: Reading, name: str) -> Grammar:
    """Read arguments in a list of their own, behind its `[`. A list of two is broken."""
    scanner = reading.scanner
    yield from scanner.blanks()
    yield from arguments_through(reading, name, (*ENDS, *NEXT, "]"))
    reading.tolerate("arguments in a list")
    try:
        yield from scanner.blanks()
        if not (yield from scanner.sees(*ENDS)):
            yield from scanner.literal("]")
    except OutOfText:
        return


def _behind_call(reading: Reading) -> Grammar:
    """Read on behind a call: the end of its message, and superfluous brackets before that end."""
    scanner = reading.scanner
    reading.open()
    try:
        yield from scanner.blanks()
        reading.mark(AROUND)
        while (yield from scanner.maybe("]", "}")):
            reading.mark(ORPHAN)
            yield from scanner.blanks()
        if (yield from scanner.option(*ENDS)):
            reading.mark("markup")
        elif not (yield from scanner.sees(*NEXT, "assistant")):
            raise NotACall
        else:
            reading.mark(AROUND)
    except OutOfText:
        scanner.pos = scanner.stop
        reading.mark(AROUND)
    reading.commit()
