"""Log lines: where they go, in which form, and what never stands in them."""

import io
import json
from typing import Any

import pytest

from toolbridge.server.logs import ServerLog, make_log
from toolbridge.server.settings import LogSettings


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def written(stream: io.StringIO | None = None, **settings: Any) -> str:
    stream = stream or io.StringIO()
    log = make_log(LogSettings(**settings), stream)
    log.debug("whisper")
    log.info("request", path="/api/chat", status=200)
    return stream.getvalue()


def test_on_a_terminal_a_line_is_for_people() -> None:
    line = written(Terminal())
    assert "/api/chat" in line
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(line)


def test_elsewhere_a_line_is_json() -> None:
    logged = json.loads(written())
    assert logged.pop("timestamp")
    assert logged == {"event": "request", "level": "info", "path": "/api/chat", "status": 200}


def test_the_form_can_be_set() -> None:
    assert json.loads(written(Terminal(), format="json"))["status"] == 200
    assert written(format="console").endswith("path=/api/chat status=200\n")


def test_the_level_can_be_set() -> None:
    assert written(level="warning") == ""
    assert "whisper" in written(level="debug")


def test_a_value_of_a_client_is_bounded_and_harmless() -> None:
    stream = io.StringIO()
    log = make_log(LogSettings(format="console"), stream)
    log.info("request", model="\x1b[31mred\nsecond line \udcff", path="x" * 100_000)
    line = stream.getvalue()
    assert line.count("\n") == 1
    assert "\x1b[31mred" not in line
    assert len(line) < 600


@pytest.mark.parametrize("settings", [LogSettings(format="console"), LogSettings(format="json")])
def test_a_trace_tells_no_values(settings: LogSettings) -> None:
    stream = Terminal()
    log = make_log(settings, stream)
    prompt = "a very secret prompt".upper()
    try:
        int(prompt[:0])
    except ValueError:
        log.exception("failed")
    assert "ValueError" in stream.getvalue()
    assert prompt not in stream.getvalue()


def test_the_server_quotes_no_request() -> None:
    stream = io.StringIO()
    log = ServerLog(make_log(LogSettings(), stream))
    log.debug("nothing %s", 1)
    problem = ValueError("Authorization: secret")
    log.exception("Error handling request from %s", "1.2.3.4", exc_info=problem)  # noqa: LOG004 # as aiohttp calls it
    log.warning("odd arguments")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["event"], first["problem"], second["event"]) == ("bad request", "ValueError", "odd arguments")
    assert "secret" not in stream.getvalue()
