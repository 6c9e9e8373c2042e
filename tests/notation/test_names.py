"""Names of tools: which texts can be names at all, and which offered name was meant."""

import pytest

from toolbridge.notation.names import Offered, is_legal, is_placeholder

OFFERED = ("get_weather", "now", "Find Flat", "send-mail", "NOW2")


@pytest.mark.parametrize(
    "name",
    [
        "now",
        "a",
        "get_weather",
        "ns.fn",
        "functions.f:0",
        "send-mail",
        "Find Flat",
        "wetter_für_köln",
        "天气",
        "a'b",
        "x" * 128,
    ],
)
def test_a_name_is_one_line_without_markup(name: str) -> None:
    assert is_legal(name)


@pytest.mark.parametrize(
    "name",
    ["", " ", " now", "now ", "a\nb", "a<b", "a>b", '"now"', "{now", "now}", "`now`", "a\x00b", "x" * 129],
)
def test_all_else_is_no_name(name: str) -> None:
    assert not is_legal(name)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("now", "now"),
        ("NOW", "now"),
        ("Get-Weather", "get_weather"),
        ("get weather", "get_weather"),
        ("find_flat", "Find Flat"),
        ("send_mail", "send-mail"),
        (" now ", "now"),
        ("functions.now", "now"),
        ("tools.get_weather", "get_weather"),
        ("default_api.send_mail", "send-mail"),
        ("now3", None),
        ("weather", None),
        ("other.now", None),
        ("functions.", None),
        ("", None),
    ],
)
def test_a_harmless_slip_is_the_offered_name(written: str, meant: str | None) -> None:
    assert Offered(OFFERED).declared(written) == meant


def test_a_slip_that_fits_two_names_is_none_of_them() -> None:
    for others in ([], ["GET_IT"]):
        offered = Offered(["get_it", "Get It", *others])
        assert offered.declared("get-it") is None
        assert offered.declared("get_it") == "get_it"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("getWeather", "get_weather"),
        ("GetWeather", "get_weather"),
        ("functions.getWeather", "get_weather"),
        ("get_weather (call 1)", "get_weather"),
        ("get_weather(2)", "get_weather"),
        ("get_weather[1]", "get_weather"),
        ("FindFlat", "Find Flat"),
        ("get_weather (calls)", None),
        ("weather", None),
        ("get_weather (call 1)" + " " * 200 + "x", None),
        ("()", None),
        ("", None),
    ],
)
def test_in_json_more_slips_are_harmless(written: str, meant: str | None) -> None:
    assert Offered(OFFERED).meant(written) == meant
    assert Offered(OFFERED).declared(written) is None


def test_a_slip_in_json_that_fits_two_names_is_none_of_them() -> None:
    both = Offered(("get_weather", "getweather"))
    assert both.meant("getWeather") == "getweather"
    assert Offered(("get_weather", "getWeat_her")).meant("GetWeather") is None


@pytest.mark.parametrize("name", ["TOOL_NAME", "SEARCH_NAME", "PARAMETER_NAME", "name_of_the_tool", "example_tool_"])
def test_words_that_the_prompt_shows_in_place_of_a_name_are_known(name: str) -> None:
    assert is_placeholder(name)


@pytest.mark.parametrize("name", ["get_name", "NAME", "tool_name", "TOOL_NAMES", "RENAME"])
def test_other_names_are_no_placeholders(name: str) -> None:
    assert not is_placeholder(name)
