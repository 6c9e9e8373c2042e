"""What SIGHUP means: to forget what was learnt; or, where the terminal is gone that the bridge runs in, to end.

A process that heeds SIGHUP would otherwise outlive the window it runs in, and hold the port. One that was started with
`nohup` is not asked to end.
"""

import os
import signal

HANGUP = getattr(signal, "SIGHUP", None)
"""The signal; Windows has none."""
SETTLES = 0.1
"""Seconds after which it is sure that the terminal is gone: the signal may come first."""


class Terminal:
    """The one that this process was started from, if there is one whose end matters."""

    def __init__(self) -> None:
        self._had = HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN and _is_there()

    @property
    def is_gone(self) -> bool:
        """Whether there was one, and is none any more."""
        return self._had and not _is_there()


def _is_there() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
