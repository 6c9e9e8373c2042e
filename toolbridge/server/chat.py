"""The chat routes: read the request, let `plan` decide, send it on, and let `StreamTranslator` read what comes back.

A request may go out up to four times, without the client noticing: with its tools, with a prompt where the backend
refuses tools, with the prompt in the first user turn where the template refuses a system message, and without a word of
thinking where an agent wants that of every model. What was refused once is not tried again for an hour (`Lessons`).
Every error before the first frame is an HTTP status in the client's wire; our 200 leaves with the backend's first
complete frame.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import orjson
from aiohttp import web
from multidict import CIMultiDict

from toolbridge.errors import BackendError, RequestError
from toolbridge.events import Error, Finish, ReplyStart
from toolbridge.messages import ChatRequest
from toolbridge.models import MODES, Backend, Learnt, Mode, Model, Policy
from toolbridge.plan import Plan
from toolbridge.reply_parser import new_call_id
from toolbridge.server.aside import aside, by_size, free, is_light
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.bodies import received_body
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.chat_request import COMPLETIONS, PATHS, Asked, Prepared, prepare, read_chat
from toolbridge.server.ending import Ending
from toolbridge.server.error_answers import error_answer
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import own_bytes, reply_headers
from toolbridge.server.lessons import Lessons
from toolbridge.server.logs import Log
from toolbridge.server.relay import relay
from toolbridge.server.settings import Settings
from toolbridge.server.token_counts import TokenCounts
from toolbridge.server.upstream import Answer, Upstream
from toolbridge.translate import StreamTranslator
from toolbridge.wire import wire
from toolbridge.wire.ollama.generate import unloads

CHOICE = "X-Toolbridge-Tools"
"""The header by which a client chooses the mode."""
_MOST_OF_AN_ERROR = 1 << 20
"""Bytes of an error answer that are read."""
_KEPT = ("Retry-After", "WWW-Authenticate")
"""Headers of an error answer that mean something to clients."""
_MANY = Plan("off", "several choices: n is over 1", tools=())
"""What is done with a request for several replies: a stage reads one."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Answers chats."""

    settings: Settings
    upstream: Upstream
    headers: BackendHeaders
    models: BackendModels
    catalogue: Catalogue
    counts: TokenCounts
    log: Log

    async def answer(self, request: web.Request, source: str, backend: Backend) -> web.StreamResponse:
        """Answer one; `source` is the client's wire. Raises `RequestError` and `BackendError`."""
        held: list[Asked] = []
        try:
            return await self._answer(request, source, backend, held)
        finally:
            if held:
                free(held)

    async def _answer(
        self, request: web.Request, source: str, backend: Backend, held: list[Asked]
    ) -> web.StreamResponse:
        """The answer; what was asked is put into `held` where it is large."""
        limits = self.settings.limits
        data = await received_body(request, limits)
        read = await by_size(data, partial(read_chat, source=source, backend=backend, limits=limits))
        chat = read.chat
        request[EXCHANGE].note(model=chat.model, wire=source, backend_wire=backend.wire, stream=chat.stream)
        policy = self.settings.policy_for(chat.model, self._choice(request))
        headers = own_bytes(self.headers.of_client(request))
        asked = Asked(request, read, headers, backend, await self._name(chat, headers, backend))
        if not is_light(data):
            held.append(asked)
        if read.many:
            request[EXCHANGE].decided(_MANY)
            return await self._pass(asked)
        if not chat.messages and backend.wire != "ollama":
            return _loaded(chat)
        model = await self._model(asked, policy)
        lessons = Lessons(self.catalogue, model.name, headers)
        while True:
            prepared = await self._prepared(asked, model, policy, lessons.learnt)
            request[EXCHANGE].decided(prepared.plan)
            self._tell(prepared.plan, policy, lessons.learnt, asked)
            answer = await self._send(asked, prepared, policy, lessons)
            if answer is not None:
                return answer

    async def _prepared(self, asked: Asked, model: Model, policy: Policy, learnt: Learnt) -> Prepared:
        """What goes out; a few bytes of tools may describe much work, and without tools only much text is any."""
        limits = self.settings.limits
        if asked.chat.tools or asked.chat.has_tool_history or not is_light(asked.data):
            return await aside(prepare, asked, model, policy, learnt, limits, notes=self._notes)
        return prepare(asked, model, policy, learnt, limits, notes=self._notes)

    @property
    def _notes(self) -> bool:
        return self.settings.errors.midstream == "note"

    def _choice(self, request: web.Request) -> Mode | None:
        word = request.headers.get(CHOICE)
        if word is None or not self.settings.tools.header:
            return None
        for mode in MODES:
            if mode == word.strip().lower():
                return mode
        raise RequestError(f"{CHOICE} must be one of {', '.join(MODES)}, not {word[:40]!r}")

    async def _name(self, chat: ChatRequest, headers: Mapping[str, str], backend: Backend) -> str:
        """What the backend calls this model: Ollama's clients put `:latest` behind a name without a tag."""
        name = chat.model
        if backend.wire in ("ollama", chat.source) or not name.endswith(":latest"):
            return name
        try:
            return await self.models.own_name(name, backend, headers)
        except BackendError:
            return name

    async def _model(self, asked: Asked, policy: Policy) -> Model:
        """What is known of the model; nobody is asked where it would make no difference."""
        chat = asked.chat
        if policy.mode == "off" or not (chat.tools or chat.has_tool_history):
            return Model(chat.model)
        return await self.catalogue.model(chat.model, asked.headers, asked.backend)

    def _tell(self, decided: Plan, policy: Policy, learnt: Learnt, asked: Asked) -> None:
        """Let the operator know, once, of a model that might have had tools of its own."""
        if decided.mode != "prompted" or policy.mode != "auto" or not decided.tools:
            return
        name = asked.chat.model
        if (learnt.refuses_tools or asked.backend.wire != "ollama") and self.catalogue.is_news(name, decided.why):
            self.log.info("tools are prompted for", model=name, why=decided.why)

    async def _send(
        self, asked: Asked, prepared: Prepared, policy: Policy, lessons: Lessons
    ) -> web.StreamResponse | None:
        """Send the request and answer the client; None where a refusal taught something to plan again by."""
        backend, request, decided = asked.backend, asked.http, prepared.plan
        same = asked.chat.source == backend.wire
        translator = prepared.translator
        body, headers = prepared.body, CIMultiDict(asked.headers)
        if body is None:
            body = asked.data
        else:
            headers["Content-Type"] = "application/json"
        if translator is not None:
            headers["Accept-Encoding"] = "identity"
        query = f"?{request.rel_url.raw_query_string}" if same and request.rel_url.raw_query_string else ""
        path = COMPLETIONS if asked.is_prompt else PATHS[backend.wire]
        async with self.upstream.ask(
            "POST", path + query, headers=headers, body=body, decode=translator is not None
        ) as answer:
            request[EXCHANGE].answered()
            if translator is None:
                writer = wire(asked.chat.source).writer(
                    request=asked.chat, clock=time.time, ids=new_call_id, notes=self._notes
                )
                ending = Ending(backend.wire, stream=asked.chat.stream, limits=self.settings.limits)
                return await relay(request, answer, first=await answer.read(), writer=writer, ending=ending)
            if 200 <= answer.status < 300:
                return await self._translate(asked, translator, answer, lessons, keeps_frames=prepared.keeps_frames)
            if 300 <= answer.status < 400:
                place = answer.headers.get("Location", "elsewhere")[:200]
                raise BackendError(f"{self.upstream.name} redirects to {place}; set backends.url to that address")
            said = await answer.beginning(_MOST_OF_AN_ERROR)
        error = await by_size(said, partial(wire(backend.wire).read_error, answer.status))
        if await aside(lessons.take, asked.chat, decided, policy, error, data=asked.data, beside=_beside(asked)):
            return None
        if prepared.body is None and _reads_as(said, wire(backend.wire).write_error(error)):
            status, kept = answer.status, own_bytes(reply_headers(answer.headers))
            return web.Response(status=status, reason=answer.reason, body=said, headers=kept)
        headers_kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        return error_answer(asked.chat.source, error, headers_kept)

    async def _pass(self, asked: Asked) -> web.StreamResponse:
        """The client's bytes to its own route, and the backend's back."""
        query = asked.http.rel_url.raw_query_string
        target = PATHS[asked.backend.wire] + (f"?{query}" if query else "")
        async with self.upstream.ask("POST", target, headers=asked.headers, body=asked.data) as answer:
            asked.http[EXCHANGE].answered()
            return await relay(asked.http, answer)

    async def _translate(
        self, asked: Asked, translator: StreamTranslator, answer: Answer, lessons: Lessons, *, keeps_frames: bool
    ) -> web.StreamResponse:
        chat = asked.chat
        target = wire(chat.source)
        kind = target.STREAM_TYPE if chat.stream else target.WHOLE_TYPE
        headers = own_bytes(reply_headers(answer.headers)) if keeps_frames else CIMultiDict({"Content-Type": kind})
        response: web.StreamResponse | None = None
        out, over = b"", False
        while not over:
            out, over = await _step(translator, answer, streamed=chat.stream)
            if not (chat.stream and translator.begun):
                continue
            if response is None:
                if isinstance(translator.end, Error):
                    break
                lessons.keep()
                response = web.StreamResponse(headers=headers)
                await response.prepare(asked.http)
            if out:
                await response.write(out)
        asked.http[EXCHANGE].ended(translator.end)
        self.counts.learn(chat, translator.end, asked.http.headers)
        if response is None:
            if isinstance(translator.end, Error):
                return error_answer(chat.source, translator.end)
            lessons.keep()
            return web.Response(body=out, headers=headers)
        await response.write_eof()
        if isinstance(translator.end, Finish) and not translator.cut:
            await answer.rest()
        return response


