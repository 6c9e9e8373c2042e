"""Several processes that serve one port, and a parent that only watches them.

Workers are forks that accept from the same sockets. So a worker that dies takes its own streams with it and no others:
another worker accepts the clients that wait. A dead worker is replaced. If it died young, its replacement waits, longer
each time. If too many in a row die young, the bridge ends, as no worker will live.

The first SIGTERM or SIGINT goes on to every worker as a SIGTERM, and the parent ends with the last worker. It kills
workers that still run a little after the grace. A second signal kills all of them at once. If the parent itself is
killed, each worker sees that the pipe is closed to which only the parent could write, and drains; a worker that hangs
then is ended by its own `Pulse`. SIGHUP goes on to all workers.

The parent sleeps in `select` on another pipe, to which the interpreter writes the numbers of signals.
"""

import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from toolbridge.cli.hangup import HANGUP, SETTLES, Terminal
from toolbridge.server.logs import Log

_TOLD = (signal.SIGTERM, signal.SIGINT)
_FAILED = 1
_YOUNG = 5.0
"""Seconds of life below which a worker died young."""
_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds before a worker that died young is replaced: the first time, doubled each time after, and at most."""
_ALLOWANCE = 4.0
"""Seconds after the grace in which a worker may still end by itself, as it has last words to send."""
_MOST_DEATHS = 6
"""Young deaths in a row after which no worker is replaced any more."""


class Workers:
    """So many workers. Each is a fork that runs `serve` with its end of the pipe, and exits with its code."""

    def __init__(
        self, count: int, sockets: Sequence[socket.socket], serve: Callable[[int], int], log: Log, grace: float
    ) -> None:
        self._count = count
        self._grace = grace
        self._terminal = Terminal()
        self._deadline = math.inf
        """When the workers that have not ended are killed."""
        self._sockets = sockets
        self._serve = serve
        self._log = log
        self._born: dict[int, float] = {}
        """When each worker was started, by its process id; of the monotonic clock."""
        self._due: list[float] = []
        """When replacements are to be started."""
        self._deaths = 0
        self._stopping = False
        self._code = 0
        self._lifeline = self._alive = self._told = self._tells = -1

    def run(self, begun: Callable[[], None]) -> int:
        """Start the workers, watch until all have ended; the exit code. `begun` is called when signals are heeded."""
        self._lifeline, self._alive = os.pipe()
        self._told, self._tells = os.pipe()
        for end in (self._told, self._tells):
            os.set_blocking(end, False)
        for each in _heeded():
            signal.signal(each, _noted)
        signal.set_wakeup_fd(self._tells)
        begun()
        self._due = [0.0] * self._count
        while self._born or self._due:
            self._start_due()
            next_due = min((*self._due, self._deadline))
            pause = None if next_due == math.inf else max(0.0, next_due - time.monotonic())
            if select.select([self._told], [], [], pause)[0]:
                for number in os.read(self._told, 4096):
                    self._heed(number)
            self._bury()
            self._kill_late()
        signal.set_wakeup_fd(-1)
        return self._code

    def _start_due(self) -> None:
        now = time.monotonic()
        ready = [when for when in self._due if when <= now]
        self._due = [when for when in self._due if when > now]
        for _ in ready:
            self._start()

    def _start(self) -> None:
        blocked = _heeded()
        # A signal that comes before the worker has its own handlers must not be written to the parent's pipe.
        signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        worker = os.fork()
        if worker == 0:
            code = _FAILED
            try:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                if HANGUP is not None:
                    signal.signal(HANGUP, signal.SIG_IGN)  # there is nothing to forget yet
                signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
                for end in (self._alive, self._told, self._tells):
                    os.close(end)
                code = self._serve(self._lifeline)
            except Exception as problem:  # noqa: BLE001 # a fork must not return into its parent's code
                self._log.error("worker failed", pid=os.getpid(), exc_info=problem)
            finally:
                with suppress(OSError):
                    sys.stdout.flush()
                    sys.stderr.flush()
                os._exit(code)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, blocked)
        self._born[worker] = time.monotonic()
        self._log.info("worker started", pid=worker)

    def _heed(self, number: int) -> None:
        if number in _TOLD:
            self._stop(number)
        elif number == HANGUP:
            self._tell(HANGUP)
            time.sleep(SETTLES)
            if self._terminal.is_gone:
                self._stop(signal.SIGTERM)

    def _kill_late(self) -> None:
        """Kill the workers that did not end in time: they hang, or were stopped."""
        if time.monotonic() < self._deadline:
            return
        self._deadline, self._code = math.inf, self._code or _FAILED
        for worker in self._born:
            self._log.error("worker hangs and is killed", pid=worker)
        self._tell(signal.SIGKILL)

    def _stop(self, number: int) -> None:
        self._due.clear()
        if self._stopping:
            self._code = 128 + number
            self._tell(signal.SIGKILL)
            return
        self._stopping = True
        self._deadline = time.monotonic() + self._grace + _ALLOWANCE
        for each in self._sockets:
            each.close()  # else a client that connects now would wait for an answer that cannot come
        self._tell(signal.SIGTERM)

    def _tell(self, number: int) -> None:
        for worker in self._born:
            with suppress(ProcessLookupError):
                os.kill(worker, number)

    def _bury(self) -> None:
        """Note which workers have ended, and let others replace them."""
        for worker, born in list(self._born.items()):
            gone, status = os.waitpid(worker, os.WNOHANG)
            if not gone:
                continue
            del self._born[worker]
            code, lived = os.waitstatus_to_exitcode(status), time.monotonic() - born
            if self._stopping:
                self._log.info("worker ended", pid=worker, code=code)
                continue
            self._log.warning("worker died", pid=worker, code=code, seconds=round(lived, 1))
            self._replace(lived)

    def _replace(self, lived: float) -> None:
        self._deaths = self._deaths + 1 if lived < _YOUNG else 0
        if self._deaths >= _MOST_DEATHS:
            self._log.error("workers do not live", deaths=self._deaths)
            self._stop(signal.SIGTERM)
            self._code = _FAILED
            return
        pause = min(_PAUSE * 2 ** (self._deaths - 1), _LONGEST_PAUSE) if self._deaths else 0.0
        self._due.append(time.monotonic() + pause)


def _heeded() -> tuple[int, ...]:
    return (*_TOLD, signal.SIGCHLD) if HANGUP is None else (*_TOLD, signal.SIGCHLD, HANGUP)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing. The wake-up pipe tells of a signal only if it has a handler in Python."""
