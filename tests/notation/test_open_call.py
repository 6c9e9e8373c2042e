"""A call that has begun: what it holds, and when it is a copy of the prompt's example."""

from toolbridge.events import ToolCall, ToolCallArgsDelta, ToolCallEnd
from toolbridge.notation.open_call import OpenCall

EXAMPLE = ToolCall("now", '{"zone": "UTC"}')


def a_call(*originals: ToolCall) -> OpenCall:
    return OpenCall(3, None, 100, dropped=False, originals=originals)


def test_what_is_held_is_released_once() -> None:
    call = a_call()
    assert call.released() == []
    call.hold()
    assert call.released() == []
    call.hold()
    assert call.held is not None
    call.held.write("{")
    call.held.write("}")
    assert call.released() == [ToolCallArgsDelta(3, "{}")]
    assert call.released() == []


def test_a_copy_has_the_examples_arguments_however_they_are_written() -> None:
    for text, copied in (('{"zone":"UTC"}', True), ('{"zone": "CET"}', False), ("{", False)):
        call = a_call(EXAMPLE)
        call.hold()
        assert call.held is not None
        call.held.write(text)
        assert (call.may_copy, call.is_copy()) == (True, copied)
    assert not a_call().is_copy()


def test_a_call_that_outgrows_the_example_is_an_ordinary_call_from_then_on() -> None:
    call = a_call(EXAMPLE)
    call.hold()
    assert call.held is not None
    call.held.write("x" * 2 * len(EXAMPLE.arguments_json))
    assert not call.outgrown()
    call.held.write("x")
    assert call.outgrown()
    assert not call.outgrown()
    assert not call.may_copy


def test_its_end_says_what_was_forgiven() -> None:
    call = a_call()
    call.tolerances["name"] += 1
    assert call.ended("broken") == ToolCallEnd(3, "broken", {"name": 1})
