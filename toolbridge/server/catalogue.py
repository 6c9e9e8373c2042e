"""What the backend's models can do: asked once, kept for a while, and corrected by what the backend then says.

A model is asked about with `POST /api/show`, or looked up in the list of a server of OpenAI's wire, whoever needs it
first; others wait for the same answer. What cannot be asked is not an obstacle: such a model has no known capabilities,
the request goes its way, and the client reads in the backend's own words what is wrong (a missing model, a wrong key).

What its error answers teach is kept longer: an hour, or until something happens to the models. All of it is kept by the
keys that went along (`whose`), as a backend may answer each of them differently.
"""

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from toolbridge.errors import BackendError, BackendUnreachable, FrameError
from toolbridge.frames import Frame
from toolbridge.limits import Limits
from toolbridge.model_cards import Card, find_card, read_card
from toolbridge.model_converter import read_show, write_show
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Model
from toolbridge.server.aside import aside, by_size
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.headers import asking
from toolbridge.server.upstream import Upstream
from toolbridge.server.whose import whose
from toolbridge.wire.codec import decode, json_text

_KEPT_SECONDS = 60.0
_LEARNT_SECONDS = 3600.0
_PATIENCE = 30.0
"""Seconds to wait for an answer; a chat waits with it."""
_MOST = 512
"""Models that are remembered at most; a client chooses the names."""
_LONGEST = 512
"""Characters of a name above which a digest stands for it."""
_DECODER = json.JSONDecoder()
_BLANK = " \t\n\r"

V = TypeVar("V")


class _Recent(OrderedDict[str, V]):
    """The names set last, `_MOST` of them."""

    def __setitem__(self, name: str, value: V) -> None:
        super().__setitem__(name, value)
        self.move_to_end(name)
        if len(self) > _MOST:
            self.popitem(last=False)


class Catalogue:
    """The models of one backend. `clock` counts seconds."""

    def __init__(self, upstream: Upstream, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.listing = BackendModels(upstream, limits)
        """What a server of OpenAI's wire says of its models."""
        self._upstream = upstream
        self._limit = limits.frame
        self._clock = clock
        self._known = _Recent[tuple[float, Model]]()
        self._questions: dict[str, asyncio.Task[Model | None]] = {}
        self._learnt = _Recent[tuple[float, Learnt]]()
        self._told = _Recent[None]()

    async def model(self, name: str, headers: Mapping[str, str], backend: Backend) -> Model:
        """What is known of a model; `headers` are those of the request that wants to know.

        Raises `BackendUnreachable`: then a chat has nowhere to go either.
        """
        key = f"{_key(name)} {whose(headers)}"
        known = self._known.get(key)
        if known is not None and self._clock() < known[0]:
            return known[1] if known[1].name == name else replace(known[1], name=name)
        question = self._questions.get(key)
        if question is None:
            question = asyncio.create_task(self._question(key, name, headers, backend))
            self._questions[key] = question
            question.add_done_callback(lambda done: self._answered(key, done))
        # Who goes away takes nobody else's answer with them.
        model = await asyncio.shield(question)
        return Model(name) if model is None else replace(model, name=name)

    def learnt(self, name: str, headers: Mapping[str, str]) -> Learnt:
        """What is remembered of a model, for requests with the keys among these headers."""
        until, learnt = self._learnt.get(f"{_key(name)} {whose(headers)}", (0.0, NOTHING_LEARNT))
        return learnt if self._clock() < until else NOTHING_LEARNT

    def learn(self, name: str, headers: Mapping[str, str], fact: Learnt) -> None:
        """Remember this of a model, beside what is remembered already."""
        known = self.learnt(name, headers)
        self._learnt[f"{_key(name)} {whose(headers)}"] = self._clock() + _LEARNT_SECONDS, known | fact

    def is_news(self, name: str, fact: str) -> bool:
        """Whether this is said of the model for the first time."""
        key = f"{_key(name)} {fact}"
        known = key in self._told
        self._told[key] = None
        return not known

    def forget(self) -> None:
        """Something happened to the models, a pull, create, copy or delete; or the operator wants it.

        All are asked about again, as a change to one may change those that were made from it; an answer that is on its
        way still serves who waits for it, and is not kept.
        """
        self._known = _Recent()
        self._questions = {}
        self._learnt.clear()
        self._told.clear()

    async def _question(self, key: str, name: str, headers: Mapping[str, str], backend: Backend) -> Model | None:
        known = self._known
        try:
            async with asyncio.timeout(_PATIENCE):
                ask = self._shown if backend.wire == "ollama" else self._listed
                model = await ask(name, headers, backend)
        except BackendUnreachable:
            raise
        except (BackendError, TimeoutError):
            return None
        if model is not None:
            known[key] = self._clock() + _KEPT_SECONDS, model
        return model

    async def _shown(self, name: str, headers: Mapping[str, str], _backend: Backend) -> Model | None:
        body = json_text({"model": name, "name": name}).encode()
        sent = asking(headers)
        sent["Content-Type"] = "application/json"
        async with self._upstream.ask("POST", "/api/show", headers=sent, body=body, decode=True) as answer:
            shown = await answer.read_all(self._limit) if answer.status == 200 else b""
        return await by_size(shown, partial(_described, name))

    async def _listed(self, name: str, headers: Mapping[str, str], backend: Backend) -> Model | None:
        """A name that is not listed may be served: llama.cpp with one model takes any."""
        card = await aside(find_card, await self.listing.cards(backend, headers), name) or Card(name)
        return replace(read_card(await self.listing.looked_into(card, backend, headers)), name=name)

    def _answered(self, key: str, question: asyncio.Task[Model | None]) -> None:
        if self._questions.get(key) is question:
            del self._questions[key]
        if not question.cancelled():
            question.exception()  # raised by those who wait; where all went away, by nobody


def _described(name: str, show: bytes) -> Model | None:
    described = _object(show)
    return None if described is None else read_show(described, name)


def enriched(show: bytes) -> bytes:
    """A show answer with the bridge's capabilities in place of the backend's; every other byte as it was.

    What is no object of JSON comes back unchanged.
    """
    described = _object(show)
    if described is None:
        return show
    ours = write_show(described)["capabilities"]
    if ours == described.get("capabilities"):
        return show
    text = show.decode()
    try:
        spans, end = _spans(text)
    except (ValueError, RecursionError):
        return show
    written = json_text(ours)
    if "capabilities" in spans:
        begin, until = spans["capabilities"]
        return (text[:begin] + written + text[until:]).encode()
    comma = "," if spans else ""
    return f'{text[:end]}{comma}"capabilities":{written}{text[end:]}'.encode()


def _spans(text: str) -> tuple[dict[str, tuple[int, int]], int]:
    """Where the value of each name of an object stands, and where behind the last one another can be put.

    Of a name that stands there twice the last counts, as for every reader of JSON.
    """
    spans: dict[str, tuple[int, int]] = {}
    at = _skip(text, 0) + 1
    end = at
    while text[at := _skip(text, at)] != "}":
        if text[at] == ",":
            at = _skip(text, at + 1)
        name, at = _DECODER.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        _, at = _DECODER.raw_decode(text, begin)
        spans[name] = begin, at
        end = at
    return spans, end


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        value = decode(Frame(body, body))
    except FrameError:
        return None
    return value if isinstance(value, dict) else None


def _key(name: str) -> str:
    """Ollama finds a model in any case, and one without a tag as `latest`. A client chooses the length of a name."""
    low = name.lower() if len(name) <= _LONGEST else hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return low if ":" in low.rpartition("/")[2] else f"{low}:latest"
