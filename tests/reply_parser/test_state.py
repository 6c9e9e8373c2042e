"""What a reply's states share: what is looked for, and what becomes of markers once a candidate was text."""

from itertools import count

from tests.replies import TOOLS
from toolbridge.dialect_choice import find_dialect
from toolbridge.notation.literals import RESULTS
from toolbridge.notation.reading import Reading
from toolbridge.reply_parser.state import State
from toolbridge.tools import read_tools

RESULT = RESULTS[0]


def a_state(text: str = "") -> State:
    numbers = count()
    state = State(Reading(read_tools(TOOLS), ids=lambda: f"id{next(numbers)}"), "hermes")
    state.scanner.feed(text)
    return state


def finds(state: State, literal: str) -> bool:
    return state.markers.search(literal, 0, len(literal)) == (0, literal)


def test_results_are_looked_for_once_a_call_was_read() -> None:
    state = a_state("<call>")
    state.look_for_results()
    assert not finds(state, RESULT)
    state.reading.open()
    state.reading.begin("now")
    state.scanner.pos += 6
    state.reading.end()
    state.look_for_results()
    assert finds(state, RESULT)


def test_the_notation_that_was_asked_for_has_the_first_claim() -> None:
    claims = a_state().claims("<tool_call>")
    assert (claims[0].dialect.name, claims[0].declared_only) == ("hermes", False)
    assert all(claim.declared_only for claim in claims[1:])
    assert a_state().claims("<nothing>") == []


def test_text_is_first_until_a_literal_goes_on_as_content() -> None:
    state = a_state("</s></s>")
    state.reading.begin_thought()
    state.pass_literal("</s>")
    assert state.first
    state.reading.end_thought()
    state.pass_literal("</s>")
    assert not state.first
    assert state.reading.ledger() == {"content": 4, "reasoning": 4}


def test_what_closes_a_candidate_that_became_text_is_text_unless_it_has_come() -> None:
    hermes = find_dialect("hermes")
    for text, unclosed in (("<tool_call>{no", hermes.closers), ("<tool_call>{no</tool_call>", ()), ("no", ())):
        state = a_state(text)
        state.reading.open()
        state.scanner.pos = len(text)
        state.leave_unclosed(hermes, text)
        assert state.unclosed == unclosed
    state = a_state("<tool_call>\n```json\n{no")
    state.reading.open()
    state.scanner.pos = state.scanner.stop
    state.leave_unclosed(hermes, state.reading.drafted(0))
    assert (state.unclosed, state.unclosed_fence) == (hermes.closers, True)
    state.begin_candidate()
    assert (state.unclosed, state.unclosed_fence, state.unclosed_block) == ((), False, ())
