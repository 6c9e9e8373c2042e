"""The border to the backend: its errors when the backend misbehaves, and when a connection is kept."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from toolbridge.errors import BackendError, BackendTimeout, BackendUnreachable, RequestError
from toolbridge.models import Backend
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Answer, Upstream

OK = b"HTTP/1.1 200 OK\r\n"


class Rude:
    """A server of bare bytes; it writes `script` to every connection that has asked."""

    def __init__(self) -> None:
        self.connections = 0
        self.arrived = asyncio.Event()
        self.closed = asyncio.Event()
        self.script: list[bytes] = []
        self.heads: list[bytes] = []
        self.hangs_up = True
        self.length = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                self.arrived.set()
                await reader.readexactly(self.length)
                for data in self.script:
                    writer.write(data)
                    await writer.drain()
                if self.hangs_up:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.closed.set()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@pytest.fixture
def rude() -> Rude:
    return Rude()


@asynccontextmanager
async def upstream(rude: Rude, **timeouts: float) -> AsyncIterator[Upstream]:
    async with rude.serving() as port:
        backend = Backend(f"http://127.0.0.1:{port}", "rude")
        async with Upstream(backend, TimeoutSettings(**timeouts)) as made:
            yield made


async def ask(one: Upstream, *, limit: int = 100) -> bytes:
    async with one.ask("POST", "/", headers={}) as answer:
        return await answer.read_all(limit)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ([], "closed the connection without an answer"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], "did not answer properly"),
        ([OK + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n"], "did not answer properly"),
        ([OK + b"Content-Length: 10\r\n\r\nfour"], "broke off its answer"),
        ([OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n"], "broke off its answer"),
        ([OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"], "broke off its answer|did not answer properly"),
        ([OK + b"Content-Length: 101\r\n\r\n" + b"x" * 101], "an answer of more than 100 bytes"),
    ],
)
async def test_a_backend_that_misbehaves_is_named(rude: Rude, script: list[bytes], message: str) -> None:
    rude.script = script
    async with upstream(rude) as one:
        with pytest.raises(BackendError, match=f"(?s)the backend 'rude' at http://127.*(?:{message})"):
            await ask(one)
        assert rude.connections == 1


async def test_an_answer_may_end_with_the_connection(rude: Rude) -> None:
    rude.script = [OK + b"\r\nall of it"]
    async with upstream(rude) as one:
        assert await ask(one) == b"all of it"


async def test_a_long_header_is_read(rude: Rude) -> None:
    rude.script = [OK + b"X-Long: " + b"x" * 30_000 + b"\r\nContent-Length: 0\r\n\r\n"]
    async with upstream(rude) as one:
        assert await ask(one) == b""


async def test_the_beginning_of_a_long_answer(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000]
    async with upstream(rude) as one, one.ask("POST", "/", headers={}) as answer:
        assert await answer.beginning(10) == b"x" * 10


async def test_a_refused_connection_is_tried_twice_and_then_explained() -> None:
    async with Upstream(Backend("http://127.0.0.1:9", "gpu"), TimeoutSettings()) as one:
        with pytest.raises(BackendUnreachable, match=r"(?s)'gpu' at http://127\.0\.0\.1:9: Connection refused\. Check"):
            await ask(one)


async def test_a_host_that_is_none() -> None:
    async with Upstream(Backend("http://no-such-host.invalid", "gpu"), TimeoutSettings()) as one:
        with pytest.raises(BackendUnreachable, match="there is no such host"):
            await ask(one)


async def test_a_backend_that_comes_up_meanwhile_is_reached_by_the_second_try(
    rude: Rude, monkeypatch: pytest.MonkeyPatch
) -> None:
    rude.script = [OK + b"Content-Length: 2\r\n\r\nhi"]
    async with rude.serving() as port:
        pass
    async with Upstream(Backend(f"http://127.0.0.1:{port}", "late"), TimeoutSettings()) as one:
        first, tried = one._try, asyncio.Event()

        async def watched(*args: Any, **options: Any) -> Any:
            try:
                return await first(*args, **options)
            finally:
                tried.set()

        monkeypatch.setattr(one, "_try", watched)
        asking = asyncio.create_task(ask(one))
        await tried.wait()
        async with rude.serving(port):
            assert await asking == b"hi"


async def test_a_body_in_pieces_is_sent_once() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"never sent"

    async with Upstream(Backend("http://127.0.0.1:9"), TimeoutSettings()) as one:
        with pytest.raises(BackendUnreachable):
            async with one.ask("POST", "/", headers={}, body=pieces()):
                raise AssertionError


async def test_no_headers_in_time(rude: Rude) -> None:
    rude.hangs_up = False
    async with upstream(rude, headers=0.05) as one:
        with pytest.raises(BackendTimeout, match=r"did not begin to answer within 0\.05 s \(timeouts\.headers\)"):
            await ask(one)
        await rude.closed.wait()


async def test_a_body_that_takes_long_is_not_the_backends_delay(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 2\r\n\r\nhi"]
    rude.hangs_up = False
    rude.length = 3
    deadlines: list[float | None] = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            deadlines.extend(wait.when() for wait in one._waits)
            yield b"x"

    async with (
        upstream(rude, headers=5) as one,
        one.ask("POST", "/", headers={}, body=pieces(), length=3) as answer,
    ):
        assert await answer.read_all(100) == b"hi"
    first, second, third = (when or 0.0 for when in deadlines)
    assert 0 < first < second < third


# Framing: the headers of a caller never go out.

FRAMING = {
    "Content-Length": "99",
    "content-length": "98",
    "Transfer-Encoding": "chunked",
    "Connection": "close, X-Kept",
    "Keep-Alive": "timeout=5",
    "Proxy-Connection": "keep-alive",
    "Expect": "100-continue",
    "TE": "trailers",
    "Trailer": "X-T",
    "Upgrade": "websocket",
    "HTTP2-Settings": "AAMAAABk",
    "Host": "evil.example",
}


async def body_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    ("body", "length", "framing"),
    [
        (None, None, {}),
        (None, 7, {}),
        (b"", None, {"content-length": "0"}),
        (b"four", None, {"content-length": "4"}),
        (b"four", 7, {"content-length": "4"}),
        ((b"fo", b"ur"), 4, {"content-length": "4"}),
        ((b"fo", b"ur"), None, {"transfer-encoding": "chunked"}),
    ],
)
async def test_the_framing_is_that_of_the_body_whatever_the_headers_say(
    rude: Rude, method: str, body: bytes | tuple[bytes, ...] | None, length: int | None, framing: dict[str, str]
) -> None:
    rude.script = [OK + b"Content-Length: 0\r\n\r\n"]
    coded = {"Content-Encoding": "gzip", "X-Kept": "yes"}
    async with upstream(rude) as one:
        sent = body_of(*body) if isinstance(body, tuple) else body
        async with one.ask(method, "/", headers=FRAMING | coded, body=sent, length=length) as answer:
            assert answer.status == 200
    lines = rude.heads[0].decode().split("\r\n")[1:-2]
    names = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert len(names) == len(lines)
    if body is None and method not in ("GET", "HEAD", "OPTIONS"):
        framing = {"content-length": "0"}
    own = {name: names.pop(name) for name in ("content-length", "transfer-encoding") if name in names}
    assert own == framing
    coding = {} if body is None else {"content-encoding": "gzip"}
    assert names == {"host": names["host"], "x-kept": "yes"} | coding
    assert names["host"].startswith("127.0.0.1:")


@pytest.mark.parametrize("pieces", [(), (b"x",), (b"x" * 7,), (b"x" * 4, b"x"), (b"x" * 4, b"GET / HTTP/1.1\r\n\r\n")])
@pytest.mark.parametrize("early", [False, True], ids=["the answer waits", "the answer is early"])
async def test_a_body_of_another_length_takes_its_connection_with_it(
    rude: Rude, pieces: tuple[bytes, ...], *, early: bool
) -> None:
    """The rest of the body would be read as a part of the next request, or the next request as the rest of the body."""
    rude.script = [OK + b"Content-Length: 2\r\n\r\nhi"]
    rude.hangs_up = False
    rude.length = 0 if early else 4
    answered = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for number, piece in enumerate(pieces or (b"x",) * early):
            if early and number:
                await answered.wait()
            yield piece
        if early:
            await answered.wait()

    async with upstream(rude) as one:
        if early:
            with contextlib.suppress(BackendError, RequestError):
                async with one.ask("POST", "/upload", headers={}, body=body(), length=4) as answer:
                    assert await answer.read_all(100) == b"hi"
                    answered.set()
        else:
            with pytest.raises(RequestError, match="not as long as its Content-Length 4 says"):
                async with one.ask("POST", "/upload", headers={}, body=body(), length=4) as answer:
                    await answer.read_all(100)
        rude.length = 0
        assert await ask(one) == b"hi"
        assert rude.connections == 2
        assert [head.split()[1] for head in rude.heads] in ([b"/upload", b"/"], [b"/"])


async def test_no_deadline_is_none(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 4\r\n\r\nfour"]
    async with upstream(rude, connect=0, headers=0, idle=0) as one:
        assert await ask(one) == b"four"


@pytest.mark.parametrize("deadline", ["idle", "total"])
async def test_no_more_bytes_in_time(rude: Rude, deadline: str) -> None:
    rude.script = [OK + b"Content-Length: 9\r\n\r\nfour"]
    rude.hangs_up = False
    async with upstream(rude, **{deadline: 0.05}) as one:
        with pytest.raises(BackendTimeout, match=rf"0\.05 s \(timeouts\.{deadline}\)"):
            await ask(one)
        await rude.closed.wait()


async def test_the_total_counts_before_the_headers_too(rude: Rude) -> None:
    rude.hangs_up = False
    async with upstream(rude, total=0.05) as one:
        with pytest.raises(BackendTimeout, match=r"timeouts\.total"):
            await ask(one)


async def test_a_reader_that_is_slow_does_not_make_the_backend_idle(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 8\r\n\r\nfour", b"more"]
    rude.hangs_up = False
    async with upstream(rude, idle=0.02) as one, one.ask("POST", "/", headers={}) as answer:
        assert await answer.read()
        looks = answer._look
        for _ in range(3):
            looks()
        assert await answer.read_all(100) in (b"", b"more")


async def test_a_connection_is_kept_if_its_answer_was_read_to_the_end(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 4\r\n\r\nfour"]
    rude.hangs_up = False
    async with upstream(rude) as one:
        for _ in range(3):
            assert await ask(one) == b"four"
        assert rude.connections == 1


async def test_a_connection_is_closed_with_an_answer_that_is_left(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 9\r\n\r\nfour"]
    rude.hangs_up = False
    async with upstream(rude) as one:
        async with one.ask("POST", "/", headers={}) as answer:
            assert await answer.read() == b"four"
        await rude.closed.wait()


async def test_what_stands_behind_a_whole_reply_is_read_if_it_is_little(rude: Rude) -> None:
    rude.script = [OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n", b"0\r\n\r\n"]
    rude.hangs_up = False
    async with upstream(rude) as one:
        for _ in range(2):
            async with one.ask("POST", "/", headers={}) as answer:
                assert await answer.read() == b"four"
                await answer.rest()
        assert rude.connections == 1


async def test_the_rest_may_break_off(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 9\r\n\r\nfour"]
    async with upstream(rude) as one, one.ask("POST", "/", headers={}) as answer:
        assert await answer.read() == b"four"
        await answer.rest()


async def test_all_that_is_under_way_can_be_ended(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 9\r\n\r\nfour"]
    rude.hangs_up = False
    silent = Rude()
    silent.hangs_up = False
    async with upstream(rude) as one, upstream(silent) as other, one.ask("POST", "/", headers={}) as answer:
        assert await answer.read() == b"four"
        reading, waiting = asyncio.create_task(answer.read()), asyncio.create_task(ask(other))
        await silent.arrived.wait()
        one.end("the bridge is shutting down")
        other.end("the bridge is shutting down")
        for task in (reading, waiting):
            with pytest.raises(BackendError, match="the bridge is shutting down"):
                await task


# The backend's key.

KEY = "sk-the-key-of-the-backend"


@asynccontextmanager
async def keyed(rude: Rude, key: str = KEY) -> AsyncIterator[Upstream]:
    async with (
        rude.serving() as port,
        Upstream(Backend(f"http://127.0.0.1:{port}", "rude", api_key=key), TimeoutSettings()) as made,
    ):
        yield made


@pytest.mark.parametrize("cut", [1, 3, 10, 1000])
async def test_an_echo_does_not_give_the_backends_key_away(rude: Rude, cut: int) -> None:
    """The answer may be cut anywhere, and its length stays as it was announced."""
    body = f"you sent Authorization: Bearer {KEY}, x-api-key: {KEY}; sk-the-key; {KEY}".encode()
    rude.script = [OK + f"Location: /?k={KEY}\r\nContent-Length: {len(body)}\r\n\r\n".encode()]
    rude.script += [body[at : at + cut] for at in range(0, len(body), cut)]
    async with keyed(rude) as one, one.ask("GET", "/", headers={"Accept-Encoding": "gzip"}) as answer:
        read = await answer.read_all(1000)
        assert (len(read), answer.headers["Location"]) == (len(body), f"/?k={'*' * len(KEY)}")
    assert read == body.replace(KEY.encode(), b"*" * len(KEY))
    assert b"Accept-Encoding: identity\r\n" in rude.heads[0]


async def test_a_key_that_is_a_word_is_hidden_where_it_is_a_key(rude: Rude) -> None:
    rude.script = [OK + b"Content-Length: 37\r\n\r\nollama is a word; not: Bearer ollama."]
    async with keyed(rude, "ollama") as one:
        assert await ask(one) == b"ollama is a word; not: Bearer ******."


async def test_a_session_that_was_not_opened_is_a_mistake_of_ours() -> None:
    with pytest.raises(RuntimeError):
        await ask(Upstream(Backend("http://127.0.0.1:9"), TimeoutSettings()))


def test_an_answer_has_no_more_names_than_it_promises() -> None:
    public = {name for name in vars(Answer) if not name.startswith("_")}
    assert public == {"read", "read_all", "beginning", "rest", "fail", "close"}
