"""The worst day of a backend, for clients of `/v1/responses`: a reply that failed is never a completed one.

The faults are those of `backend_faults`. `test_faults` judges what every answer does to the bridge; here it is judged
what the client hears.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseStreamEvent

from tests.backend_faults import FAULTS, ODDITIES, Fault, Oddity
from tests.faulty_backend import SPEECHES, FaultyBackend, Speech, known
from tests.server.conftest import CALL, Answer, Bridge, OfOpenAI, Start
from tests.server.test_responses import OSLO, RESPONSES, TOOL, calls, told
from tests.wire.responses.heard import heard

PATIENCE = 60.0
"""Seconds, far above every deadline: a request that takes longer hangs."""
MODES = ("prompt", "native", "plain")


@dataclass(frozen=True)
class Way:
    """How a request goes."""

    speech: Speech
    streamed: bool
    mode: str

    @property
    def body(self) -> dict[str, Any]:
        tools = {} if self.mode == "plain" else {"tools": [TOOL]}
        return {"model": "m", "input": "How is Oslo?", "stream": self.streamed} | tools

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.mode == "plain" else {"X-Toolbridge-Tools": self.mode}

    def __str__(self) -> str:
        return f"{self.speech.wire} backend, {'stream' if self.streamed else 'whole'}, {self.mode}"


WAYS = [Way(speech, streamed, mode) for speech in SPEECHES for streamed in (True, False) for mode in MODES]


@pytest.fixture
async def faulty() -> AsyncIterator[FaultyBackend]:
    async with FaultyBackend().running() as backend:
        yield backend


async def ask(bridge: Bridge, faulty: FaultyBackend, way: Way) -> Answer:
    """Ask, and let the backend go on once something of the answer is here."""
    async with (
        asyncio.timeout(PATIENCE),
        bridge.client.post(bridge.url + RESPONSES, json=way.body, headers=way.headers) as answer,
    ):
        got = await answer.content.readany()
        faulty.client_read.set()
        return Answer(answer.status, answer.headers, got + await answer.content.read())


def judge(answer: Answer, way: Way, fault: Fault) -> None:
    if answer.status != 200:
        assert not (way.streamed and fault.begun), "the stream had begun"
        assert answer.status == fault.status
        assert re.search(fault.says, answer.json["error"]["message"])
        return
    assert way.streamed
    out = heard(answer.body)
    assert out.status == "failed"
    assert out.error
    assert re.search(fault.says, out.error["message"])
    assert re.search(fault.says, out.error["error"]["message"])
    assert re.search(fault.says, out.response["error"]["message"])
    assert out.calls == []
    assert "response.function_call_arguments.done" not in out.kinds
    received = "".join(piece for item in out.items if item.added["type"] == "message" for piece in item.pieces)
    # A call that has begun is a call for good and no longer text.
    assert received in (fault.begun, fault.begun.partition("<tool_calls>")[0].rstrip())


async def fails(start: Start, faulty: FaultyBackend, of_openai: OfOpenAI, fault: Fault, way: Way) -> None:
    settings = {"backend": faulty.url, "backends": known(way.speech)} | dict(fault.settings)
    bridge = await start(**settings)
    faulty.plays(*fault.say(way.speech, way.streamed))
    judge(await ask(bridge, faulty, way), way, fault)
    assert bridge.log[-1]["outcome"] != "ok"
    client = await of_openai(bridge)
    faulty.client_read.clear()
    with pytest.raises(openai.APIError) as caught:
        await listen(client, faulty, way)
    error = caught.value
    assert not isinstance(error, openai.APIConnectionError)
    assert isinstance(error.body, dict)
    assert re.search(fault.says, error.body["message"])
    assert getattr(error, "status_code", fault.status) == fault.status


async def listen(client: openai.AsyncOpenAI, faulty: FaultyBackend, way: Way) -> None:
    """Hear a response with the package; any success in it is refused."""
    async with asyncio.timeout(PATIENCE):
        reply: Any = await client.responses.create(extra_headers=way.headers, **way.body)
        async for event in reply:
            faulty.client_read.set()
            assert is_no_success(event)


def is_no_success(event: ResponseStreamEvent) -> bool:
    return event.type not in ("response.completed", "response.incomplete", "response.function_call_arguments.done")


STREAMED = [way for way in WAYS if way.streamed and way.mode == "prompt"]
QUICK = [
    pytest.param(fault, way, id=f"{fault.name} ({way})")
    for fault in FAULTS
    for way in STREAMED
    if fault.begun and "timeouts" not in fault.settings
]


@pytest.mark.parametrize(("fault", "way"), QUICK)
async def test_what_fails_in_mid_stream_is_a_response_that_failed(
    start: Start, faulty: FaultyBackend, of_openai: OfOpenAI, fault: Fault, way: Way
) -> None:
    await fails(start, faulty, of_openai, fault, way)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("fault", "way"), [pytest.param(fault, way, id=f"{fault.name} ({way})") for fault in FAULTS for way in WAYS]
)
async def test_every_fault_is_told_on_every_way(
    start: Start, faulty: FaultyBackend, of_openai: OfOpenAI, fault: Fault, way: Way
) -> None:
    await fails(start, faulty, of_openai, fault, way)


ODD = [
    pytest.param(oddity, way, id=f"{oddity.name} ({way})")
    for oddity in ODDITIES
    for way in WAYS
    if way.speech.wire in oddity.wires and way.streamed in oddity.streams and way.mode == "prompt"
]


@pytest.mark.parametrize(("oddity", "way"), ODD)
async def test_an_oddity_is_no_fault(start: Start, faulty: FaultyBackend, oddity: Oddity, way: Way) -> None:
    bridge = await start(backend=faulty.url, backends=known(way.speech))
    body = way.speech.body(f"Half an answer. {CALL}", streamed=way.streamed)
    faulty.plays(*oddity.say(way.speech, body, way.streamed))
    out = told(await ask(bridge, faulty, way), streamed=way.streamed)
    assert (out.status, out.text.rstrip(), calls(out)) == ("completed", "Half an answer.", OSLO)
