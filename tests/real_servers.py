"""Real HTTP servers as backends, each a process that keeps what it parsed: `python -m tests.real_servers NAME`.

They say their port on the first line. Every request is kept once its body is whole, and answered with what was kept, in
a shape that is a chat's answer as well. `GET /seen` gives all that was kept since it was last asked for.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("aiohttp", "h11", "httptools", "node")
Seen = tuple[str, str, str, list[str]]
"""Method, target, body and the names of the headers."""


class RealServer:
    """A server that runs, seen from outside."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"

    def seen(self) -> list[Seen]:
        """What it was asked since this was last called, in order."""
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{self.url}/seen") as answer:
            return [tuple(one) for one in json.load(answer)]


def why_not(name: str) -> str:
    """What keeps this server from running here; empty for nothing."""
    return "there is no node on this machine" if name == "node" and shutil.which("node") is None else ""


@contextmanager
def running(name: str) -> Iterator[RealServer]:
    """One of these servers in a process of its own."""
    command = ["node", "tests/real_server.mjs"] if name == "node" else [sys.executable, "-m", __name__, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ}) as process:
        assert process.stdout
        try:
            yield RealServer(name, int(process.stdout.readline()))
        finally:
            process.kill()


class _Kept:
    def __init__(self) -> None:
        self.seen: list[Seen] = []

    def answer(self, method: str, target: str, body: bytes, headers: list[str]) -> bytes:
        if target == "/seen":
            said, self.seen = json.dumps(self.seen), []
            return said.encode()
        one = method, target, body.decode("latin-1"), headers
        self.seen.append(one)
        message = {"role": "assistant", "content": "Yes."}
        return json.dumps(
            {"model": "m", "message": message, "done": True, "done_reason": "stop", "asked": one}
        ).encode()


def _serve_aiohttp(listening: socket.socket) -> None:
    from aiohttp import web  # noqa: PLC0415 # a process of uvicorn's does without it

    kept = _Kept()

    async def answer(request: web.Request) -> web.Response:
        body = await request.read()
        names = [name.lower() for name in request.headers]
        return web.Response(
            body=kept.answer(request.method, request.rel_url.raw_path_qs, body, names), content_type="application/json"
        )

    app = web.Application(client_max_size=0)
    app.router.add_route("*", "/{path:.*}", answer)
    web.run_app(app, sock=listening, print=None, access_log=None)


def _serve_uvicorn(listening: socket.socket, parser: str) -> None:
    import uvicorn  # noqa: PLC0415 # a process of aiohttp's does without it

    kept = _Kept()

    async def app(
        scope: Mapping[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        target = (scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")).decode()
        names = [name.decode().lower() for name, _ in scope["headers"]]
        said = kept.answer(scope["method"], target, body, names)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    config = uvicorn.Config(app, http=parser, loop="asyncio", ws="none", lifespan="off", log_level="critical")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


def _main(name: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)  # noqa: T201 # for who started it
    if name == "aiohttp":
        _serve_aiohttp(listening)
    else:
        _serve_uvicorn(listening, name)


if __name__ == "__main__":
    _main(sys.argv[1])
