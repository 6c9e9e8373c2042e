"""Any body of a client: a 4xx in the client's own wire, or the right answer; and a log without surprises."""

import json
import logging
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fake_ollama import FakeOllama, last
from tests.hostile import BODIES, bodies, packings
from tests.server.conftest import OLLAMA, Answer, Bridge, Start
from tests.wire.exchanges import events_of
from tests.wires import PATHS
from toolbridge.events import collect

SAYS = "It rains."
WIRES = {path: name for name, path in PATHS.items()}
HEADERS = st.sampled_from([{}, {}, {"X-Toolbridge-Tools": "prompt"}, {"X-Toolbridge-Tools": "native"}])
_ENVELOPE = {"message", "type", "param", "code"}
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.fixture
async def any_bridge(start: Start, backend: FakeOllama) -> Bridge:
    """In front of a backend that takes any body for a chat, and answers it with a stream of one line."""

    async def chat(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(body=last(message={"content": SAYS}), headers={"Content-Type": "application/x-ndjson"})

    async def show(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"capabilities": ["completion"], "model_info": {}})

    backend.more |= {"/api/chat": chat, "/api/show": show}
    return await start()


def judge(path: str, answer: Answer) -> None:
    """Check for an error in the wire of the path, or for the backend's whole answer."""
    if answer.status == 200:
        reply = collect(events_of(WIRES[path], [answer.body]))
        assert (reply.content, reply.finish_reason, reply.error) == (SAYS, "stop", None)
        return
    assert 400 <= answer.status < 500 or made_no_call(answer), answer
    assert answer.headers["Content-Type"].startswith("application/json")
    error = answer.json["error"]
    if path != OLLAMA:
        assert error.keys() == ({"type", "message"} if WIRES[path] == "anthropic" else _ENVELOPE)
        error = error["message"]
    assert error
    assert isinstance(error, str)


def made_no_call(answer: Answer) -> bool:
    """Whether the body demanded a call. The backend's model never makes one."""
    return answer.status == 400 and SAYS in answer.json["error"]["message"]


async def survives(bridge: Bridge, path: str, body: bytes, packing: Any, headers: dict[str, str]) -> None:
    pack, encoding = packing
    judge(path, await bridge.send(path, pack(body), headers=headers | encoding))


async def unharmed(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    """Check that the log holds requests only, that no other logger was used, and that the bridge answers."""
    assert {one["event"] for one in bridge.log} <= {"request"}
    assert not any("exception" in one for one in bridge.log)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    for path, (good, *_) in BODIES.items():
        judge(path, await bridge.send(path, json.dumps(good).encode()))


def test_every_chat_has_bodies_here() -> None:
    assert set(PATHS.values()) == set(BODIES)


@pytest.mark.parametrize("path", BODIES)
async def test_the_bodies_are_good_as_they_are(any_bridge: Bridge, path: str) -> None:
    for body in BODIES[path]:
        answer = await any_bridge.send(path, json.dumps(body).encode())
        assert answer.status == 200 or ("tool_choice" in body and made_no_call(answer)), answer
        judge(path, answer)


@pytest.mark.parametrize("path", BODIES)
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
async def test_any_body_is_answered(
    any_bridge: Bridge, caplog: pytest.LogCaptureFixture, path: str, data: st.DataObject
) -> None:
    await survives(any_bridge, path, data.draw(bodies(path)), data.draw(packings()), data.draw(HEADERS))
    await unharmed(any_bridge, caplog)


@pytest.mark.faults
@pytest.mark.parametrize("path", BODIES)
@settings(max_examples=2500, deadline=None, suppress_health_check=SLOW)
@given(data=st.data())
async def test_thousands_of_bodies_are_answered(
    any_bridge: Bridge, caplog: pytest.LogCaptureFixture, path: str, data: st.DataObject
) -> None:
    await survives(any_bridge, path, data.draw(bodies(path)), data.draw(packings()), data.draw(HEADERS))
    assert any_bridge.log[-1]["event"] == "request"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
