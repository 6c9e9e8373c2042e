"""The chat routes: read the request, let `plan` decide, send it on, and let `StreamTranslator` read what comes back.

A request may go out up to three times, without the client noticing: with its tools, with a prompt where the backend
refuses tools, and with the prompt in the first user turn where the template refuses a system message. What was refused
once is not tried again (`Catalogue`). Every error before the first frame is an HTTP status in the client's wire; our
200 leaves with the backend's first complete frame.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson
from aiohttp import web
from multidict import CIMultiDict

from toolbridge.errors import BackendError, RequestError
from toolbridge.events import Error, Finish
from toolbridge.messages import ChatRequest
from toolbridge.models import MODES, Mode, Model, Policy
from toolbridge.plan import Plan, plan, refuses_system, refuses_tools
from toolbridge.reply_parser import ReplyParser, new_call_id
from toolbridge.server.bodies import read_body
from toolbridge.server.exchange import EXCHANGE
from toolbridge.server.faults import fault
from toolbridge.server.passthrough import Pipe, own_bytes, relay, reply_headers
from toolbridge.server.settings import Settings
from toolbridge.server.upstream import Answer
from toolbridge.translate import StreamTranslator, copied_examples, inject_tools
from toolbridge.wire import wire
from toolbridge.wire.codec import read_body as read_json
from toolbridge.wire.codec import write_json

PATHS: Mapping[str, str] = {"ollama": "/api/chat", "openai": "/v1/chat/completions"}
"""Where each wire takes its chats."""
CHOICE = "X-Toolbridge-Tools"
"""The header by which a client chooses the mode."""
_MOST_OF_AN_ERROR = 1 << 20
"""Bytes of an error answer that are read."""
_AS_RECEIVED = ("passthrough", "native", "off")
"""Modes in which the client's own bytes go on, where the backend speaks the client's wire."""
_KEPT = ("Retry-After", "WWW-Authenticate")
"""Headers of an error answer that mean something to clients."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One chat request: as it came, as it was read, and the headers that go on."""

    http: web.Request
    data: bytes
    chat: ChatRequest
    headers: CIMultiDict[str]


