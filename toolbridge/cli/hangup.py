"""What SIGHUP means: forget everything that was learnt; or end, if the bridge ran in a terminal that is gone.

A process that heeds SIGHUP would otherwise outlive the window in which it runs, and hold the port. A process that was
started with `nohup` does not end.
"""

import os
import signal

HANGUP = getattr(signal, "SIGHUP", None)
"""The signal; Windows does not have it."""
SETTLES = 0.1
"""Seconds to wait before the terminal is looked for: the signal may come before the terminal is gone."""


class Terminal:
    """The terminal from which this process was started, if there is such a terminal and its end matters."""

    def __init__(self) -> None:
        self._had = HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN and _is_there()

    @property
    def is_gone(self) -> bool:
        """Whether there was a terminal, and it is gone."""
        return self._had and not _is_there()


def _is_there() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
