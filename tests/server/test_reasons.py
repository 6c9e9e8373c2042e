"""Why a connection failed, in words that name no library."""

import asyncio
import ssl
from typing import Any

import aiohttp
import pytest
from aiohttp import http_exceptions

from tests.backend_faults import FAULTS, Fault
from tests.faulty_backend import SPEECHES, FaultyBackend, Speech
from toolbridge.errors import BackendError
from toolbridge.models import Backend
from toolbridge.server.reasons import reason
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream
from toolbridge.wire import wire

FOREIGN = ("aiohttp", "payload", "<", "Errno", "_ssl", "Error", "message", "disconnected", "session", "not enough data")
"""Words of libraries."""


def of_tls(kind: str) -> ssl.SSLError:
    problem = ssl.SSLError(1, f"[SSL: {kind}] {kind.lower()} (_ssl.c:1006)")
    problem.reason = kind
    return problem


def payload(cause: Exception) -> aiohttp.ClientPayloadError:
    problem = aiohttp.ClientPayloadError(f"Response payload is not completed: {cause!r}")
    problem.__cause__ = cause
    return problem


CASES: list[tuple[Any, str]] = [
    (of_tls("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), "TLS failed (decryption failed or bad record mac)"),
    (ssl.SSLError(1, "ended"), "TLS failed"),
    (payload(http_exceptions.TransferEncodingError("Not enough data")), "its last chunk is missing"),
    (payload(http_exceptions.ContentLengthError("Not enough data")), "it is shorter than its Content-Length"),
    (payload(http_exceptions.ContentEncodingError("deflate")), "its Content-Encoding is not valid"),
    (payload(ConnectionResetError("lost")), "the connection ended"),
    (http_exceptions.BadStatusLine("SSH-2.0"), "what it sent is no valid HTTP"),
    (http_exceptions.LineTooLong(b"x", 5), "a line of its head is too long"),
    (aiohttp.ServerDisconnectedError(), "the connection ended"),
    (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
    (RuntimeError("anything"), "the connection ended"),
]


@pytest.mark.parametrize(("problem", "words"), CASES, ids=lambda case: type(case).__name__)
def test_a_failure_has_words_for_people(problem: BaseException, words: str) -> None:
    assert reason(problem) == words


CONNECTIONS = [fault for fault in FAULTS if not {"limits", "timeouts"} & fault.settings.keys()]
"""Faults of the connection itself. The other messages are our own, and `test_faults` reads them."""


@pytest.mark.parametrize("fault", CONNECTIONS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("streamed", [False, True])
async def test_no_fault_of_a_backend_is_told_in_the_words_of_a_library(fault: Fault, streamed: bool) -> None:
    for speech in SPEECHES:
        assert [word for word in FOREIGN if word in await _told(fault, speech, streamed=streamed)] == []


async def _told(fault: Fault, speech: Speech, *, streamed: bool) -> str:
    """The message of this fault; empty if the connection is not at fault."""
    async with FaultyBackend().running() as faulty:
        faulty.plays(*fault.say(speech, streamed))
        faulty.client_read.set()
        backend = Backend(faulty.url)
        async with Upstream(backend, TimeoutSettings()) as upstream, asyncio.timeout(60):
            try:
                async with upstream.ask("POST", wire(speech.wire).path, headers={}, body=b"{}", decode=True) as answer:
                    while await answer.read():
                        pass
            except BackendError as error:
                return error.message
    return ""
