r"""What families put around their calls, their answers and their reasoning, and what becomes of it.

Around a **message** stands a header and an end:

    <|channel|>final<|message|>It is Oslo.<|end|>

Around **reasoning** stand words, or tags that are not known beforehand. Words may just as well belong to an answer, so
they open reasoning only as the first text of a reply to a prompt that asked for the family's notation. (Pairs of plain
tags are in `literals.REASONING`.)

    Here is my thought process: the city is named. Here is my response: It is Oslo.

Around a plain **answer** stand markers: `<response>`, `<answer>`, `<|START_RESPONSE|>`. They are openers of their
dialect behind which no call stands, and they are dropped. Words may just as well belong to the answer: an opening word
is markup only before all content, a closing word only where the reply ends or a call follows.
"""

import contextlib
from collections.abc import Generator, Iterable, Mapping

from toolbridge.notation.dialect import Opener, Read
from toolbridge.notation.drafts import AROUND, END_OF_TURN, INVENTED
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar, Markers, NotACall, OutOfText
from toolbridge.words import Phrase

# Messages.


def begin_content(reading: Reading) -> None:
    """Everything read since the draft began is a header. Content follows it."""
    _leave_thoughts(reading)
    if reading.after_call or not reading.spoke:
        reading.drop_blanks()
    reading.mark("markup")
    reading.commit()
    reading.begin_line()


def reasoning_message(
    reading: Reading,
    ends: tuple[str, ...],
    following: tuple[str, ...],
    frames: tuple[Phrase, ...] = (),
    *,
    spoken_of: bool = False,
) -> Generator[None, None, str]:
    """Read a message of reasoning behind its header: through a marker of `ends`, or up to a marker of `following`.

    Frames around names may follow it, too. `spoken_of`: no call is ever read out of it. Returns the marker at its end,
    or an empty string where the reply ends.
    """
    begin_content(reading)
    if not reading.separates:
        return ""
    reading.begin_thought(spoken_of=spoken_of)
    yield from skip_blanks(reading)
    literal = yield from _through(reading, (*ends, *following), frames)
    if not literal:
        return ""
    reading.drop_blanks()
    reading.end_thought()
    if literal in ends:
        reading.scanner.pos += len(literal)
        reading.mark("markup")
        yield from skip_blanks(reading)
    return literal


def pass_message(
    reading: Reading, breaks: Iterable[str], frames: tuple[Phrase, ...] = (), *, dropped: bool = False
) -> Generator[None, None, str]:
    """Read a message in which only the markers that end it are looked for. A `dropped` message is for no reader.

    Returns the marker at its end, or an empty string where the reply ends.
    """
    begin_content(reading)
    return (yield from _through(reading, breaks, frames, dropped=dropped))


def _through(
    reading: Reading, breaks: Iterable[str], frames: tuple[Phrase, ...] = (), *, dropped: bool = False
) -> Generator[None, None, str]:
    """Let text go up to one of these markers. Returns the marker, or an empty string at the end of the reply."""
    scanner = reading.scanner
    markers = Markers(breaks, frames)
    while True:
        found = markers.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        if dropped:
            scanner.pos = start
            reading.mark("markup")
        else:
            reading.pass_to(start)
        if literal is not None or scanner.ended:
            return literal or ""
        yield


def end_message(
    reading: Reading, following: tuple[str, ...], others: tuple[str, ...] = (), *, spoken_of: bool = False
) -> Grammar:
    """Behind an end-of-message token: drop blanks if another header follows, one of `following`.

    If the header of another speaker's message follows, one of `others`, drop everything. `spoken_of` says that a token
    within a line of content is text where nothing of the kind follows it.
    """
    scanner = reading.scanner
    within = spoken_of and not (reading.in_reasoning or reading.line_blank or reading.after_call)
    _leave_thoughts(reading)
    behind = scanner.here
    try:
        yield from scanner.blanks()
        framed = yield from scanner.option(*others, *following)
        if within and not framed:
            raise NotACall
    except OutOfText:
        reading.mark(END_OF_TURN)
        reading.commit()
        return
    scanner.back(behind)
    reading.mark("markup")
    if framed in others:
        yield from invent(reading)
        return
    if framed:
        yield from scanner.blanks()
        reading.mark(AROUND)
    reading.commit()
    reading.begin_line()


def invent(reading: Reading) -> Grammar:
    """Drop another speaker's message: nothing from here on belongs to the reply."""
    scanner = reading.scanner
    if reading.depth > 1:
        raise NotACall
    reading.drop_blanks()
    reading.mark(INVENTED)
    reading.commit()
    while True:
        scanner.pos = scanner.stop
        reading.mark(INVENTED)
        if scanner.ended:
            return
        yield