def _beside(asked: Asked) -> list[str]:
    """What a backend could quote of a request beside its body."""
    url = asked.http.rel_url
    return [*asked.headers.keys(), *asked.headers.values(), url.raw_query_string, url.query_string]


def _loaded(chat: ChatRequest) -> web.Response:
    """The answer to a request without messages, which asks for nothing but the model: it is the server's to load it."""
    target = wire(chat.source)
    writer = target.writer(request=replace(chat, stream=False), clock=time.time, ids=new_call_id)
    out = writer.feed([ReplyStart(), Finish("unload" if unloads(chat) else "load")]) + writer.finish()
    return web.Response(body=out, headers={"Content-Type": target.WHOLE_TYPE})


async def _step(translator: StreamTranslator, answer: Answer, *, streamed: bool) -> tuple[bytes, bool]:
    """What the client gets for what the backend sends next, and whether that was the last of it.

    A reply in one piece is read and written at its end, which is work that grows with it.
    """
    try:
        data = await answer.read()
    except BackendError as problem:
        return translator.fail(Error(problem.message, problem.kind, problem.status)) + translator.finish(), True
    if not data:
        return translator.finish() if streamed else await aside(translator.finish), True
    out = translator.feed(data)
    return (out + translator.finish(), True) if translator.ended else (out, False)


def _reads_as(said: bytes, written: bytes) -> bool:
    """Whether a client of the backend's wire finds in what was said the same message as in what would be written."""
    try:
        theirs, ours = orjson.loads(said)["error"], orjson.loads(written)["error"]
    except (orjson.JSONDecodeError, TypeError, KeyError, IndexError):
        return False
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return bool(theirs.get("message") == ours["message"])
    return bool(theirs == ours)
