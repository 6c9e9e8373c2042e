"""Log lines: one per request, on standard error, readable on a terminal and JSON elsewhere.

Each part of the shell names what it logs. A log line never holds a prompt, an answer, a tool's arguments or a key. For
the same reason a traceback comes without the values of its variables.
"""

import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, TimeStamper, add_log_level, format_exc_info
from structlog.typing import FilteringBoundLogger, Processor

from toolbridge.server.settings import LogSettings

Log = FilteringBoundLogger

_LONGEST = 200
"""Characters of one value at most; a client chooses the names of models and paths."""


def make_log(settings: LogSettings, stream: TextIO | None = None) -> Log:
    """A log as the operator wants it, on standard error unless another stream is given."""
    stream = stream or sys.stderr
    console = stream.isatty() if settings.format == "auto" else settings.format == "console"
    rendering: list[Processor] = (
        [
            TimeStamper(fmt="%H:%M:%S", utc=False),
            ConsoleRenderer(colors=stream.isatty(), pad_event_to=0, exception_formatter=plain_traceback),
        ]
        if console
        else [TimeStamper(fmt="iso"), format_exc_info, JSONRenderer(_dumps)]
    )
    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[add_log_level, _harmless, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        cache_logger_on_first_use=True,
    )
    return cast("Log", logger.bind())


class ServerLog:
    """A logger for aiohttp's server, which expects one of the standard library; its messages become lines of ours.

    Its message for a request that is no HTTP quotes the request with all its headers: only the kind of problem is kept.
    """

    def __init__(self, log: Log) -> None:
        self._write = log

    def debug(self, *_message: object, **_options: object) -> None:
        """Write nothing: these messages are about clients that went away."""

    def warning(self, message: str, *_values: object, **_options: object) -> None:
        """Write aiohttp's warning about the way in which the server was set up."""
        self._write.warning(message)

    def exception(self, *_message: object, exc_info: object = None, **_options: object) -> None:
        """Write that a request could not be read."""
        self._write.warning("bad request", problem=type(exc_info).__name__)


def _harmless(_log: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The line with values of bounded length, and without characters that a terminal would obey."""
    for name, value in line.items():
        if isinstance(value, str) and name != "event":
            text = value[:_LONGEST]
            line[name] = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return line


def _dumps(line: Any, **_options: Any) -> str:
    return orjson.dumps(line, default=repr).decode()
