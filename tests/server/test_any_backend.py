"""Any bytes of a backend, over a real socket: an error or the right answer, always an end, and a bridge that lives."""

import json
import logging
from typing import Any

import pytest
from aiohttp import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faulty_backend import RESET, SPEECHES, FaultyBackend, Speech, chunk, known
from tests.hostile import cut, may_be_whole, replies
from tests.server.conftest import WEATHER, Answer, Bridge, Start, text
from tests.wire.exchanges import events_of
from tests.wires import PATHS
from toolbridge.events import Error, Finish
from toolbridge.messages import ChatRequest, Message
from toolbridge.tools import read_tools
from toolbridge.wire import backend_wire

DEADLINES = {"headers": 0.2, "idle": 0.2}
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
WAYS = [(speech, client) for speech in SPEECHES for client in PATHS]
IDS = [f"{speech.wire} backend, {client} client" for speech, client in WAYS]


@st.composite
def answers(draw: st.DrawFn, speech: Speech, *, stream: bool) -> list[Any]:
    """A script: a head and a body, framed in one of three ways, with any of its bytes changed; and how it ends."""
    body = draw(replies(speech.wire, stream=stream))
    match draw(st.sampled_from(["open", "length", "chunks"])):
        case "open":
            data = speech.head(streamed=stream) + body
        case "length":
            more = draw(st.sampled_from([0, 0, 0, -1, 1]))
            data = speech.head(streamed=stream, Content_Length=str(max(0, len(body) + more))) + body
        case _:
            head = speech.head(streamed=stream, Transfer_Encoding="chunked")
            data = head + (chunk(body) if body else b"") + draw(st.sampled_from([chunk(b""), chunk(b""), b""]))
    if draw(st.booleans()):
        data = draw(cut(data))
    return [data, RESET] if draw(st.integers(0, 4)) == 0 else [data]


def succeeded(answer: Answer, client: str) -> bool:
    """Whether the client takes the answer for a whole reply."""
    end = events_of(client, [answer.body])[-1]
    assert isinstance(end, Finish | Error)
    return answer.status == 200 and isinstance(end, Finish)


async def survives(bridge: Bridge, faulty: FaultyBackend, speech: Speech, client: str, data: st.DataObject) -> None:
    asked, tools = data.draw(st.booleans()), data.draw(st.sampled_from(["prompt", "native", ""]))
    script = data.draw(answers(speech, stream=data.draw(st.booleans())))
    faulty.plays(*script)
    offered = read_tools([WEATHER] if tools else [])
    request = ChatRequest("m", (Message("user", "How is Oslo?"),), offered, stream=asked)
    body = json.dumps(backend_wire(client).write_request(request)).encode()
    headers = {"X-Toolbridge-Tools": tools} if tools else {}
    piped = not tools and client == speech.wire
    try:
        answer = await bridge.send(PATHS[client], body, headers=headers)
    except ClientError:
        assert piped, "only bytes that go on unread can break off"
        return
    if piped:
        return
    assert answer.status == 200 or 300 <= answer.status < 600
    if answer.status != 200:
        error = answer.json["error"]
        assert error if client == "ollama" else error["message"]
    elif succeeded(answer, client):
        assert may_be_whole(speech.wire, script[0])
    else:
        assert b'"error"' in answer.body


async def unharmed(bridge: Bridge, faulty: FaultyBackend, speech: Speech, caplog: pytest.LogCaptureFixture) -> None:
    assert {one["event"] for one in bridge.log} <= {"request"}
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    faulty.plays(speech.head(streamed=False), speech.whole("All is well."))
    assert text(await bridge.ask(PATHS[speech.wire])) == "All is well."


@pytest.mark.parametrize(("speech", "client"), WAYS, ids=IDS)
@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
async def test_any_answer_has_an_end(
    start: Start, caplog: pytest.LogCaptureFixture, speech: Speech, client: str, data: st.DataObject
) -> None:
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url, backends=known(speech), timeouts=DEADLINES)
        for _ in range(3):
            await survives(bridge, faulty, speech, client, data)
        await unharmed(bridge, faulty, speech, caplog)


@pytest.mark.faults
@pytest.mark.parametrize(("speech", "client"), WAYS, ids=IDS)
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
async def test_thousands_of_answers_have_an_end(
    start: Start, caplog: pytest.LogCaptureFixture, speech: Speech, client: str, data: st.DataObject
) -> None:
    async with FaultyBackend().running() as faulty:
        bridge = await start(backend=faulty.url, backends=known(speech), timeouts=DEADLINES)
        for _ in range(20):
            await survives(bridge, faulty, speech, client, data)
        await unharmed(bridge, faulty, speech, caplog)
