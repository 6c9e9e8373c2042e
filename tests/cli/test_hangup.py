"""SIGHUP means what the terminal says: whether there was a terminal, and whether it is still there."""

import os
import signal

import pytest

from toolbridge.cli import hangup
from toolbridge.cli.hangup import Terminal

NAMED = hangup.HANGUP
pytestmark = pytest.mark.skipif(NAMED is None, reason="Windows has no such signal")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether there is a terminal, as its only element."""
    state = [True]
    monkeypatch.setattr(hangup, "_is_there", lambda: state[0])
    return state


def test_a_terminal_that_was_there_and_is_not_any_more_is_gone(there: list[bool]) -> None:
    terminal = Terminal()
    assert not terminal.is_gone
    there[0] = False
    assert terminal.is_gone


def test_without_a_terminal_none_can_go(there: list[bool]) -> None:
    there[0] = False
    assert not Terminal().is_gone


def test_whoever_was_started_with_nohup_outlives_its_terminal(there: list[bool]) -> None:
    assert NAMED is not None
    before = signal.signal(NAMED, signal.SIG_IGN)
    try:
        terminal = Terminal()
    finally:
        signal.signal(NAMED, before)
    there[0] = False
    assert not terminal.is_gone


def test_a_terminal_is_there_if_it_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = os.open

    def opens(path: str, flags: int) -> int:
        opened.append(path)
        return real(os.devnull, flags & ~os.O_NOCTTY)

    monkeypatch.setattr(os, "open", opens)
    assert hangup._is_there()
    assert opened == ["/dev/tty"]

    def refuses(_path: str, _flags: int) -> int:
        raise OSError

    monkeypatch.setattr(os, "open", refuses)
    assert not hangup._is_there()