def _leave_thoughts(reading: Reading) -> None:
    if reading.depth > 1:
        raise NotACall
    if reading.in_reasoning:
        reading.drop_blanks()
        reading.end_thought()


# Reasoning.


def thoughtful(read: Read, pairs: Mapping[str, tuple[str, ...]], calls: tuple[str, ...]) -> Read:
    """A dialect's grammar, and beside it openers of reasoning, which ends before a call that one of `calls` begins."""

    def read_either(reading: Reading, opener: str) -> Grammar:
        if opener in pairs:
            yield from read_thought(reading, pairs[opener], read, calls)
        else:
            yield from read(reading, opener)

    return read_either


def thought_openers(pairs: Mapping[str, tuple[str, ...]]) -> tuple[Opener, ...]:
    """These openers of reasoning, as openers of their dialect."""
    return tuple(Opener(literal, first=True) for literal in pairs)


def read_thought(reading: Reading, close: tuple[str, ...], read: Read, calls: tuple[str, ...]) -> Grammar:
    """Read reasoning behind its opener, with a draft open, through a closer or a call."""
    scanner = reading.scanner
    if reading.depth > 1 or not reading.separates:
        raise NotACall
    reading.drop_blanks()
    reading.mark("markup")
    reading.commit()
    reading.begin_thought()
    yield from skip_blanks(reading)
    ends = Markers((*close, *calls))
    while True:
        found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        reading.pass_to(start)
        if literal is not None and literal in close:
            break
        if literal is not None:
            reading.open()
            scanner.pos += len(literal)
            try:
                yield from read(reading, literal)
            except (NotACall, OutOfText) as stop:
                reading.abandon(stop)
            if not reading.in_reasoning:
                return
        elif scanner.ended:
            return
        else:
            yield
    yield from close_thought(reading, literal)


def close_thought(reading: Reading, closer: str) -> Grammar:
    """Read the closer of reasoning at the scanner's position, and drop the blanks around it.

    The blanks behind it stay where content stands before the reasoning: they part the two pieces of content.
    """
    reading.drop_blanks()
    reading.end_thought()
    reading.scanner.pos += len(closer)
    reading.mark("markup")
    if not reading.spoke or reading.after_call:
        yield from skip_blanks(reading)
    reading.begin_line()


def skip_blanks(reading: Reading) -> Grammar:
    """Drop the blanks beside a marker of reasoning."""
    with contextlib.suppress(OutOfText):
        yield from reading.scanner.blanks()
    reading.mark(AROUND)


# Answers.


def answer_tokens(read: Read, pairs: Mapping[str, str]) -> Read:
    """A dialect's grammar, and beside it special tokens around answers: they are dropped wherever they stand."""
    return _beside(read, pairs, ENDS_OF_TURN, anywhere=True)


def answer_words(read: Read, pairs: Mapping[str, str], calls: tuple[str, ...]) -> Read:
    """A dialect's grammar, and beside it words around answers. A marker of `calls` may follow a closing word."""
    return _beside(read, pairs, (*ENDS_OF_TURN, *calls), anywhere=False)


def answer_openers(pairs: Mapping[str, str]) -> tuple[Opener, ...]:
    """These markers around answers, as openers of their dialect."""
    return tuple(map(Opener, (*pairs, *filter(None, pairs.values()))))


def _beside(read: Read, pairs: Mapping[str, str], follows: tuple[str, ...], *, anywhere: bool) -> Read:
    closers = frozenset(pairs.values())

    def read_either(reading: Reading, opener: str) -> Grammar:
        if opener in pairs:
            yield from _opening(reading, anywhere=anywhere)
        elif opener in closers:
            yield from _closing(reading, follows, anywhere=anywhere)
        else:
            yield from read(reading, opener)

    return read_either


def _opening(reading: Reading, *, anywhere: bool) -> Grammar:
    first = not (reading.spoke or reading.called)
    if reading.depth > 1 or not (first or anywhere):
        raise NotACall
    reading.end_thought()
    if first:
        yield from reading.scanner.maybe("\r\n", "\n")
        reading.drop_blanks()
    reading.mark("markup")
    reading.commit()


def _closing(reading: Reading, follows: tuple[str, ...], *, anywhere: bool) -> Grammar:
    """Drop a marker behind an answer, and the blanks behind it if the reply ends or one of these literals follows."""
    scanner = reading.scanner
    if reading.depth > 1:
        raise NotACall
    reading.mark("markup")
    behind = scanner.here
    try:
        yield from scanner.blanks()
        if not (yield from scanner.sees(*follows)):
            if not anywhere:
                raise NotACall
            scanner.back(behind)
    except OutOfText:
        pass
    reading.mark(AROUND)
    reading.drop_blanks()
    reading.commit()
