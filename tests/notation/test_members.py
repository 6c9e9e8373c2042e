"""The members of a call: the object that they become, the tags between them, and where a call may end."""

import re
from itertools import count

import pytest

from tests.replies import tool
from toolbridge.events import Cause, ToolCallArgsDelta, ToolCallEnd
from toolbridge.notation.members import STRAY, Following, Members, Structure, implied, read_members
from toolbridge.notation.reading import Reading
from toolbridge.scanner import Grammar, NotACall, OutOfText
from toolbridge.tools import read_tools

TEXT = {"type": "string"}
OFFERED = tool("save", {"path": TEXT, "n": {"type": "integer"}, "more": {}, "tags": {"type": "array"}}, ["path"])


def a_call(text: str = "", cause: Cause = "stop") -> Reading:
    """A call of `save` that has begun, with this text behind it, and nothing more to come."""
    numbers = count()
    reading = Reading(read_tools([OFFERED]), ids=lambda: f"id{next(numbers)}")
    reading.open()
    reading.begin("save")
    reading.scanner.feed(text)
    reading.finish(cause)
    return reading


def written(reading: Reading) -> str:
    return "".join(event.json for event in reading.taken() if isinstance(event, ToolCallArgsDelta))


# The object.


def test_members_become_one_object_in_the_order_in_which_they_came() -> None:
    reading = a_call()
    members = Members(reading)
    for name, raw in (("path", 'a "b"'), ("n", "7"), ("more", "[1]")):
        value = members.value(name)
        value.put(raw[:2])
        value.put(raw[2:])
        value.end()
    members.end()
    assert written(reading) == '{"path":"a \\"b\\"","n":7,"more":[1]}'
    assert not reading.in_call


def test_the_first_value_of_a_repeated_parameter_stands() -> None:
    reading = a_call()
    members = Members(reading)
    for raw in ("a", "b"):
        value = members.value("path")
        value.put(raw)
        value.end()
    members.end()
    events = reading.taken()
    assert '"b"' not in "".join(event.json for event in events if isinstance(event, ToolCallArgsDelta))
    (end,) = [event for event in events if isinstance(event, ToolCallEnd)]
    assert end.tolerances == {"repeated parameter": 1}


@pytest.mark.parametrize(
    ("name", "text", "raw", "json"),
    [
        ("path", None, "7", '"7"'),
        ("path", False, "7", "7"),
        ("n", None, "7", "7"),
        ("n", True, "7", '"7"'),
        ("more", None, "null", "null"),
        ("more", True, "null", '"null"'),
    ],
)
def test_the_model_decides_whether_a_value_is_text_or_else_the_schema(
    name: str, text: bool | None, raw: str, json: str
) -> None:
    reading = a_call()
    members = Members(reading)
    value = members.value(name, text=text)
    value.put(raw)
    value.end()
    members.end()
    assert written(reading) == f'{{"{name}":{json}}}'


def test_a_call_is_whole_with_a_member_and_all_that_is_required() -> None:
    members = Members(a_call())
    assert not members.are_whole()
    members.value("n").end()
    assert (members.has_required(), members.are_whole()) == (False, False)
    members.value("path").end()
    assert (members.has_required(), members.are_whole()) == (True, True)
    assert not members.are_pending


# The tags between members.


class Pending(Members):
    """Members of which one key has no value."""

    @property
    def are_pending(self) -> bool:
        return True


def told(text: str, cause: Cause = "stop", *, kind: type[Members] = Members) -> tuple[str, dict[str, int], str]:
    """What is read of `<p>` for a path, up to `</c>`: the arguments, the tolerances, and what is left of the text."""
    reading = a_call(text, cause)
    members = kind(reading)

    def path(_tag: str) -> Grammar:
        value = members.value("path")
        value.put((yield from reading.scanner.take(re.compile(r"[^<]*"))))
        value.end()

    structure = Structure("</c>", {"<p>": path}, {"</p>": STRAY, "|": ""}, ahead=("<c>", "</b>"))
    try:
        for _ in read_members(reading, members, structure):
            pass
    except (NotACall, OutOfText) as stop:
        rest = reading.scanner.text[reading.scanner.pos :]
        return type(stop).__name__, {}, rest
    events = reading.taken()
    (end,) = [event for event in events if isinstance(event, ToolCallEnd)]
    arguments = "".join(event.json for event in events if isinstance(event, ToolCallArgsDelta))
    return arguments, dict(end.tolerances), reading.scanner.text[reading.scanner.pos :]


@pytest.mark.parametrize(
    ("text", "arguments", "tolerances", "rest"),
    [
        ("<p>a</c> b", '{"path":"a"}', {}, " b"),
        ("</c>", "{}", {}, ""),
        (" <p>a\n</p></p> </c>", '{"path":"a\\n"}', {STRAY: 2}, ""),
        ("<p>a|</c>", '{"path":"a|"}', {}, ""),
        ("|<p>a</c >", '{"path":"a"}', {"blank in tag": 1}, ""),
        ("<p>a<c>", '{"path":"a"}', {"missing close tag": 1}, "<c>"),
        ("<p>a</b> b", '{"path":"a"}', {"missing close tag": 1}, "</b> b"),
        ("<p>a</b > b", '{"path":"a"}', {"blank in tag": 1, "missing close tag": 1}, "</b > b"),
        ("<p>a</", '{"path":"a"}', {"missing close tag": 1}, ""),
        ("<p>a</s>", '{"path":"a"}', {"missing close tag": 1}, "</s>"),
    ],
)
def test_members_are_read_up_to_the_close_tag_or_to_what_shows_that_it_is_missing(
    text: str, arguments: str, tolerances: dict[str, int], rest: str
) -> None:
    assert told(text) == (arguments, tolerances, rest)


