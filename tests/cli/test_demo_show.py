"""The two columns of the demo, on a terminal and off it."""

import io

from rich.console import Console

from toolbridge.cli.demo_show import Show, make_console


def shown(*, terminal: bool) -> str:
    out = io.StringIO()
    show = Show(Console(file=out, force_terminal=terminal, width=80, highlight=False, legacy_windows=False))
    show.say("Hello.")
    show.turn_begins("Turn 1.")
    show.model_wrote("<invoke")
    show.model_wrote(">")
    show.client_received("It rains.")
    before = out.getvalue()
    show.client_received_call("get_weather", {"city": "Oslo"})
    show.turn_ends()
    assert terminal or "<invoke>" not in before, "a turn is printed once it is over"
    return out.getvalue()


def test_a_turn_is_two_columns_with_what_was_written_and_what_was_received() -> None:
    lines = shown(terminal=False).splitlines()
    assert lines[0] == "Hello."
    assert "Turn 1." in lines
    (row,) = (line for line in lines if "<invoke>" in line)
    assert row.index("<invoke>") < row.index("It rains.")
    assert any("tool call get_weather" in line for line in lines)
    assert any("city = 'Oslo'" in line for line in lines)


def test_on_a_terminal_the_columns_are_drawn_anew_as_they_grow() -> None:
    assert shown(terminal=True).count("the model wrote") > 1
    assert shown(terminal=False).count("the model wrote") == 1


def test_off_a_terminal_the_width_is_fixed() -> None:
    console = make_console()
    assert console.is_terminal or console.width == 100
