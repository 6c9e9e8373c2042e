"""Lenient reading of bodies, and errors that say which field to mend."""

import pytest

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest, Image
from toolbridge.wire.fields import (
    Content,
    Fields,
    read_arguments,
    read_body,
    read_content,
    read_image_url,
    read_model,
    read_table,
    read_tool_list,
    write_table,
)

BODY = Fields(
    {
        "text": "a",
        "flag": True,
        "number": 0.5,
        "whole": 7.9,
        "list": ["a", None, "b"],
        "nothing": None,
        "object": {"inner": {"x": 1}},
        "objects": [{"x": 1}, None, {"x": 2}],
        "huge": float("inf"),
        "long": 10**400,
    }
)


def test_null_and_absent_are_the_same() -> None:
    for name in ("nothing", "absent"):
        assert BODY.text(name) is None
        assert BODY.flag(name) is None
        assert BODY.number(name) is None
        assert BODY.integer(name) is None
        assert BODY.texts(name) is None
        assert BODY.child(name) is None
        assert BODY.items(name) == []
        assert list(BODY.children(name)) == []


def test_values_of_the_right_type_are_read() -> None:
    assert BODY.text("text") == "a"
    assert BODY.flag("flag") is True
    assert BODY.number("number") == 0.5
    assert BODY.integer("whole") == 7
    assert BODY.texts("list") == ["a", "b"]
    assert BODY.texts("text") == ["a"]
    assert [child.values["x"] for child in BODY.children("objects")] == [1, 2]


@pytest.mark.parametrize(
    ("read", "name", "message"),
    [
        (Fields.text, "flag", "flag must be a string, not a boolean"),
        (Fields.flag, "number", "number must be true or false, not a number"),
        (Fields.number, "text", "text must be a number, not a string"),
        (Fields.number, "flag", "flag must be a number, not a boolean"),
        (Fields.number, "huge", "huge must be a number"),
        (Fields.number, "long", "long must be a number"),
        (Fields.integer, "long", "long must be an integer"),
        (Fields.integer, "list", "list must be an integer, not an array"),
        (Fields.integer, "flag", "flag must be an integer, not a boolean"),
        (Fields.integer, "huge", "huge must be an integer"),
        (Fields.texts, "objects", "objects must be a list of strings, not an array"),
        (Fields.texts, "number", "number must be a list of strings, not a number"),
        (Fields.items, "object", "object must be an array, not an object"),
        (Fields.child, "text", "text must be an object, not a string"),
    ],
)
def test_a_wrong_type_names_the_field(read: object, name: str, message: str) -> None:
    assert callable(read)
    with pytest.raises(RequestError, match=message):
        read(BODY, name)


def test_paths_lead_to_the_field() -> None:
    body = Fields({"messages": [{"tool_calls": [{"function": {"name": 5}}]}]})
    call = next(next(body.children("messages")).children("tool_calls"))
    function = call.child("function")
    assert function is not None
    with pytest.raises(RequestError, match=r"messages\[0\]\.tool_calls\[0\]\.function\.name must be a string"):
        function.text("name")
    with pytest.raises(RequestError, match=r"list\[0\] must be an object, not a string"):
        list(BODY.children("list"))


def test_names_match_in_any_case_as_in_go() -> None:
    fields = Fields.of({"Model": "m", "STREAM": False, "Odd": 1}, "", ("model", "stream"))
    assert dict(fields.values) == {"model": "m", "stream": False, "Odd": 1}
    assert fields.rest(("model", "stream")) == {"Odd": 1}


def test_a_table_reads_what_is_set() -> None:
    table = {"num": ("ours", Fields.integer), "nothing": ("none", Fields.integer), "absent": ("gone", Fields.flag)}
    assert read_table(Fields({"num": 3.0, "nothing": None}), table) == {"ours": 3}


def test_a_table_writes_what_is_set() -> None:
    table = {"num": ("ours", Fields.integer), "nothing": ("none", Fields.integer), "absent": ("gone", Fields.flag)}
    assert write_table({"ours": 3, "none": None, "beyond": 1}, table) == {"num": 3, "nothing": None}


def test_a_body_is_read_with_its_names_in_any_case() -> None:
    def read(fields: Fields, budget: Budget) -> ChatRequest:
        budget.spend("turns")
        return ChatRequest(read_model(fields), extra=fields.rest(("model",)))

    budget = Budget()
    left = budget.left("turns")
    assert read_body({"MODEL": "m", "Odd": 1}, ("model",), read, budget) == ChatRequest("m", extra={"Odd": 1})
    assert budget.left("turns") == left - 1
    assert read_body({"model": "m"}, ("model",), read, None) == ChatRequest("m")


def test_a_body_that_is_nested_too_deeply_is_the_clients_fault() -> None:
    def read(fields: Fields, budget: Budget) -> ChatRequest:
        return read(fields, budget)

    with pytest.raises(RequestError, match="the body is nested too deeply"):
        read_body({}, (), read, None)


@pytest.mark.parametrize("body", [{}, {"model": None}, {"model": ""}])
def test_a_model_is_required(body: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="model is required"):
        read_model(Fields(body))


