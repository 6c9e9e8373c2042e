"""What is known of the backend's models: asked once, kept for a minute, and corrected by the backend's error answers.

The first request that needs to know a model asks `BackendModels`; requests that come meanwhile wait for the same
answer. If the backend does not answer, nothing is known of the model: the request goes its way, and the client reads
the reason in the backend's own words (a missing model, a wrong key).

Lessons from error answers are kept longer: for an hour, or until something happens to the models. Everything is kept by
the keys of the request (`whose`), as a backend may answer each key differently.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from toolbridge.errors import BackendError, BackendUnreachable
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Model, full_name
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.whose import whose

_KEPT_SECONDS = 60.0
_LEARNT_SECONDS = 3600.0
_PATIENCE = 30.0
"""Seconds to wait for an answer; a chat waits with it."""
_MOST = 512
"""Models that are remembered at most; a client chooses the names."""
_LONGEST = 512
"""Characters of a name above which a digest stands for it."""

V = TypeVar("V")


class Recent(OrderedDict[str, V]):
    """A dictionary that keeps only the `_MOST` names that were set last."""

    def __setitem__(self, name: str, value: V) -> None:
        super().__setitem__(name, value)
        self.move_to_end(name)
        if len(self) > _MOST:
            self.popitem(last=False)


class Catalogue:
    """The memory of one backend's models. `clock` counts seconds."""

    def __init__(self, models: BackendModels, clock: Callable[[], float] = time.monotonic) -> None:
        self._models = models
        self._clock = clock
        self._known = Recent[tuple[float, Model]]()
        self._questions: dict[str, asyncio.Task[Model | None]] = {}
        self._learnt = Recent[tuple[float, Learnt]]()
        self._told = Recent[None]()

    async def model(self, name: str, headers: Mapping[str, str], backend: Backend) -> Model:
        """What is known of a model; `headers` are those of the request that wants to know.

        Raises `BackendUnreachable`: then a chat has nowhere to go either. A client that goes away while it waits does
        not end the question for the others.
        """
        key = f"{model_key(name)} {whose(headers)}"
        known = self._known.get(key)
        if known is not None and self._clock() < known[0]:
            return known[1] if known[1].name == name else replace(known[1], name=name)
        question = self._questions.get(key)
        if question is None:
            question = asyncio.create_task(self._question(key, name, headers, backend))
            self._questions[key] = question
            question.add_done_callback(lambda done: self._answered(key, done))
        model = await asyncio.shield(question)
        return Model(name) if model is None else replace(model, name=name)

    def learnt(self, name: str, headers: Mapping[str, str]) -> Learnt:
        """What is remembered of a model, for requests with the keys among these headers."""
        until, learnt = self._learnt.get(f"{model_key(name)} {whose(headers)}", (0.0, NOTHING_LEARNT))
        return learnt if self._clock() < until else NOTHING_LEARNT

    def learn(self, name: str, headers: Mapping[str, str], fact: Learnt) -> None:
        """Remember this fact about a model, beside those that are remembered already."""
        known = self.learnt(name, headers)
        self._learnt[f"{model_key(name)} {whose(headers)}"] = self._clock() + _LEARNT_SECONDS, known | fact

    def is_news(self, name: str, fact: str) -> bool:
        """Whether this fact about the model is asked about for the first time."""
        key = f"{model_key(name)} {fact}"
        known = key in self._told
        self._told[key] = None
        return not known

    def forget(self) -> None:
        """Forget all models: one was pulled, created, copied or deleted, or the operator wants it.

        A change to one model may change the models that were made from it. An answer that is on its way still serves
        the requests that wait for it, and is not kept.
        """
        self._known = Recent()
        self._questions = {}
        self._learnt.clear()
        self._told.clear()

    async def _question(self, key: str, name: str, headers: Mapping[str, str], backend: Backend) -> Model | None:
        known = self._known
        try:
            async with asyncio.timeout(_PATIENCE):
                model = await self._models.model(name, backend, headers)
        except BackendUnreachable:
            raise
        except (BackendError, TimeoutError):
            return None
        if model is not None:
            known[key] = self._clock() + _KEPT_SECONDS, model
        return model

    def _answered(self, key: str, question: asyncio.Task[Model | None]) -> None:
        if self._questions.get(key) is question:
            del self._questions[key]
        if not question.cancelled():
            question.exception()  # the requests that wait raise it; asyncio must not complain if all went away


def model_key(name: str) -> str:
    """The name by which a model is remembered.

    Ollama finds a model in any case, and by its full name or without `latest`. A client chooses a name's length.
    """
    low = name.lower() if len(name) <= _LONGEST else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return full_name(low)
