"""What the writers of requests make of past turns."""

import pytest

from toolbridge.errors import RequestError
from toolbridge.events import ToolCall
from toolbridge.messages import Image, Message
from toolbridge.wire.turns import argument_values, image_address, media_type, turn_text


@pytest.mark.parametrize(
    ("text", "is_error", "written"),
    [
        ("no such file", True, "Error: no such file"),
        ("", True, "Error: "),
        ("error: no such file", True, "error: no such file"),
        ("Errors were found", True, "Errors were found"),
        ("12 °C", False, "12 °C"),
        ("error", False, "error"),
    ],
)
def test_a_result_that_failed_begins_with_error(text: str, is_error: bool, written: str) -> None:
    assert turn_text(Message("tool", text, is_error=is_error)) == written


def test_arguments_are_python_values_with_all_their_digits_in_their_order() -> None:
    values = argument_values(ToolCall("f", '{"b": 18446744073709551617, "a": [null, 1.0]}'))
    assert values == {"b": 2**64 + 1, "a": [None, 1.0]}
    assert list(values) == ["b", "a"]


@pytest.mark.parametrize("arguments", ["", "{", "NaN,", "[" * 100_000])
def test_arguments_that_cannot_be_read_name_the_call(arguments: str) -> None:
    with pytest.raises(RequestError, match="arguments of a past call of 'get_weather' are no JSON"):
        argument_values(ToolCall("get_weather", arguments))


@pytest.mark.parametrize(
    ("image", "kind"),
    [
        (Image("iVBORw0KGgo=", "image/gif"), "image/gif"),
        (Image("iVBORw0KGgo="), "image/png"),
        (Image("/9j/4AAQ"), "image/jpeg"),
        (Image("UklGRg=="), "image/webp"),
        (Image("R0lGODlh"), "image/gif"),
        (Image("AAAA"), "image/png"),
    ],
)
def test_the_media_type_is_the_named_one_or_that_of_the_first_bytes(image: Image, kind: str) -> None:
    assert media_type(image) == kind
    assert image_address(image) == f"data:{kind};base64,{image.data}"


def test_an_address_on_the_web_stays_one() -> None:
    assert image_address(Image(url="https://e.x/a.png")) == "https://e.x/a.png"