@pytest.mark.parametrize(
    ("text", "cause", "stop", "rest"),
    [
        ("<c>", "stop", "NotACall", "<c>"),
        ("<x>", "stop", "NotACall", "<x>"),
        ("", "stop", "OutOfText", ""),
        ("<p>a</", "length", "OutOfText", "</"),
        ("<p>a<", "stop", '{"path":"a"}', ""),
    ],
)
def test_a_call_that_lacks_what_is_required_or_was_cut_is_broken(text: str, cause: Cause, stop: str, rest: str) -> None:
    found, _, left = told(text, cause)
    assert (found, left) == (stop, rest)


def test_a_call_does_not_end_while_a_key_waits_for_its_value() -> None:
    assert told("<p>a</c>", kind=Pending) == ("NotACall", {}, "</c>")


def test_the_longer_of_two_tags_that_begin_alike_comes_first() -> None:
    structure = Structure("<c>", {"<": lambda _: iter(())}, {"<c": ""}, ahead=("<cc>",))  # type: ignore[dict-item,return-value] # nothing is read
    assert structure.tags() == ("<cc>", "<c>", "<c", "<")


# What shows that the close tag of a value is missing.

FOLLOWING = Following(
    "</c>", "</p", ("</b>",), ("<c>",), re.compile(r"<p=([^<>]*)>"), re.compile(r"<p(?:=[^<>]*)?\Z|<\Z")
)


@pytest.mark.parametrize(
    ("text", "ended", "proof"),
    [
        ("</c><c>", False, True),
        ("</c> <b>", False, True),
        ("</c>", False, None),
        ("</c>", True, True),
        ("</c> and", False, False),
        ("</c></b> and", False, None),
        ("</c></b> and", True, True),
        ("</c></b> and </p>", False, False),
        ("<p=n>", False, True),
        ("<p=path>", False, False),
        ("<p=other>", False, False),
        ("<p=pa", False, None),
        ("<p=pa", True, False),
    ],
)
def test_what_follows_a_value_shows_whether_its_close_tag_is_missing(
    text: str, ended: bool, proof: bool | None
) -> None:
    reading = a_call()
    members = Members(reading)
    members.value("path").end()
    assert implied(reading, members, FOLLOWING)(text, ended) == proof


def test_behind_the_block_of_a_reply_that_was_cut_nothing_shows_it() -> None:
    reading = a_call(cause="length")
    assert implied(reading, Members(reading), FOLLOWING)("</c></b> and", True) is False


def test_values_of_a_list_that_come_one_by_one_are_its_entries() -> None:
    reading = a_call()
    members = Members(reading)
    for name, raw in (("tags", "1"), ("tags", "a"), ("path", "p"), ("tags", "2")):
        value = members.value(name)
        value.put(raw)
        value.end()
    members.end()
    events = reading.taken()
    json = "".join(event.json for event in events if isinstance(event, ToolCallArgsDelta))
    assert json == '{"tags":[1,"a"],"path":"p"}'
    (end,) = [event for event in events if isinstance(event, ToolCallEnd)]
    assert end.tolerances == {"entries in repeated tags": 1, "repeated parameter": 1}


def test_a_list_waits_until_something_else_follows() -> None:
    reading = a_call()
    members = Members(reading)
    for raw in ("1", "2"):
        value = members.value("tags")
        value.put(raw)
        value.end()
    assert written(reading) == '{"tags":'
    members.begin("n")
    assert written(reading) == '[1,2],"n":'


@pytest.mark.parametrize(
    ("values", "json"),
    [
        ([("arguments", None, '{"path": "p", "n": 1}')], '{"path": "p", "n": 1}'),
        ([("parameters", True, '{"path": "p"}')], '{"path": "p"}'),
        ([("arguments", False, "{}")], "{}"),
        ([("arguments", None, "7")], '{"arguments":"7"}'),
        ([("arguments", False, "7")], '{"arguments":7}'),
        ([("arguments", True, "7")], '{"arguments":"7"}'),
        ([("arguments", None, '{"a": 1}'), ("n", None, "1")], '{"arguments":"{\\"a\\": 1}","n":1}'),
        ([("arguments", False, '{"a": 1}'), ("n", None, "1")], '{"arguments":{"a": 1},"n":1}'),
        ([("path", None, "p"), ("arguments", None, "{}")], '{"path":"p","arguments":"{}"}'),
        ([("arguments", None, "{}"), ("arguments", None, "7")], "{}"),
    ],
)
def test_one_parameter_that_the_tool_does_not_have_may_hold_all_arguments(
    values: list[tuple[str, bool | None, str]], json: str
) -> None:
    reading = a_call()
    members = Members(reading)
    for name, text, raw in values:
        value = members.value(name, text=text)
        value.put(raw[:2])
        value.put(raw[2:])
        value.end()
    members.end()
    assert written(reading) == json
