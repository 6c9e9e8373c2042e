"""`test-endpoints.sh`: passes on a bridge, and fails on the right lines on what is none."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.demo_process import ENVIRONMENT, PATIENCE, ROOT, Demo, demo
from tests.fake_openai import MODEL, FakeOpenAI
from toolbridge.cli.demo_backend import create_backend
from toolbridge.server.app import create_app
from toolbridge.server.settings import Settings

SCRIPT = ROOT / "test-endpoints.sh"
PROGRAMS = ("bash", "curl", "jq", "cmp")

pytestmark = pytest.mark.skipif(not all(map(shutil.which, PROGRAMS)), reason=f"the script needs {', '.join(PROGRAMS)}")


@pytest.fixture(scope="module")
def running() -> Iterator[Demo]:
    with demo() as one:
        yield one


def check(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    """The exit code, and the lines."""
    done = subprocess.run(
        [str(SCRIPT), *arguments],
        capture_output=True,
        env=ENVIRONMENT | environment,
        check=False,
        timeout=PATIENCE,
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()


def named(lines: list[str], mark: str) -> list[str]:
    """The names of the checks with this mark."""
    return [line.removeprefix(f"{mark} ") for line in lines if line.startswith(mark)]


def test_every_check_passes_on_the_bridge(running: Demo) -> None:
    code, lines = check(running.bridge, "--backend", running.backend)
    assert (code, named(lines, "✗"), named(lines, "–")) == (0, [], [])
    count = len(named(lines, "✓"))
    assert count > 25
    assert lines[-1] == f"{count} passed, 0 failed, 0 skipped"
    seen = next(line for line in lines if line.startswith("✓ chat with tools, streaming: a tool call"))
    assert 'get_current_weather{"city":"Oslo"} get_current_weather{"city":"Rome"}' in seen
    assert not any("\x1b" in line for line in lines), "colours are for terminals"


def test_what_needs_the_backend_is_skipped_without_it_and_said_to_be(running: Demo) -> None:
    code, lines = check(running.bridge.removeprefix("http://") + "/", "--model", "scripted")
    assert code == 0
    assert named(lines, "–") == [
        "tags are the backend's bytes: skipped, no --backend was given",
        "show keeps everything else: skipped, no --backend was given",
    ]
    assert "  the model is scripted" in lines


def test_a_backend_without_the_bridge_fails_where_the_bridge_is_missing(running: Demo) -> None:
    code, lines = check(running.backend)
    assert code == 1
    failed = {line.partition(": ")[0] for line in named(lines, "✗")}
    assert failed == {
        "show by model",
        "show by name",
        "chat with tools, streaming",
        "chat with tools, in one piece",
        "chat with tool results",
        "chat with a tool without a name",
        "/v1/chat/completions, streaming",
        "/v1/chat/completions, in one piece",
        "/v1/chat/completions with an unknown model",
    }
    assert any(line.startswith("✗ show by model") and line.endswith("capabilities: completion") for line in lines)
    assert any("does not support tools" in line for line in named(lines, "✗"))
    assert "version (0.12.0)" in named(lines, "✓")


async def run_beside(*arguments: str) -> tuple[int, list[str]]:
    """The script, while this process serves what it asks."""
    return await asyncio.to_thread(check, *arguments)


def answering(**fields: Any) -> web.Application:
    """A server with one answer for every request."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(**fields)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@pytest.mark.parametrize(
    "fields",
    [
        {"status": 500, "text": '{"error": "no"}', "content_type": "application/json"},
        {"text": "<html>hello</html>", "content_type": "text/html"},
        {"body": b"\xff\x00\x1b[31m\n", "content_type": "application/octet-stream"},
    ],
    ids=["500", "a web page", "rubbish"],
)
async def test_a_server_that_is_something_else_fails_every_check_of_a_body(fields: dict[str, Any]) -> None:
    async with TestServer(answering(**fields)) as server:
        code, lines = await run_beside(str(server.make_url("/")), "--model", "scripted")
    assert code == 1
    passed = {line.partition(" (")[0] for line in named(lines, "✓")}
    assert passed <= {"HEAD / answers"}
    assert not any("\x1b" in line for line in lines)


async def test_tags_and_shows_that_were_changed_on_the_way_fail() -> None:
    async def tags(_request: web.Request) -> web.Response:
        return web.json_response({"models": []})

    async def show(_request: web.Request) -> web.Response:
        return web.json_response({"capabilities": ["tools"], "template": "another"})

    changed = web.Application()
    changed.add_routes([web.get("/api/tags", tags), web.post("/api/show", show)])
    async with TestServer(create_backend()) as backend, TestServer(changed) as bridge:
        url = str(backend.make_url("/"))
        code, lines = await run_beside(str(bridge.make_url("/")), "--backend", url, "--model", "scripted")
    assert code == 1
    failed = [line.partition(": ")[0] for line in named(lines, "✗")]
    assert "tags are the backend's bytes" in failed
    assert "show keeps everything else" in failed
    assert "show by model: capabilities hold tools (tools)" not in failed


