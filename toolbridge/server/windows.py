"""The windows that the bridge asked an Ollama backend for. The other requests of these models get the same window.

Ollama loads a model again whenever a request wants another window than the loaded one, which takes seconds and loses
the prompt cache. Open WebUI asks for a title and for questions after each chat, without the tools of the chat and
without a window: the model would be loaded three times in each turn.

    await windows.held(name, headers)          the window that the model is loaded with, if the bridge asked for it
    async with windows.asked(name, size, …):   a request with this window is on its way

`/api/ps` says which window a model is loaded with. Where it does not, the model is taken to stay loaded for as long as
its last request asked by `keep_alive`.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from toolbridge.errors import BackendError
from toolbridge.lenient import count, mapping
from toolbridge.limits import Limits
from toolbridge.server.aside import by_size
from toolbridge.server.catalogue import Recent, model_key
from toolbridge.server.headers import asking
from toolbridge.server.json_answers import json_object
from toolbridge.server.upstream import Upstream

_PATIENCE = 2.0
"""Seconds to wait for the answer of `/api/ps`; a chat waits with it."""
_KEEP_ALIVE = 300.0
"""Seconds for which Ollama keeps a model loaded, unless a request or the operator says otherwise."""
_MOST_TOKENS = 1 << 40
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?)(h|ms|m|s)")
_SECONDS_MOST = 10**10
"""Seconds above which a model stays loaded for ever, as far as anybody lives to see. Python's integers know no end."""
_DURATION_MOST = 64
"""The most characters of a duration that is read."""
_SECONDS: Mapping[str, float] = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(slots=True)
class _Window:
    """A window that was asked for, the requests with it that are on their way, and when the model leaves memory."""

    size: int
    running: int = 0
    until: float = 0.0


class Windows:
    """The windows of one backend's models. `clock` counts seconds."""

    def __init__(self, upstream: Upstream, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._upstream = upstream
        self._limits = limits
        self._clock = clock
        self._windows = Recent[_Window]()

    @property
    def known(self) -> bool:
        """Whether there is any window that the bridge asked for."""
        return bool(self._windows)

    async def held(self, name: str, headers: Mapping[str, str]) -> int | None:
        """The window that the bridge asked for and the model is still loaded with; None for every other model.

        `headers` are those of the request that wants to know.
        """
        key = model_key(name)
        window = self._windows.get(key)
        if window is None:
            return None
        # A model that is being loaded may not be listed yet.
        if window.running:
            return window.size
        loaded = await self._loaded(key, headers)
        if loaded == window.size or (loaded is None and self._clock() < window.until) or window.running:
            return window.size
        if self._windows.get(key) is window:
            del self._windows[key]
        return None

    @asynccontextmanager
    async def asked(self, name: str, size: int | None, keep_alive: Any = None) -> AsyncIterator[None]:
        """Remember the window of a request while it is on its way, and after it; `size` None is no window of ours."""
        if size is None:
            yield
            return
        key = model_key(name)
        window = self._windows.get(key) or _Window(size)
        window.size = max(size, window.size) if window.running else size
        window.running += 1
        self._windows[key] = window
        try:
            yield
        finally:
            window.running -= 1
            window.until = self._clock() + kept_seconds(keep_alive)

    def forget(self) -> None:
        """Forget all windows."""
        self._windows.clear()

    async def _loaded(self, key: str, headers: Mapping[str, str]) -> int | None:
        """The window that a model is loaded with, 0 if the model is not loaded; None where the backend does not say."""
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                self._upstream.ask("GET", "/api/ps", headers=asking(headers), decode=True) as answer,
            ):
                body = await answer.read_all(self._limits.frame)
        except (BackendError, TimeoutError):
            return None
        models = (await by_size(body, json_object)).get("models")
        if not isinstance(models, list):
            return None
        for model in map(mapping, models):
            if key in (model_key(str(model.get("name"))), model_key(str(model.get("model")))):
                return count(model.get("context_length"), _MOST_TOKENS)
        return 0


def kept_seconds(keep_alive: Any) -> float:
    """How long a model stays loaded behind a request with this `keep_alive`: seconds, or a duration such as `1h30m`."""
    if isinstance(keep_alive, int | float) and not isinstance(keep_alive, bool):
        return keep_alive if 0 <= keep_alive <= _SECONDS_MOST else float("inf")
    if not isinstance(keep_alive, str) or len(keep_alive) > _DURATION_MOST:
        return _KEEP_ALIVE
    text = keep_alive.strip()
    if text.startswith("-"):
        return float("inf")
    if text == "0":
        return 0.0
    seconds, at = 0.0, 0
    while part := _DURATION.match(text, at):
        seconds += float(part[1]) * _SECONDS[part[2]]
        at = part.end()
    return seconds if at and at == len(text) else _KEEP_ALIVE
