"""`/healthz` and `/readyz`: what they tell, and to whom."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge, Start
from toolbridge.server import readiness
from toolbridge.server.readiness import Readiness


async def test_the_process_lives_whatever_the_backend_does(start: Start, backend: FakeOllama) -> None:
    bridge = await start(backend="http://127.0.0.1:9")
    answer = await bridge.send("/healthz", method="GET")
    assert (answer.status, answer.body) == (200, b"ok")
    assert backend.received == []


async def test_ready_means_that_the_backend_answers(bridge: Bridge, backend: FakeOllama) -> None:
    answer = await bridge.send("/readyz", method="GET")
    assert (answer.status, answer.json) == (200, {"ready": True, "backend": backend.url.removeprefix("http://")})
    assert [sent.target for sent in backend.received] == ["/api/version"]


async def test_a_backend_that_fails_is_not_ready(start: Start, backend: FakeOllama) -> None:
    backend.more["/api/version"] = backend.answering(503, b"")
    failing = await (await start()).send("/readyz", method="GET")
    down = await (await start(backend="http://127.0.0.1:9")).send("/readyz", method="GET")
    assert (failing.status, down.status) == (503, 503)
    assert "answers with status 503" in failing.json["error"]
    assert "no connection to the backend" in down.json["error"]


async def test_a_backend_that_is_silent_is_not_ready(
    start: Start, backend: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(readiness, "_SECONDS", 0.05)
    backend.more["/api/version"] = silent
    answer = await (await start()).send("/readyz", method="GET")
    assert answer.status == 503
    assert "does not answer within 0.05 s" in answer.json["error"]
    await backend.gone.wait()


async def test_however_many_ask_at_a_time_the_backend_is_asked_once(
    bridge: Bridge, backend: FakeOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_answer, arrived, problem = asyncio.Event(), asyncio.Semaphore(0), Readiness._problem

    async def counted(ready: Readiness) -> tuple[str, str]:
        arrived.release()
        return await problem(ready)

    async def slow(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        await may_answer.wait()
        return web.json_response({"version": "0.9.9"})

    assert (await bridge.send("/readyz", method="GET")).status == 200  # now it knows what the backend is
    backend.more["/api/version"] = slow
    backend.received.clear()
    monkeypatch.setattr(Readiness, "_problem", counted)
    async with asyncio.TaskGroup() as clients:
        leaves = clients.create_task(bridge.send("/readyz", method="GET"))
        await arrived.acquire()
        stay = [clients.create_task(bridge.send("/readyz", method="GET")) for _ in range(20)]
        leaves.cancel()
        for _ in stay:
            await arrived.acquire()
        may_answer.set()
    assert {answer.result().status for answer in stay} == {200}
    assert [sent.target for sent in backend.received] == ["/api/version"]
    del backend.more["/api/version"]
    assert (await bridge.send("/readyz", method="GET")).status == 200
    assert len(backend.received) == 2


@pytest.mark.parametrize(
    ("headers", "keys", "remote", "told"),
    [
        ({}, ["k"], "127.0.0.1", False),
        ({"Authorization": "Bearer wrong"}, ["k"], "127.0.0.1", False),
        ({"Authorization": "Bearer k"}, ["k"], "192.0.2.1", True),
        ({"x-api-key": "k"}, ["k"], "192.0.2.1", True),
        ({}, [], "127.0.0.1", True),
        ({}, [], "::1", True),
        ({}, [], "192.0.2.1", False),
        ({"X-Forwarded-For": "127.0.0.1"}, [], "192.0.2.1", False),
    ],
)
async def test_where_the_backend_is_and_what_ails_it_is_told_to_who_may_ask_it(
    start: Start,
    backend: FakeOllama,
    monkeypatch: pytest.MonkeyPatch,
    *,
    headers: dict[str, str],
    keys: list[str],
    remote: str,
    told: bool,
) -> None:
    monkeypatch.setattr(web.Request, "remote", remote)
    security = {"api_keys": keys}
    well = await start(security=security)
    down = await start(backend="http://127.0.0.1:9", security=security)
    ready = await well.send("/readyz", method="GET", headers=headers)
    assert (ready.status, ready.json["ready"], "backend" in ready.json) == (200, True, told)
    backend.more["/api/version"] = backend.answering(500, {"error": "at 10.0.0.5"})
    failing = await well.send("/readyz", method="GET", headers=headers)
    unreachable = await down.send("/readyz", method="GET", headers=headers)
    for answer, word in ((failing, "failing"), (unreachable, "unreachable")):
        assert answer.status == 503
        assert answer.json == {"ready": False, "error": word} or told
        assert (b"127.0.0.1" in answer.body) == told
    assert (await well.send("/healthz", method="GET", headers=headers)).body == b"ok"


SECRETS = {
    "Authorization": "Bearer theirs",
    "x-api-key": "theirs too",
    "Cookie": "a=b",
    "User-Agent": "them/1.0",
    "X-Mine": "yes",
    "anthropic-version": "9",
    "Content-Type": "text/odd",
    "Content-Encoding": "gzip",
    "Accept": "text/odd",
    "Range": "bytes=0-1",
    "If-None-Match": "x",
}


@pytest.mark.parametrize("keys", [[], ["k"]])
@pytest.mark.parametrize("own", [None, "the-key-of-the-backend"])
async def test_readiness_is_asked_with_nothing_of_who_asks(
    start: Start, backend: FakeOllama, keys: list[str], own: str | None
) -> None:
    for wire in ("ollama", "auto"):
        bridge = await start(security={"api_keys": keys}, backends={"api_key": own, "wire": wire})
        assert (await bridge.send("/readyz", method="GET", headers=SECRETS)).status == 200
    assert len(backend.received) > 2
    ours = {"Authorization": f"Bearer {own}"} if own else {}
    for sent in backend.received:
        headers = {name: value for name, value in sent.headers.items() if name != "Host"}
        assert (sent.method, sent.body) == ("GET", b"")
        assert headers in (ours, ours | {"Accept-Encoding": "identity"})