async def test_lists_may_come_in_another_order_but_not_with_other_models() -> None:
    """Ollama lists models of the same time in any order."""

    async def serve(names: list[str]) -> web.Application:
        async def tags(_request: web.Request) -> web.Response:
            return web.json_response({"models": [{"name": name, "model": name} for name in names]})

        async def version(_request: web.Request) -> web.Response:
            return web.json_response({"version": "0.0.0"})

        app = web.Application()
        app.add_routes([web.get("/api/tags", tags), web.get("/api/version", version)])
        return app

    async def failed(names: list[str]) -> list[str]:
        async with TestServer(await serve(["a", "b"])) as backend, TestServer(await serve(names)) as bridge:
            url = str(backend.make_url("/"))
            _, lines = await run_beside(str(bridge.make_url("/")), "--backend", url, "--model", "a")
        return [line.partition(": ")[0] for line in named(lines, "✗")]

    assert "tags are the backend's bytes" not in await failed(["b", "a"])
    assert "tags are the backend's bytes" in await failed(["b", "c"])


async def test_a_bridge_in_front_of_llama_cpp_passes_without_the_checks_of_ollamas_own_routes() -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        fake.calls("get_current_weather", {"city": "Oslo"})
        calling, speaking = fake.chat, fake.saying("It is cold.")

        async def chat(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
            told = any(message["role"] == "tool" for message in body["messages"])
            return await (calling if "tools" in body and not told else speaking)(request, body)

        fake.chat = chat
        app = create_app(Settings(backend=fake.url, log={"level": "error"}))
        async with TestServer(app) as bridge:
            code, lines = await run_beside(str(bridge.make_url("/")), "--backend", fake.url, "--model", MODEL)
        assert (code, named(lines, "✗")) == (0, [])
        assert [line.partition(", ")[0] for line in named(lines, "–")] == [
            "tags are the backend's bytes: skipped",
            "show keeps everything else: skipped",
            "chat with an unknown model: 404: skipped",
            "/v1/chat/completions with an unknown model: 404: skipped",
        ]
        assert all(sent.json["max_tokens"] == 1024 for sent in fake.chats), "a small model may never end"


async def test_a_model_that_makes_no_call_is_asked_twice_and_quoted() -> None:
    asked = 0

    async def chat(_request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        said = {"message": {"role": "assistant", "content": "It is\u001b[31m cold."}, "done": True}
        return web.json_response(said)

    prose = web.Application()
    prose.router.add_post("/api/chat", chat)
    async with TestServer(prose) as bridge:
        _, lines = await run_beside(str(bridge.make_url("/")), "--model", "any")
    failed = named(lines, "✗")
    for how in ("streaming", "in one piece"):
        said = "no call in 2 tries; the model said: It is [31m cold."
        assert f"chat with tools, {how}: a tool call: {said}" in failed
    assert asked > 4


async def test_a_key_of_the_bridge_can_be_given() -> None:
    async with TestServer(create_backend()) as backend:
        settings = Settings(
            backend=str(backend.make_url("/")), security={"api_keys": ["secret"]}, log={"level": "error"}
        )
        async with TestServer(create_app(settings)) as bridge:
            url = str(bridge.make_url("/"))
            code, lines = await run_beside(url, "--backend", str(backend.make_url("/")), "--key", "secret")
    assert code == 0, lines


def test_a_bridge_that_is_down_fails_at_once() -> None:
    code, lines = check("http://127.0.0.1:9")
    assert code == 1
    assert "there is no model to ask; name one with --model" in named(lines, "✗")


@pytest.mark.parametrize("missing", ["curl", "jq"])
def test_a_missing_program_is_named(tmp_path: Path, missing: str) -> None:
    for program in PROGRAMS:
        if program != missing:
            (tmp_path / program).symlink_to(str(shutil.which(program)))
    code, lines = check("http://127.0.0.1:9", PATH=str(tmp_path))
    assert (code, lines) == (2, [f"test-endpoints.sh: {missing} is missing; install it and try again"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "usage: test-endpoints.sh"),
        (("http://a", "http://b"), "one URL of a bridge is enough"),
        (("http://a", "--nope"), "no option is called --nope"),
        (("http://a", "--model"), "--model needs a value"),
        (("http://a", "--patience", "soon"), "--patience must be a number of seconds"),
        (("http://a", "--most", "0"), "--most must be a number of tokens"),
    ],
)
def test_what_cannot_be_tried_is_said(arguments: tuple[str, ...], said: str) -> None:
    code, lines = check(*arguments)
    assert code == 2
    assert said in lines[0]


def test_help_is_no_failure() -> None:
    code, lines = check("--help")
    assert (code, lines[0].partition(":")[0]) == (0, "usage")
