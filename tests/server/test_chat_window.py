"""The window that an Ollama backend is asked for where a prompt with tools may not fit its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import PATHS, QUESTION, WEATHER, Bridge, Start

MANY: list[Any] = json.loads((Path(__file__).parent.parent / "data" / "open_webui_tools.json").read_text("utf-8"))


def window(backend: FakeOllama) -> int | None:
    """The `num_ctx` of the last chat."""
    options: dict[str, int] = backend.chats[-1].json.get("options", {})
    return options.get("num_ctx")


@pytest.mark.parametrize("path", PATHS)
async def test_the_28_tools_of_open_webui_get_a_window_that_holds_them(
    bridge: Bridge, backend: FakeOllama, path: str
) -> None:
    assert len(MANY) == 28
    await bridge.ask(path, tools=MANY)
    assert window(backend) == 8192


@pytest.mark.parametrize("path", PATHS)
async def test_one_tool_leaves_the_window_to_the_backend(bridge: Bridge, backend: FakeOllama, path: str) -> None:
    await bridge.ask(path, tools=[WEATHER])
    assert window(backend) is None


async def test_a_client_keeps_the_window_that_it_chose(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(tools=MANY, options={"num_ctx": 2048})
    assert window(backend) == 2048


async def test_a_window_of_the_models_own_that_is_large_enough_is_kept(bridge: Bridge, backend: FakeOllama) -> None:
    backend.shows["plain:1b"]["parameters"] = 'stop    "<|end|>"\nnum_ctx    32768'
    await bridge.ask(tools=MANY)
    assert window(backend) is None


async def test_no_window_is_larger_than_the_model_was_made_for(bridge: Bridge, backend: FakeOllama) -> None:
    backend.shows["plain:1b"]["model_info"] = {"general.architecture": "llama", "llama.context_length": 8192}
    long = [{"role": "user", "content": "word " * 20000}, *QUESTION]
    await bridge.ask(tools=MANY, messages=long)
    assert window(backend) == 8192


async def test_the_operator_can_leave_windows_alone(start: Start, backend: FakeOllama) -> None:
    bridge = await start(tools={"widen": False})
    await bridge.ask(tools=MANY)
    assert window(backend) is None


# The window stays as it is for the model's other requests.


TITLE = [{"role": "user", "content": "Generate a concise, 3-5 word title for: How is Oslo?"}]
FOLLOW_UPS = [{"role": "user", "content": "Suggest 3-5 follow-up questions: How is Oslo?"}]
TOOLS_OF_A_TURN = [
    *MANY,
    *({"type": "function", "function": MANY[0]["function"] | {"name": f"more_{at}"}} for at in range(36 - len(MANY))),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_turn_of_open_webui_loads_the_model_once(
    bridge: Bridge, backend: FakeOllama, path: str, streamed: bool
) -> None:
    """Open WebUI sends the chat with all its tools, and then asks for a title and for questions without any."""
    assert len(TOOLS_OF_A_TURN) == 36
    for _turn in range(2):
        await bridge.ask(path, tools=TOOLS_OF_A_TURN, stream=streamed)
        await bridge.ask(path, messages=TITLE)
        await bridge.ask(path, messages=FOLLOW_UPS)
        await bridge.ask(path, tools=[WEATHER], stream=streamed)
    assert len(backend.loads) == 1


async def test_only_the_window_is_added_to_a_body_and_the_header_says_so(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(tools=MANY)
    options = {"temperature": 1e-9, "seed": 18446744073709551616, "x_new": None}
    answer = await bridge.ask(messages=TITLE, options=options, x_new=[1])
    sent = backend.chats[-1].json
    own = {"model": "plain:1b", "messages": TITLE, "stream": False, "x_new": [1]}
    assert sent == own | {"options": options | {"num_ctx": 8192}}
    assert answer.headers["X-Toolbridge-Mode"] == "passthrough; -; no tools, window: 8192 as loaded"


async def test_a_model_that_was_not_asked_for_a_window_goes_on_byte_for_byte(
    bridge: Bridge, backend: FakeOllama
) -> None:
    await bridge.ask(tools=MANY)
    body = b'{ "model":"able:8b", "messages":[], "stream":false }'
    answer = await bridge.send("/api/chat", body)
    assert backend.chats[-1].body == body
    assert answer.headers["X-Toolbridge-Mode"] == "passthrough; -; no tools"
    assert not [one for one in backend.received if one.target == "/api/ps"]


async def test_a_window_of_the_clients_own_is_left_alone_and_ends_ours(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(tools=MANY)
    await bridge.ask(messages=TITLE, options={"num_ctx": 16384})
    assert window(backend) == 16384
    await bridge.ask(messages=TITLE)
    assert window(backend) is None


async def test_a_model_that_left_memory_is_loaded_as_the_backend_likes(bridge: Bridge, backend: FakeOllama) -> None:
    await bridge.ask(tools=MANY)
    backend.loaded.clear()
    await bridge.ask(messages=TITLE)
    assert window(backend) is None


async def test_a_larger_window_that_is_loaded_serves_smaller_prompts(bridge: Bridge, backend: FakeOllama) -> None:
    long = [{"role": "user", "content": "word " * 10000}]
    await bridge.ask(tools=MANY, messages=long)
    await bridge.ask(tools=MANY)
    assert backend.loads == [("plain:1b", 32768)]


@pytest.mark.parametrize("settings", [{"widen": False}, {"mode": "off"}])
async def test_no_window_is_added_where_the_operator_wants_none(
    start: Start, backend: FakeOllama, settings: dict[str, Any]
) -> None:
    bridge = await start(tools=settings)
    await bridge.ask(tools=MANY)
    await bridge.ask(messages=TITLE)
    assert [one.json.get("options") for one in backend.chats] == [None, None]


@pytest.mark.parametrize("mode", ["prompt", "native"])
async def test_a_window_of_the_clients_that_cannot_hold_the_tools_is_named_in_header_and_log(
    start: Start, backend: FakeOllama, mode: str
) -> None:
    bridge = await start(tools={"mode": mode})
    for _ in range(2):
        answer = await bridge.ask(tools=MANY, options={"num_ctx": 2048})
    assert window(backend) == 2048
    assert ", num_ctx 2048 is too small: about " in answer.headers["X-Toolbridge-Mode"]
    told = [one for one in bridge.log if one["level"] == "warning"]
    assert [(one["model"], one["num_ctx"]) for one in told] == [("plain:1b", 2048)]
    assert told[0]["tokens"] > 2048


async def test_a_window_of_the_clients_that_holds_the_tools_is_not_named(bridge: Bridge, backend: FakeOllama) -> None:
    answer = await bridge.ask(tools=[WEATHER], options={"num_ctx": 2048})
    assert "num_ctx" not in answer.headers["X-Toolbridge-Mode"]
