"""The windows that Ollama was asked for: how long they hold, by what `/api/ps` says and by `keep_alive`."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fake_ollama import FakeOllama
from tests.server.test_catalogue import NOBODY, Clock
from toolbridge.limits import Limits
from toolbridge.models import Backend
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream
from toolbridge.server.windows import Windows, kept_seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def windows(backend: FakeOllama, clock: Clock) -> AsyncIterator[Windows]:
    async with Upstream(Backend(backend.url), TimeoutSettings()) as upstream:
        yield Windows(upstream, Limits(), clock)


async def test_a_window_holds_while_the_backend_lists_the_model_with_it(windows: Windows, backend: FakeOllama) -> None:
    async with windows.asked("host/Plain", 8192):
        pass
    backend.loaded["host/plain:latest"] = 8192
    assert await windows.held("HOST/plain", NOBODY) == 8192
    assert await windows.held("other", NOBODY) is None
    backend.loaded["host/plain:latest"] = 4096
    assert await windows.held("host/plain", NOBODY) is None
    backend.loaded["host/plain:latest"] = 8192
    assert await windows.held("host/plain", NOBODY) is None, "it was forgotten"


async def test_a_window_holds_while_its_request_is_on_its_way(windows: Windows, backend: FakeOllama) -> None:
    async with windows.asked("plain:1b", 8192), windows.asked("plain:1b", 16384), windows.asked("plain:1b", 8192):
        assert await windows.held("plain:1b", NOBODY) == 16384
    assert not backend.received
    assert await windows.held("plain:1b", NOBODY) is None


@pytest.mark.parametrize("answer", [(404, {"error": "no"}), (200, {"models": [{"name": "plain:1b"}]}), (200, [1])])
async def test_a_backend_that_does_not_say_keeps_a_model_by_its_keep_alive(
    windows: Windows, backend: FakeOllama, clock: Clock, answer: tuple[int, Any]
) -> None:
    backend.more["/api/ps"] = backend.answering(*answer)
    async with windows.asked("plain:1b", 8192, "10m"):
        clock.now = 100.0
    clock.now = 699.0
    assert await windows.held("plain:1b", NOBODY) == 8192
    clock.now = 701.0
    assert await windows.held("plain:1b", NOBODY) is None


async def test_what_was_forgotten_does_not_hold(windows: Windows, backend: FakeOllama) -> None:
    async with windows.asked("plain:1b", 8192), windows.asked("able:8b", None):
        pass
    backend.loaded |= {"plain:1b": 8192, "able:8b": 8192}
    assert await windows.held("able:8b", NOBODY) is None
    windows.forget()
    assert await windows.held("plain:1b", NOBODY) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(
            (None, 300.0),
            (True, 300.0),
            ("soon", 300.0),
            ("5", 300.0),
            ("5m ago", 300.0),
            ("9" * 99, 300.0),
            ("", 300.0),
        ),
        *((10**400, float("inf")), (1e308, float("inf"))),
        *((60, 60.0), (0, 0.0), ("0", 0.0), ("0s", 0.0), (-1, float("inf")), ("-1m", float("inf"))),
        *(("1h30m", 5400.0), ("1.5s", 1.5), ("500ms", 0.5), (" 24h ", 86400.0)),
    ],
)
def test_how_long_a_model_is_kept(value: Any, seconds: float) -> None:
    assert kept_seconds(value) == seconds
