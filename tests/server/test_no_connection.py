"""Why there is no connection, in words that an operator can act on."""

import asyncio
import contextlib
import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectorCertificateError, ClientConnectorDNSError, ClientConnectorError
from aiohttp.client_reqrep import ConnectionKey

from tests.server.test_upstream import OK, ask
from toolbridge.errors import BackendUnreachable
from toolbridge.models import Backend
from toolbridge.server.no_connection import no_connection, too_slow
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream

KEY = ConnectionKey("gpu.lan", 443, True, True, None, None, None)
URL = "https://gpu.lan:443"


def tls(reason: str) -> ClientConnectorError:
    error = ssl.SSLError(1, f"[SSL: {reason}] {reason.lower()} (_ssl.c:1006)")
    error.reason = reason
    return ClientConnectorError(KEY, error)


def certificate(said: str) -> ClientConnectorCertificateError:
    error: Any = ssl.SSLCertVerificationError(1, said)
    error.verify_message = said
    return ClientConnectorCertificateError(KEY, error)


@pytest.mark.parametrize(
    ("problem", "says", "advises"),
    [
        (ClientConnectorError(KEY, OSError(errno.ECONNREFUSED, "x")), "Connection refused", "that it is running"),
        (ClientConnectorError(KEY, OSError(errno.EHOSTUNREACH, "x")), "No route to host", "that its machine is on"),
        (ClientConnectorError(KEY, OSError(errno.ENETUNREACH, "x")), "Network is unreachable", "of this machine"),
        (ClientConnectorError(KEY, OSError("odd")), "odd", "that it is running"),
        (ClientConnectorDNSError(KEY, OSError(-2, "x")), "there is no such host", "the name in backends.url"),
        (certificate("self-signed certificate"), "not trusted (self-signed certificate)", "set backends.ca"),
        (certificate("Hostname mismatch, x"), "for another name (Hostname mismatch, x)", "a name of the certificate"),
        (tls("WRONG_VERSION_NUMBER"), "does not speak TLS", "to http://gpu.lan:443"),
        (tls("TLSV1_ALERT_PROTOCOL_VERSION"), "TLS failed (TLSV1_ALERT_PROTOCOL_VERSION)", "backends.url"),
    ],
)
def test_the_cause_is_told_and_what_can_be_done(problem: ClientConnectorError, says: str, advises: str) -> None:
    told, _, advice = no_connection(problem, URL).partition(". ")
    assert says in told
    assert advises in advice
    assert "Operation not permitted" not in told


def test_a_connection_that_takes_too_long_is_told_with_its_setting() -> None:
    assert too_slow(0.5).startswith("it did not answer within 0.5 s (timeouts.connect). Check the address")


TLS = Path(__file__).parents[1] / "data" / "tls"
"""A certificate for 127.0.0.1 with its key, and the authority that signed it."""


@asynccontextmanager
async def asked_by_tls(*, speaks: bool = True) -> AsyncIterator[str]:
    """The https URL of a server, which `speaks` TLS or does not."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            if speaks:
                await reader.readuntil(b"\r\n\r\n")
            writer.write(OK + b"Content-Length: 2\r\nConnection: close\r\n\r\nhi")
            await writer.drain()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context if speaks else None)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_a_certificate_that_nobody_trusts_is_said_with_the_setting_that_helps() -> None:
    async with asked_by_tls() as url, Upstream(Backend(url, "gpu"), TimeoutSettings()) as one:
        with pytest.raises(
            BackendUnreachable, match=r"certificate is not trusted \(.+\)\. .* set backends\.ca to a file"
        ):
            await ask(one)


async def test_a_private_authority_is_trusted_where_its_certificate_is_set() -> None:
    async with asked_by_tls() as url:
        backend = Backend(url, "gpu", ca=str(TLS / "authority.pem"))
        async with Upstream(backend, TimeoutSettings()) as one, one.ask("GET", "/", headers={}) as answer:
            assert await answer.read_all(9) == b"hi"


async def test_a_server_without_tls_is_said_to_have_none() -> None:
    async with asked_by_tls(speaks=False) as url, Upstream(Backend(url, "gpu"), TimeoutSettings()) as one:
        plain = url.replace("https", "http")
        with pytest.raises(BackendUnreachable, match=rf"does not speak TLS .* set backends\.url .* to {plain}"):
            await ask(one)
