"""What follows an opener: the dialect whose call it is, that dialect's grammar, and the rest of a call that broke."""

from collections.abc import Generator, Sequence

from toolbridge.notation.dialect import PROMPTED, Dialect, Opener
from toolbridge.reply_parser.claims import Claim
from toolbridge.reply_parser.state import State
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall, OutOfText

_STRAY = 128
"""Characters behind a stray opener in which another notation's opener is looked for."""
_BEGINS = "<["
"""What these openers begin with."""


def read_block(state: State, literal: str) -> Grammar:
    """Read what an opener at the scanner's position begins: calls, or text after all."""
    reading = state.reading
    fitting = [claim for claim in state.claims(literal) if _may_begin(state, claim.opener)]
    if not fitting:
        state.pass_literal(literal)
        return
    dialect = fitting[0].dialect
    state.begin_candidate()
    before = reading.calls
    reading.open()
    try:
        owner = yield from claimed(state, literal, fitting)
        dialect = owner.dialect
        yield from dialect.read(reading, literal)
    except (NotACall, OutOfText) as stop:
        written = reading.drafted(0)
        state.leave_unclosed(dialect, written)
        if reading.calls > before:
            state.leave_block(dialect)
        elif reading.depth == 1 and not reading.in_call:
            behind = state.scanner.here - len(written) + len(literal)
            other = yield from _other_opener(state, written, len(literal), fitting)
            if other is not None:
                between = written[len(literal) :][: other - behind]
                reading.give_back(to=other, stray=not between.strip(BLANK))
        yield from abandon(state, stop, dialect)
    # Neither the header of a message nor reasoning is text of the reply.
    if reading.spoke or reading.called:
        state.begin_text()
    state.look_for_results()


def _other_opener(
    state: State, written: str, behind: int, fitting: Sequence[Claim]
) -> Generator[None, None, int | None]:
    """The position of another notation's opener in the text that was read behind a stray one, if there is any.

    `written` is the candidate, `behind` the place behind its opener.

    Models mix the notation that the prompt asks for with that of their training: `<tool_call>[TOOL_CALLS] [{…}]`.
    """
    scanner, end = state.scanner, state.scanner.here
    if len(written) - behind > _STRAY:
        return None
    own = {claim.dialect.name for claim in fitting}
    for at in range(behind, len(written)):
        if written[at] not in _BEGINS:
            continue
        place = end - len(written) + at
        scanner.back(place)
        try:
            literal = yield from scanner.sees_marker(state.openers)
        except NotACall:  # the candidate may not be looked at any further
            break
        if any(claim.dialect.name not in own for claim in state.claims(literal)):
            return place
    scanner.back(end)
    return None


def read_prompted(state: State) -> Grammar:
    """Read the first text of the reply as the rest of a message that the prompt began. It may also be other text."""
    if not state.begun:
        state.begin()
        yield from read_block(state, PROMPTED)


def _may_begin(state: State, opener: Opener) -> bool:
    """Whether this opener counts at the present place in the reply."""
    return (state.reading.line_blank or not opener.line_start) and (state.first or not opener.first)


def claimed(state: State, literal: str, fitting: Sequence[Claim]) -> Generator[None, None, Claim]:
    """Read the opener. What follows it tells whose opener it is. Raises `NotACall` if no claim fits."""
    scanner = state.scanner
    scanner.pos += len(literal)
    names = state.reading.names
    tokens = Markers(
        (token for claim in fitting for token in claim.opener.then),
        tuple(token.among(names) for claim in fitting for token in claim.opener.named),
    )
    needs = any(claim.opener.needs for claim in fitting)
    needed = all(claim.opener.needs for claim in fitting)
    # Small models write an opener twice.
    while needed and (yield from scanner.maybe(literal)):
        state.reading.tolerate("doubled tag")
    seen = (yield from scanner.sees_marker(tokens)) if needs else ""
    if needs and not seen:
        try:
            yield from scanner.blanks()
            while needed and (yield from scanner.maybe(literal)):
                state.reading.tolerate("doubled tag")
                yield from scanner.blanks()
            seen = yield from scanner.sees_marker(tokens)
        except OutOfText:
            if needed:
                raise
    for claim in fitting:
        opener = claim.opener
        if not opener.needs or seen in opener.then or any(one.is_said(seen, names) for one in opener.named):
            state.reading.require_offered(claim.declared_only)
            return claim
    raise NotACall


def read_unmarked(state: State) -> Grammar:
    """Read calls without a marker, with a draft open. They must name offered tools."""
    reading = state.reading
    reading.require_offered()
    yield from state.unmarked[0].read(reading, "")
    state.look_for_results()


def read_bare(state: State) -> Grammar:
    """Read JSON as the first text of the reply: calls, or text after all."""
    state.begin_text()
    state.reading.open()
    try:
        yield from read_unmarked(state)
    except (NotACall, OutOfText) as stop:
        yield from abandon(state, stop, state.unmarked[0])


def abandon(state: State, stop: NotACall | OutOfText, dialect: Dialect) -> Grammar:
    """End a candidate. If it was a call and is broken now, the text up to its close marker belongs to the call.

    For a dialect without close markers the rest of the line belongs to the call.
    """
    reading, scanner = state.reading, state.scanner
    if not reading.abandon(stop):
        return
    ends = state.ends_of(dialect)
    while True:
        found = ends.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        start, literal = found or (scanner.stop, None)
        scanner.pos = start
        if literal in dialect.closers:
            scanner.pos += len(literal or "")
        reading.add_to_call()
        if literal is not None or scanner.ended:
            return
        yield
