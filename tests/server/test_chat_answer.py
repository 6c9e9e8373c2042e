"""How the backend's answer to a chat becomes the client's, part by part; `test_chat` tests whole chats."""

import json

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from tests.fake_ollama import FakeOllama
from tests.server.conftest import WEATHER, Bridge
from toolbridge.errors import BackendError
from toolbridge.messages import ChatRequest
from toolbridge.models import Backend
from toolbridge.server.chat_answer import _has_message_of, _pieces, loaded, read_refusal

URL = "http://127.0.0.1:9"


class Redirect:
    """The parts of an answer that a redirect has."""

    status = 307
    headers = CIMultiDictProxy(CIMultiDict({"Location": "http://there/" + "x" * 1000}))


async def test_a_redirect_says_which_setting_is_wrong() -> None:
    with pytest.raises(
        BackendError, match=r"^the backend redirects to http://there/x{187}; set backends.url"
    ) as raised:
        await read_refusal(Redirect(), Backend(URL), "the backend")  # type: ignore[arg-type] # these parts are all it reads
    assert raised.value.status == 502


def test_megabytes_for_a_client_leave_in_several_writes() -> None:
    assert list(_pieces(b"few")) == [b"few"]
    large = bytes(range(256)) * 4096
    pieces = list(_pieces(large))
    assert b"".join(pieces) == large
    assert {len(piece) for piece in pieces} == {1 << 18}


@pytest.mark.parametrize(("keep_alive", "reason"), [(None, b"load"), (0, b"unload")])
def test_a_request_without_messages_is_told_that_the_model_is_loaded(keep_alive: int | None, reason: bytes) -> None:
    extra = {} if keep_alive is None else {"keep_alive": keep_alive}
    answer = loaded(ChatRequest("m", source="ollama", stream=True, extra=extra))
    assert isinstance(answer.body, bytes)
    assert b'"done_reason":"%b"' % reason in answer.body
    assert answer.body.count(b"\n") <= 1
    assert answer.content_type == "application/json"


@pytest.mark.parametrize(
    ("theirs", "same"),
    [
        (b'{"error": "no such model"}', True),
        (b'{ "error":"no such model","code":7}', True),
        (b'{"error": "another"}', False),
        (b'{"error": {"message": "no such model"}}', False),
        (b'{"detail": "no such model"}', False),
        (b"no such model", False),
        (b"[1]", False),
    ],
)
def test_an_error_goes_on_as_it_came_where_its_message_can_be_read(theirs: bytes, same: bool) -> None:
    assert _has_message_of(theirs, b'{"error":"no such model"}') is same


def test_of_an_envelope_the_message_counts() -> None:
    ours = b'{"error":{"message":"no","type":"api_error"}}'
    assert _has_message_of(b'{"error":{"message":"no","type":"other","param":null}}', ours)
    assert not _has_message_of(b'{"error":{"message":"yes","type":"api_error"}}', ours)
    assert not _has_message_of(b'{"error":{"type":"api_error"}}', ours)


async def test_an_error_that_no_client_of_the_wire_could_read_is_written_anew(
    bridge: Bridge, backend: FakeOllama
) -> None:
    backend.more["/api/chat"] = backend.answering(503, {"detail": "busy"}, **{"Retry-After": "7", "X-Other": "1"})
    answer = await bridge.ask(model="able:8b", tools=[WEATHER])
    assert (answer.status, set(answer.json)) == (503, {"error"})
    assert answer.headers["Retry-After"] == "7"
    assert "X-Other" not in answer.headers


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_reply_in_another_form_than_was_asked_for_has_the_media_type_that_was_asked_for(
    bridge: Bridge, backend: FakeOllama, streamed: bool
) -> None:
    """Both ends speak Ollama's wire, and the backend answers a stream in one piece, or one piece as a stream."""
    lines = [{"message": {"role": "assistant", "content": text}, "done": False} for text in ("It ", "rains.")]
    end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    whole = json.dumps(end | {"message": {"role": "assistant", "content": "It rains."}}, indent=1).encode()
    stream = b"".join(json.dumps(each).encode() + b"\n" for each in (*lines, end))
    kind = "application/json" if streamed else "application/x-ndjson"
    backend.chat = backend.answering(200, whole if streamed else stream, **{"Content-Type": kind})
    headers = {"X-Toolbridge-Tools": "native"}
    answer = await bridge.ask("/api/chat", stream=streamed, tools=[WEATHER], headers=headers)
    assert answer.headers["Content-Type"].startswith("application/x-ndjson" if streamed else "application/json")
    objects = answer.lines if streamed else [answer.json]
    assert "".join(each["message"]["content"] for each in objects) == "It rains."
    assert objects[-1]["done"]
