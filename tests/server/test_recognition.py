"""Which server the backend is: known by the shapes of its answers, remembered while it is there, never in the way."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.fake_openai import POSES, FakeOpenAI
from toolbridge.errors import BackendUnreachable
from toolbridge.server.logs import make_log
from toolbridge.server.recognition import Recognition
from toolbridge.server.settings import LogSettings, Settings
from toolbridge.server.upstream import Upstream
from toolbridge.traits import TRAITS, ServerName

NOBODY: dict[str, str] = {}
SHAPES = sorted(POSES.keys() - {"openai"})
"""OpenAI itself is known by its address."""


@asynccontextmanager
async def looking(
    url: str, clock: Callable[[], float] = lambda: 0.0, log: io.StringIO | None = None, **backends: Any
) -> AsyncIterator[Recognition]:
    settings = Settings(backend=url, backends=backends)
    async with Upstream(settings.backend, settings.timeouts) as upstream:
        yield Recognition(settings, upstream, make_log(LogSettings(format="json"), log or io.StringIO()), clock)


@pytest.mark.parametrize("server", SHAPES)
async def test_each_server_is_known_by_the_shape_of_its_answers(server: ServerName) -> None:
    async with FakeOpenAI(server).running() as fake, looking(fake.url) as recognition:
        found = await recognition.backend(NOBODY, "ollama")
        assert (found.server, found.wire, found.url) == (server, "openai", fake.url)
        assert found.traits is TRAITS[server]


async def test_ollama_is_known_by_two_of_its_routes(backend: FakeOllama) -> None:
    async with looking(backend.url) as recognition:
        found = await recognition.backend(NOBODY, "openai")
    assert (found.server, found.wire) == ("ollama", "ollama")
    assert [one.target for one in backend.received] == ["/api/version", "/"]


async def test_ollama_behind_a_page_of_its_own_is_known_by_what_it_has_loaded(backend: FakeOllama) -> None:
    backend.more["/"] = backend.answering(200, b"<h1>My models</h1>")
    backend.more["/api/ps"] = backend.answering(200, {"models": []})
    async with looking(backend.url) as recognition:
        assert (await recognition.backend(NOBODY, "openai")).server == "ollama"


async def test_ollama_behind_a_door_that_lets_little_through_is_known_by_what_it_does(backend: FakeOllama) -> None:
    backend.more["/"] = backend.answering(403, b"")
    backend.more["/v1/models"] = backend.answering(200, {"object": "list", "data": None})
    async with looking(backend.url) as recognition:
        assert (await recognition.backend(NOBODY, "openai")).server == "ollama"


async def test_a_server_with_some_of_ollamas_routes_is_not_ollama() -> None:
    fake = FakeOpenAI("sglang")
    fake.gets |= {"/": (200, "Ollama is running"), "/api/tags": (200, {"models": []})}
    async with fake.running(), looking(fake.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == "sglang"


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("server", ["vllm", "llama.cpp", "lmstudio", "mlx-lm"])
async def test_a_status_is_no_evidence(server: ServerName, status: int) -> None:
    fake = FakeOpenAI(server)
    fake.gets = {path: (status, body) for path, (_, body) in fake.gets.items()}
    async with fake.running(), looking(fake.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == server


async def test_a_gateway_in_front_of_several_servers_is_none_of_them() -> None:
    fake = FakeOpenAI("vllm")
    both = [{"id": "a", "owned_by": "vllm"}, {"id": "b", "owned_by": "llamacpp"}]
    fake.gets = {"/v1/models": (200, {"object": "list", "data": both})}
    async with fake.running(), looking(fake.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == "unknown"


@pytest.mark.parametrize(
    ("server", "path", "body"),
    [
        # A key is asked for in /v1 only.
        ("vllm", "/v1/models", {"error": "Unauthorized"}),
        ("llama.cpp", "/v1/models", {"error": {"message": "Invalid API Key", "type": "authentication_error"}}),
        ("llama.cpp", "/v1/models", listed := {"object": "list", "data": []}),
        ("transformers", "/v1/models", listed),
        ("mlx-lm", "/v1/models", listed),
        ("lmstudio", "/v1/models", listed),
    ],
)
async def test_without_its_list_a_server_is_known_by_another_route(
    server: ServerName, path: str, body: dict[str, Any]
) -> None:
    fake = FakeOpenAI(server)
    fake.gets[path] = (200 if "data" in body else 401, body)
    async with fake.running(), looking(fake.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == server


async def test_a_llama_cpp_that_loads_its_model_is_known_by_its_refusal() -> None:
    fake = FakeOpenAI("llama.cpp")
    loading = (503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})
    fake.gets = dict.fromkeys(("/api/version", "/v1/models", "/props", "/health"), loading)
    async with fake.running(), looking(fake.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == "llama.cpp"


async def test_it_is_asked_once_however_many_want_to_know() -> None:
    async with FakeOpenAI("vllm").running() as fake, looking(fake.url) as recognition:
        found = await asyncio.gather(*(recognition.backend(NOBODY, "ollama") for _ in range(5)))
        await recognition.backend(NOBODY, "openai")
        assert {one.server for one in found} == {"vllm"}
        assert len(fake.questions) == len(set(fake.questions))


async def test_who_goes_away_takes_nobody_elses_answer_along(backend: FakeOllama) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def version(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        asked.set()
        await go.wait()
        return web.json_response({"version": "0.12.0"})

    backend.more["/api/version"] = version
    async with looking(backend.url) as recognition:
        first, second = (asyncio.create_task(recognition.backend(NOBODY, "openai")) for _ in range(2))
        await asked.wait()
        first.cancel()
        go.set()
        assert (await second).server == "ollama"


async def test_the_questions_bear_the_clients_headers_and_no_body() -> None:
    headers = {"Authorization": "Bearer mine", "Content-Type": "text/plain", "Content-Length": "9"}
    async with FakeOpenAI("vllm").running() as fake, looking(fake.url) as recognition:
        await recognition.backend(headers, "ollama")
        for one in fake.received:
            assert one.headers["Authorization"] == "Bearer mine"
            assert not {"Content-Type", "Content-Length"} & one.headers.keys()
            assert (one.method, one.body) == ("GET", b"")


async def test_a_backend_that_is_down_is_an_error_and_recognised_once_it_is_up() -> None:
    fake = FakeOpenAI("llama.cpp")
    async with fake.running():
        port = fake.port
    async with looking(f"http://127.0.0.1:{port}") as recognition:
        with pytest.raises(BackendUnreachable):
            await recognition.backend(NOBODY, "ollama")
        async with fake.running(port):
            assert (await recognition.backend(NOBODY, "ollama")).server == "llama.cpp"


async def test_after_a_lost_connection_it_is_asked_again_as_another_may_have_come_up() -> None:
    first, second = FakeOpenAI("vllm"), FakeOpenAI("sglang")
    async with first.running(), looking(first.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == "vllm"
        first.gets = second.gets
        assert (await recognition.backend(NOBODY, "ollama")).server == "vllm"
        recognition.forget()
        assert (await recognition.backend(NOBODY, "ollama")).server == "sglang"


async def test_what_is_not_recognised_goes_on_in_the_clients_words_and_is_asked_again_soon() -> None:
    fake, now = FakeOpenAI(), [0.0]
    fake.gets = {}
    async with fake.running(), looking(fake.url, lambda: now[0]) as recognition:
        for spoken in ("ollama", "openai", "ollama"):
            found = await recognition.backend(NOBODY, spoken)
            assert (found.server, found.wire) == (None, spoken)
        asked = len(fake.questions)
        now[0] = 4.9
        await recognition.backend(NOBODY, "ollama")
        assert len(fake.questions) == asked
        fake.gets = dict(POSES["vllm"].gets)
        now[0] = 5.0
        assert (await recognition.backend(NOBODY, "ollama")).server == "vllm"


async def test_an_error_in_openais_envelope_is_said_by_a_server_of_its_wire() -> None:
    fake = FakeOpenAI()
    fake.gets = {"/v1/models": (401, {"error": {"message": "no key", "type": "invalid_request_error"}})}
    async with fake.running(), looking(fake.url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).wire == "openai"


@pytest.mark.parametrize(
    ("backends", "wire", "server"),
    [
        ({"wire": "ollama"}, "ollama", None),
        ({"server": "vllm"}, "openai", "vllm"),
        ({"server": "unknown"}, "openai", "unknown"),
    ],
)
async def test_what_is_set_is_not_asked(backends: dict[str, Any], wire: str, server: str | None) -> None:
    async with looking("http://127.0.0.1:9", **backends) as recognition:
        found = await recognition.backend(NOBODY, "ollama")
        assert (found.wire, found.server) == (wire, server)


async def test_a_wire_that_is_set_leaves_open_which_server_it_is() -> None:
    fake = FakeOpenAI("llama.cpp")
    fake.gets |= {"/api/version": (200, {"version": "1"}), "/": (200, "Ollama is running")}
    async with fake.running(), looking(fake.url, wire="openai") as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == "llama.cpp"


@pytest.mark.parametrize(
    ("url", "server"), [("https://api.openai.com", "openai"), ("https://openrouter.ai/api", "openrouter")]
)
async def test_services_are_known_by_their_address_and_not_asked(url: str, server: ServerName) -> None:
    async with looking(url) as recognition:
        assert (await recognition.backend(NOBODY, "ollama")).server == server


async def test_the_log_says_once_what_was_found() -> None:
    log = io.StringIO()
    async with FakeOpenAI("vllm").running() as fake, looking(fake.url, log=log) as recognition:
        for _ in range(2):
            await recognition.backend(NOBODY, "ollama")
            recognition.forget()
    assert log.getvalue().count('"server":"vllm"') == 1


async def test_what_a_bad_key_is_not_told_is_told_to_a_good_one_also_meanwhile(backend: FakeOllama) -> None:
    good, bad = {"Authorization": "Bearer good"}, {"Authorization": "Bearer bad"}
    asked, go = asyncio.Event(), asyncio.Event()

    async def version(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        if request.headers.get("Authorization") == "Bearer good":
            return web.json_response({"version": "0.12.0"})
        asked.set()
        await go.wait()
        return web.json_response({"error": {"message": "who are you?"}}, status=401)

    backend.more["/api/version"] = version
    backend.more["/v1/models"] = backend.answering(401, {"error": {"message": "who are you?"}})
    async with looking(backend.url) as recognition:
        refused = asyncio.create_task(recognition.backend(bad, "ollama"))
        await asked.wait()
        go.set()
        assert (await refused).server == "unknown"
        assert recognition.known is None
        assert (await recognition.backend(bad, "ollama")).server == "unknown"
        asked.clear()
        go.clear()
        another = asyncio.create_task(recognition.backend({"Authorization": "Bearer worse"}, "ollama"))
        await asked.wait()
        assert (await recognition.backend(good, "openai")).server == "ollama"
        go.set()
        assert (await another).server == (await recognition.backend(bad, "openai")).server == "ollama"
