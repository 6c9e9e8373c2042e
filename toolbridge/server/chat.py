"""The chat routes: read the request, let `plan` decide, send it on, and answer with what comes back.

A request may go out several times, without the client noticing: with its tools, with a prompt where the backend
refuses tools, with a prompt in another notation where the engine rejects what the model writes, with the prompt in the
first user turn where the template refuses a system message, with its turns mended where the template is strict, and
without a word of thinking where an agent wants that of every model. What was refused once is not tried again for an
hour (`Lessons`). A call that the client demands is asked for again where the reply does not make it (`Attempts`).
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.errors import BackendError, RequestError, ToolbridgeError
from toolbridge.events import Error, Finish
from toolbridge.messages import ChatRequest, Message
from toolbridge.models import MODES, Backend, Learnt, Mode, Model, Policy, short_name
from toolbridge.plan import Plan
from toolbridge.server.aside import aside, by_size, free, is_light
from toolbridge.server.attempts import Attempts
from toolbridge.server.backend_headers import BackendHeaders
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.bodies import received_body
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.chat_answer import ChatAnswer, loaded, read_refusal, write_error
from toolbridge.server.chat_request import COMPLETIONS, Asked, Prepared, ReadChat, prepare, read_chat
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.headers import own_bytes
from toolbridge.server.lessons import Lessons
from toolbridge.server.logs import Log
from toolbridge.server.pings import Pings
from toolbridge.server.relay import relay
from toolbridge.server.settings import Settings
from toolbridge.server.stored_responses import StoredResponses
from toolbridge.server.token_counts import TokenCounts
from toolbridge.server.upstream import Answer, Upstream
from toolbridge.server.whose import whose
from toolbridge.server.windows import Windows
from toolbridge.wire import wire
from toolbridge.wire.responses.recall import may_refer

CHOICE = "X-Toolbridge-Tools"
"""The header by which a client chooses the mode."""
_NO_RETRY = {"x-should-retry": "false"}
"""A header for a failure that another request would meet, too: the packages of OpenAI and Anthropic obey it."""
_SEVERAL = Prepared(Plan("off", "several choices: n is over 1", tools=()), None, None, keeps_frames=True)
"""The way of a request for several replies: it goes on unread, as `ReplyStage` reads one reply only."""


@dataclass(frozen=True, slots=True)
class Chat:
    """Answers chats."""

    settings: Settings
    upstream: Upstream
    headers: BackendHeaders
    models: BackendModels
    catalogue: Catalogue
    counts: TokenCounts
    windows: Windows
    stored: StoredResponses
    log: Log

    async def answer(self, request: web.Request, source: str, backend: Backend) -> web.StreamResponse:
        """The answer to a chat; `source` is the client's wire. Raises `RequestError` and `BackendError`."""
        held: list[Asked] = []
        try:
            return await self._answer(request, source, backend, held)
        finally:
            if held:
                free(held)

    async def _answer(
        self, request: web.Request, source: str, backend: Backend, held: list[Asked]
    ) -> web.StreamResponse:
        """The answer. A large request is put into `held`, which is the last to let go of it."""
        limits = self.settings.limits
        data = await received_body(request, limits)
        read = await self._read(request, data, source, backend)
        chat = read.chat
        request[EXCHANGE].note(model=chat.model, wire=source, backend_wire=backend.wire, stream=chat.stream)
        policy = self.settings.policy_for(chat.model, self._choice(request))
        headers = own_bytes(self.headers.of_client(request))
        asked = Asked(request, read, headers, backend, await self._name(chat, headers, backend))
        if not is_light(read.data):
            held.append(asked)
        if read.many:
            request[EXCHANGE].decided(_SEVERAL.plan)
            async with self._ask(asked, _SEVERAL) as answer:
                request[EXCHANGE].answered()
                return await relay(request, answer)
        if not chat.messages and not backend.traits.native_routes:
            return loaded(chat)
        return await self._answer_planned(asked, policy)

    async def _read(self, request: web.Request, data: bytes, source: str, backend: Backend) -> ReadChat:
        """The request in a body, with the items of earlier responses to which it refers. Raises `RequestError`."""
        keeps = wire(source).refers and self.stored.active
        memory = self.stored.of(whose(request.headers)) if keeps else None
        limits, path = self.settings.limits, request[EXCHANGE].path
        work = partial(read_chat, source=source, backend=backend, limits=limits, path=path, memory=memory)
        if keeps and is_light(data) and may_refer(data):
            # The items that it stands for may be much more than the body.
            return await aside(work, data)
        return await by_size(data, work)

    async def _answer_planned(self, asked: Asked, policy: Policy) -> web.StreamResponse:
        """The answer to the planned request. If a refusal teaches something about the model, a new plan is made.

        Each lesson is learnt once, and a demanded call is asked for `tools.attempts` times, so this ends.
        """
        source, seconds = wire(asked.chat.source), self.settings.server.ping if asked.chat.stream else 0
        async with Pings(asked.http, source, seconds) as pings:
            try:
                return await self._answer_at_last(asked, policy, pings)
            except ToolbridgeError as error:
                response = await pings.stop()
                if response is None or pings.replied or not pings.early:
                    raise
                asked.http[EXCHANGE].failed(error)
                await write_error(response, asked.chat, error)
                return response

    async def _answer_at_last(self, asked: Asked, policy: Policy, pings: Pings) -> web.StreamResponse:
        """The answer to the first request from which nothing more is learnt."""
        model = await self._model(asked, policy)
        held = await self._held(asked, policy)
        lessons = Lessons(self.catalogue, model.name, asked.headers)
        attempts = Attempts(asked.chat, self.settings.tools.attempts)
        exchange = asked.http[EXCHANGE]
        while True:
            prepared = await self._prepared(asked, model, policy, lessons.learnt, held=held, messages=attempts.messages)
            exchange.decided(attempts.told(prepared.plan))
            if prepared.dropped:
                exchange.left_out(prepared.dropped)
            self._tell(prepared, policy, lessons.learnt, asked)
            to_client = ChatAnswer(asked, prepared, self.settings, self.counts, self.stored, pings)
            keeps = self.windows.asked(asked.name, prepared.window, asked.chat.extra.get("keep_alive"))
            async with keeps, self._ask(asked, prepared) as answer:
                exchange.answered()
                learns = partial(self._learns, lessons, asked, prepared, policy)
                if 200 <= answer.status < 300:
                    if prepared.translator is None:
                        lessons.keep()
                        return await to_client.unread(answer)
                    opening = await to_client.opened(answer, prepared.translator)
                    if opening.error is not None:
                        if await learns(opening.error):
                            continue
                    elif to_client.misses_its_call(opening):
                        if self._misses(prepared, prepared.translator.end, lessons, attempts):
                            continue
                        return await to_client.failed(attempts.error(), _NO_RETRY)
                    else:
                        lessons.called(prepared.plan)
                        lessons.keep()
                    return await to_client.translated(answer, prepared.translator, opening)
                if prepared.translator is None and not _may_teach(prepared.plan, answer) and await pings.stop() is None:
                    return await to_client.unread(answer)
                refusal = await read_refusal(answer, asked.backend, self.upstream.name)
                if not await learns(refusal.error):
                    if prepared.translator is None and await pings.stop() is None:
                        return await to_client.unread(answer, first=refusal.body)
                    return await to_client.refused(refusal)

    @staticmethod
    def _misses(prepared: Prepared, end: Finish | Error | None, lessons: Lessons, attempts: Attempts) -> bool:
        """Whether the model is asked again, as its reply did not make the call that it had to make."""
        cut = isinstance(end, Finish) and end.reason == "length"
        lessons.missed(prepared.plan, cut=cut)
        return prepared.watch is not None and attempts.missed(prepared.watch, cut=cut)

    async def _learns(self, lessons: Lessons, asked: Asked, prepared: Prepared, policy: Policy, error: Error) -> bool:
        """Whether an error ahead of the client's first byte teaches something, so that a new plan is worth a try."""
        take = partial(lessons.take, data=asked.data, beside=_beside(asked))
        return await aside(take, asked.chat, prepared.plan, policy, error)

    def _ask(self, asked: Asked, prepared: Prepared) -> AbstractAsyncContextManager[Answer]:
        """Send the prepared request to the backend's chat route, with the client's query if both speak one wire."""
        backend, query = asked.backend, asked.http.rel_url.raw_query_string
        headers, body = CIMultiDict(asked.headers), prepared.body
        if body is None:
            body = asked.data
        else:
            headers["Content-Type"] = "application/json"
        reads = prepared.translator is not None
        if reads:
            headers["Accept-Encoding"] = "identity"
        path = COMPLETIONS if asked.is_prompt else wire(backend.wire).path
        if query and asked.chat.source == backend.wire:
            path = f"{path}?{query}"
        return self.upstream.ask("POST", path, headers=headers, body=body, decode=reads)

    async def _prepared(
        self,
        asked: Asked,
        model: Model,
        policy: Policy,
        learnt: Learnt,
        *,
        held: int | None,
        messages: tuple[Message, ...],
    ) -> Prepared:
        """The request as it goes out. A few bytes of tools may be much work; without tools only much text is."""
        limits, notes = self.settings.limits, self.settings.errors.midstream == "note"
        work = partial(prepare, messages=messages, held=held, notes=notes)
        if asked.chat.tools or asked.chat.has_tool_history or not is_light(asked.data):
            return await aside(work, asked, model, policy, learnt, limits)
        return work(asked, model, policy, learnt, limits)

    def _choice(self, request: web.Request) -> Mode | None:
        word = request.headers.get(CHOICE)
        if word is None or not self.settings.tools.header:
            return None
        for mode in MODES:
            if mode == word.strip().lower():
                return mode
        raise RequestError(f"{CHOICE} must be one of {', '.join(MODES)}, not {word[:40]!r}")

    async def _name(self, chat: ChatRequest, headers: Mapping[str, str], backend: Backend) -> str:
        """The backend's name for this model: Ollama's clients put `:latest` behind a name without a tag."""
        name = chat.model
        if backend.traits.native_routes or backend.wire == chat.source or short_name(name) == name:
            return name
        try:
            return await self.models.own_name(name, backend, headers)
        except BackendError:
            return name

    async def _model(self, asked: Asked, policy: Policy) -> Model:
        """The model as far as it is known; the backend is not asked if its answer would make no difference."""
        chat = asked.chat
        if policy.mode == "off" or not (chat.tools or chat.has_tool_history):
            return Model(chat.model)
        return await self.catalogue.model(chat.model, asked.headers, asked.backend)

    async def _held(self, asked: Asked, policy: Policy) -> int | None:
        """The window that the bridge has asked for and the model is loaded with, if this request may get it."""
        may = asked.backend.traits.native_routes and policy.widens and policy.mode != "off"
        if not may or "window" in asked.chat.sampling:
            return None
        return await self.windows.held(asked.name, asked.headers)

    def _tell(self, prepared: Prepared, policy: Policy, learnt: Learnt, asked: Asked) -> None:
        """Let the operator know, once, of a window that is too small, and of a model that might have had tools."""
        decided, window = prepared.plan, asked.chat.sampling.get("window")
        if prepared.lacks is not None and self.catalogue.is_news(asked.chat.model, f"num_ctx {window}"):
            facts = {"model": asked.chat.model, "num_ctx": window, "tokens": prepared.lacks}
            self.log.warning("a client's num_ctx is too small for its tools: Ollama drops a part of them", **facts)
        if decided.mode != "prompted" or decided.forced or policy.mode != "auto" or not decided.tools:
            return
        name = asked.chat.model
        no_surprise = asked.backend.traits.native_routes and not (learnt.refuses_tools or learnt.rejects_calls)
        if not no_surprise and self.catalogue.is_news(name, decided.why):
            self.log.info("tools are prompted for", model=name, why=decided.why)


def _may_teach(decided: Plan, answer: Answer) -> bool:
    """Whether an answer that could go on unread is worth reading: an error that may refuse to think, or odd turns."""
    hopes = (decided.hints_thinking and decided.thinks) or decided.turns == "odd"
    return hopes and answer.status >= 400 and "Content-Encoding" not in answer.headers


def _beside(asked: Asked) -> list[str]:
    """The texts beside a request's body that a backend's error could quote."""
    url = asked.http.rel_url
    return [*asked.headers.keys(), *asked.headers.values(), url.raw_query_string, url.query_string]
