"""The next backtick on the line: found where it is, whatever pieces the line comes in, and looked for once."""

import pytest

from toolbridge.reply_parser.next_tick import NextTick
from toolbridge.scanner import Scanner


def told(pieces: list[str], length: int = 0, most: int = 20) -> bool | None:
    """What is said of a line in these pieces; None where more text is waited for. The reply ends with the pieces."""
    scanner = Scanner()
    asked = NextTick(scanner, most).is_behind(length)
    try:
        for piece in pieces:
            scanner.feed(piece)
            next(asked)
        scanner.finish()
        next(asked)
    except StopIteration as done:
        return bool(done.value)
    return None


@pytest.mark.parametrize(
    ("line", "length", "behind"),
    [
        ("a `b`", 0, True),
        ("`", 0, True),
        ("`", 1, False),
        ("a ` b", 3, False),
        ("a\n`", 0, False),
        ("abc", 0, False),
        ("a" * 19 + "`", 0, True),
        ("a" * 20 + "`", 0, False),
    ],
)
def test_a_backtick_counts_behind_so_many_characters_on_the_line(line: str, length: int, behind: bool) -> None:
    assert told([line], length) == behind
    assert told(list(line), length) == behind


def test_what_is_known_of_a_line_is_not_looked_for_again() -> None:
    scanner = Scanner()
    ahead = NextTick(scanner, 20)
    scanner.feed("abc ` def")
    assert list(ahead.is_behind(1)) == []
    scanner.pos = 2
    assert told_at_once(ahead, 1)
    scanner.pos = 5
    scanner.finish()
    assert not told_at_once(ahead, 0)
    scanner.pos = 7
    assert not told_at_once(ahead, 0)


def told_at_once(ahead: NextTick, length: int) -> bool:
    try:
        next(ahead.is_behind(length))
    except StopIteration as done:
        return bool(done.value)
    raise AssertionError("it waits for more text")