@dataclass(frozen=True, slots=True)
class Chat:
    """Answers chats."""

    settings: Settings
    pipe: Pipe

    async def answer(self, request: web.Request, source: str) -> web.StreamResponse:
        """Answer one; `source` is the client's wire. Raises `RequestError` and `BackendError`."""
        data = await read_body(request, self.settings.limits.body)
        chat = wire(source).read_request(read_json(data))
        backend = self.pipe.backend
        request[EXCHANGE].note(model=chat.model, wire=source, backend_wire=backend.wire, stream=chat.stream)
        policy = self.settings.policy_for(chat.model, self._choice(request))
        asked = Asked(request, data, chat, own_bytes(self.pipe.onward(request)))
        model = await self._model(asked, policy)
        policy = self.pipe.catalogue.remember(policy, model.name)
        while True:
            decided = plan(chat, model, backend, policy)
            request[EXCHANGE].decided(decided)
            answer = await self._send(asked, decided, policy, model)
            if not isinstance(answer, Policy):
                return answer
            policy = answer

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

    async def _model(self, asked: Asked, policy: Policy) -> Model:
        """What is known of the model; nobody is asked where it would make no difference."""
        chat = asked.chat
        if policy.mode == "off" or not (chat.tools or chat.has_tool_history):
            return Model(chat.model)
        return await self.pipe.catalogue.model(chat.model, asked.headers)

    async def _send(self, asked: Asked, decided: Plan, policy: Policy, model: Model) -> web.StreamResponse | Policy:
        """Send the request and answer the client; where the backend refused, the policy to plan again with."""
        backend, request = self.pipe.backend, asked.http
        same = asked.chat.source == backend.wire
        as_received = same and decided.mode in _AS_RECEIVED
        piped = as_received and not decided.reads
        body, headers = asked.data, CIMultiDict(asked.headers)
        if not as_received:
            body = self._body(asked.chat, decided, model)
            headers["Content-Type"] = "application/json"
        if not piped:
            headers["Accept-Encoding"] = "identity"
        query = f"?{request.rel_url.raw_query_string}" if same and request.rel_url.raw_query_string else ""
        async with self.pipe.upstream.ask(
            "POST", PATHS[backend.wire] + query, headers=headers, body=body, decode=not piped
        ) as answer:
            request[EXCHANGE].answered()
            if piped:
                writer = wire(asked.chat.source).writer(
                    request=asked.chat, clock=time.time, ids=new_call_id, notes=self._notes
                )
                return await relay(request, answer, first=await answer.read(), writer=writer)
            if 200 <= answer.status < 300:
                return await self._translate(asked, decided, answer, as_received=as_received)
            if 300 <= answer.status < 400:
                place = answer.headers.get("Location", "elsewhere")[:200]
                raise BackendError(f"{self.pipe.upstream.name} redirects to {place}; set backends.url to that address")
            said = await answer.beginning(_MOST_OF_AN_ERROR)
        error = wire(backend.wire).read_error(answer.status, said)
        if learnt := self._learn(decided, policy, model.name, error):
            return learnt
        if as_received and _reads_as(said, wire(backend.wire).write_error(error)):
            status, kept = answer.status, own_bytes(reply_headers(answer.headers))
            return web.Response(status=status, reason=answer.reason, body=said, headers=kept)
        return fault(asked.chat.source, error, {name: answer.headers[name] for name in _KEPT if name in answer.headers})

    def _body(self, chat: ChatRequest, decided: Plan, model: Model) -> bytes:
        """The body that the plan wants, in the backend's wire."""
        given = replace(chat, tools=decided.tools)
        if decided.mode == "prompted":
            given = inject_tools(given, decided.dialect, system=model.system, folded=decided.folded)
        return write_json(wire(self.pipe.backend.wire).write_request(given))

    def _learn(self, decided: Plan, policy: Policy, name: str, error: Error) -> Policy | None:
        """The policy with what this error says of the model, which is remembered; None if it says nothing new."""
        catalogue, own = self.pipe.catalogue, frozenset({name})
        if decided.mode == "native" and policy.mode == "auto" and refuses_tools(error.status, error.message):
            catalogue.refuse(name)
            return replace(policy, refused=own)
        if decided.mode == "prompted" and not decided.folded and refuses_system(error.status, error.message):
            catalogue.fold(name)
            return replace(policy, folded=own)
        return None

    async def _translate(self, asked: Asked, decided: Plan, answer: Answer, *, as_received: bool) -> web.StreamResponse:
        chat, limits = asked.chat, self.settings.limits
        parser = (
            ReplyParser(
                decided.dialect,
                decided.tools,
                reasoning=decided.reasoning,
                release=decided.release,
                parallel=decided.parallel,
                copies=copied_examples(replace(chat, tools=decided.tools)) if decided.mode == "prompted" else (),
                limits=limits,
            )
            if decided.reads
            else None
        )
        translator = StreamTranslator(
            self.pipe.backend.wire,
            chat.source,
            parser=parser,
            request=chat,
            stream=chat.stream,
            keeps_frames=as_received,
            notes=self._notes,
            limits=limits,
        )
        target = wire(chat.source)
        kind = target.STREAM_TYPE if chat.stream else target.WHOLE_TYPE
        headers = own_bytes(reply_headers(answer.headers)) if as_received else CIMultiDict({"Content-Type": kind})
        response: web.StreamResponse | None = None
        out, over = b"", False
        while not over:
            out, over = await _step(translator, answer)
            if not (chat.stream and translator.begun):
                continue
            if response is None:
                if isinstance(translator.end, Error):
                    break
                response = web.StreamResponse(headers=headers)
                await response.prepare(asked.http)
            if out:
                await response.write(out)
        asked.http[EXCHANGE].ended(translator.end)
        if response is None:
            if isinstance(translator.end, Error):
                return fault(chat.source, translator.end)
            return web.Response(body=out, headers=headers)
        await response.write_eof()
        if isinstance(translator.end, Finish) and not translator.cut:
            await answer.rest()
        return response


async def _step(translator: StreamTranslator, answer: Answer) -> tuple[bytes, bool]:
    """What the client gets for what the backend sends next, and whether that was the last of it."""
    try:
        data = await answer.read()
    except BackendError as problem:
        return translator.fail(Error(problem.message, problem.kind, problem.status)) + translator.finish(), True
    if not data:
        return translator.finish(), True
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