def test_tools_of_the_clients_own_server_are_left_out() -> None:
    kinds = [{"name": "a"}, {"type": None, "name": "b"}, {"type": "function", "name": "c"}, {"type": "bash"}]
    body = Fields({"tools": kinds, "functions": [{"name": "d"}]})
    assert [tool.name for tool in read_tool_list(body, Budget(), types=("function", None))] == ["a", "b", "c"]
    assert [tool.name for tool in read_tool_list(body, Budget(), name="functions")] == ["d"]
    assert list(read_tool_list(Fields({}), Budget())) == []


def test_a_tool_that_is_left_out_is_known_by_its_type_and_its_name() -> None:
    dropped: dict[str, str] = {}
    body = Fields({"tools": [{"type": "x_1", "name": "x"}, {"type": "y"}, {"type": 5}]})
    assert list(read_tool_list(body, Budget(), types=("function",), dropped=dropped)) == []
    assert dropped == {"x_1": "x_1", "x": "x_1", "y": "y"}


def test_of_a_flat_tool_only_the_named_fields_are_read() -> None:
    flat = {"name": "a", "cache_control": {}}
    inner = {"type": "function", "function": {"name": "b", "more": 1}}
    tools = list(read_tool_list(Fields({"tools": [flat, inner]}), Budget(), flat=("name",)))
    assert [(tool.name, tool.extra) for tool in tools] == [("a", {}), ("b", {"function": {"more": 1}})]
    (whole,) = read_tool_list(Fields({"tools": [flat]}), Budget())
    assert whole.extra == {"function": {"cache_control": {}}}


def test_a_tool_that_cannot_be_read_is_named_by_its_place() -> None:
    with pytest.raises(RequestError, match=r"^functions\[1\]: the tool needs a name"):
        list(read_tool_list(Fields({"functions": [{"name": "a"}, {"name": ""}]}), Budget(), name="functions"))
    with pytest.raises(RequestError, match=r"^tools\[0\]: a tool must be an object"):
        list(read_tool_list(Fields({"tools": [5]}), Budget(), types=("function",), flat=("name",)))


def test_tools_are_counted_before_the_first_is_read() -> None:
    tools = read_tool_list(Fields({"tools": [5, 5]}), Budget(Limits(tools=1)))
    with pytest.raises(OverLimit):
        next(tools)


@pytest.mark.parametrize(
    ("content", "text", "images"),
    [
        (None, "", ()),
        ("hello", "hello", ()),
        ([], "", ()),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb", ()),
        ([{"text": "a"}, "b", None], "a\nb", ()),
        ([{"type": "refusal", "refusal": "no"}], "no", ()),
        ([{"type": "input_text", "text": None}], "", ()),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}],
            "",
            (Image("AA==", "image/png"),),
        ),
        ([{"type": "image_url", "image_url": "data:;base64,AA=="}], "", (Image("AA=="),)),
        (
            [{"type": "image_url", "image_url": {"url": "https://e.x/a.png", "detail": "low"}}],
            "",
            (Image(url="https://e.x/a.png", detail="low"),),
        ),
        (
            [{"type": "input_image", "image_url": "data:;base64,AA==", "detail": "high"}],
            "",
            (Image("AA==", detail="high"),),
        ),
    ],
)
def test_content_is_text_or_parts(content: object, text: str, images: tuple[Image, ...]) -> None:
    assert read_content(Fields({"content": content})) == Content(text, images)


def test_parts_of_other_kinds_stay_as_they_are_for_who_takes_them() -> None:
    sound = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
    content = read_content(Fields({"content": ["a", sound, "b"]}))
    assert content.text == "a\nb"
    assert [part.values for part in content.others] == [sound]
    with pytest.raises(RequestError, match=r"^content\[1\]\.type 'input_audio' is not supported; send parts"):
        content.refuse_others()
    Content("a").refuse_others()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (5, "content must be a string or an array of parts, not a number"),
        ([5], r"content\[0\] must be an object, not a number"),
        ([{"type": "text", "text": 5}], r"content\[0\]\.text must be a string"),
        ([{"type": "image_url"}], "invalid image input"),
        ([{"type": "image_url", "image_url": 5}], "image_url must be a string"),
    ],
)
def test_other_content_is_refused(content: object, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read_content(Fields({"content": content}))


@pytest.mark.parametrize("url", ["", "data:image/png,AA", "ftp://x", "data:image/png;base64", "httpx://e.x/a.png"])
def test_other_addresses_are_none_of_pictures(url: str) -> None:
    with pytest.raises(RequestError):
        read_image_url(url)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (None, "{}"),
        ("", "{}"),
        (" ", "{}"),
        ({}, "{}"),
        ({"b": 1, "a": 2**70}, '{"b":1,"a":1180591620717411303424}'),
        (' {"b": 1.0,\n "a": 2} ', '{"b": 1.0,\n "a": 2}'),
        ('{"city": "Os', '{"arguments":"{\\"city\\": \\"Os"}'),
        ("[1]", '{"arguments":"[1]"}'),
        ("plain text", '{"arguments":"plain text"}'),
    ],
)
def test_past_arguments_are_an_object_or_are_wrapped_in_one(arguments: object, text: str) -> None:
    assert read_arguments(Fields({"arguments": arguments})) == text


def test_past_arguments_of_another_type_are_refused() -> None:
    with pytest.raises(RequestError, match="arguments must be an object or the JSON text of one, not an array"):
        read_arguments(Fields({"arguments": [1]}))
