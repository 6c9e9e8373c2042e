"""Responses that clients refer to: whose they are, how long they are kept, and how much of them."""

import gc
import json
from typing import Any

import openai
import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import CALL, Bridge, OfOpenAI, Start
from tests.server.test_responses import TOOL
from toolbridge.server.settings import ResponseSettings
from toolbridge.server.stored_responses import StoredResponses
from toolbridge.wire.responses.recall import Turn

# The store.


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def store(memory: int = 1 << 20, age: float = 60, clock: Clock | None = None) -> StoredResponses:
    return StoredResponses(ResponseSettings(memory=memory, age=age), clock=clock or Clock())


def turn(name: str, previous: str | None = None, size: int = 0) -> Turn:
    return Turn(json.dumps({"items": [name + "x" * size]}).encode(), (f"msg_{name}",), previous)


def test_pythons_collector_of_garbage_has_nothing_to_look_at() -> None:
    stored = store(memory=1 << 24)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(1000):
        stored.keep("ada", f"resp_{number}", turn(f"msg_{number}", f"resp_{number - 1}"))
    for _ in range(3):  # a tuple is left out once what it holds is
        gc.collect()
    assert len(stored) == 1000
    assert len(gc.get_objects()) - before < 100


def test_a_conversation_is_its_turns_from_the_first() -> None:
    own = store().of("me")
    turns = turn("1"), turn("2", "1"), turn("3", "2")
    for one, name in zip(turns, "123", strict=True):
        own.keep(name, one)
    assert own.turns("3") == list(turns)
    assert own.turns("1") == [turns[0]]
    assert own.turn_of("msg_2") == turns[1]
    assert own.turns("4") is None
    assert own.turn_of("msg_4") is None


def test_nobody_finds_the_response_of_another() -> None:
    kept = store()
    kept.of("me").keep("1", turn("1"))
    assert kept.of("you").turns("1") is None
    assert kept.of("you").turn_of("msg_1") is None


def test_an_old_response_is_gone() -> None:
    clock = Clock()
    own = store(age=60, clock=clock).of("me")
    own.keep("1", turn("1"))
    clock.now = 60
    assert own.turns("1") is not None
    clock.now = 61
    assert own.turn_of("msg_1") is None
    assert own.turns("1") is None
    assert (len(own.stored), own.stored.size) == (0, 0)


def test_the_bytes_are_bounded_whatever_clients_send() -> None:
    kept = store(memory=1 << 16)
    for number in range(500):
        kept.of(str(number % 7)).keep(str(number), turn(str(number), size=number * 20))
        assert kept.size <= 1 << 16
    kept.of("me").keep("large", turn("large", size=1 << 15))
    assert kept.of("me").turns("large") is None
    assert 0 < len(kept) < 65


def test_the_response_that_was_used_longest_ago_goes_first() -> None:
    own = store(memory=6000).of("me")
    own.keep("1", turn("1"))
    own.keep("2", turn("2"))
    own.keep("3", turn("3"))
    assert own.turns("1")
    own.keep("4", turn("4"))
    own.keep("5", turn("5"))
    assert own.turns("2") is None
    assert own.turns("1")


def test_a_conversation_without_its_beginning_is_not_kept() -> None:
    own = store().of("me")
    own.keep("2", turn("2", "1"))
    assert own.turns("2") is None


def test_ids_of_a_backend_may_lead_in_a_circle() -> None:
    own = store().of("me")
    own.keep("1", turn("1", "1"))
    assert own.turns("1") is None
    own.keep("1", turn("1"))
    assert own.turns("1") == [turn("1")]


def test_the_error_says_what_to_do() -> None:
    assert "send the items of the conversation as input" in store().why()
    several = StoredResponses(ResponseSettings(), workers=4)
    assert "4 processes (server.workers), and each keeps its own responses" in several.why()


# The routes, with the `openai` package.


def contents(backend: FakeOllama) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in backend.chats[-1].json["messages"]]


@pytest.mark.parametrize("streamed", [False, True])
async def test_the_next_turn_names_the_one_before(
    bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI, streamed: bool
) -> None:
    client: Any = await of_openai(bridge)
    previous = None
    for question, answer in (("Oslo?", "Fine."), ("Bergen?", "Rain."), ("Bodø?", "Snow.")):
        backend.says(answer)
        asking = {"model": "plain:1b", "input": question, "previous_response_id": previous}
        if streamed:
            async with client.responses.stream(**asking) as stream:
                response = await stream.get_final_response()
        else:
            response = await client.responses.create(**asking)
        assert (response.output_text, response.previous_response_id, response.store) == (answer, previous, True)
        previous = response.id
    assert contents(backend) == [
        ("user", "Oslo?"),
        ("assistant", "Fine."),
        ("user", "Bergen?"),
        ("assistant", "Rain."),
        ("user", "Bodø?"),
    ]


async def test_a_tool_loop_by_references_to_items(bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    """The second turn of the Vercel AI SDK: the model's own items by reference, the output of the call in full."""
    client: Any = await of_openai(bridge)
    backend.says("Let me look.\n", CALL)
    first = await client.responses.create(model="plain:1b", input="Oslo?", tools=[TOOL])
    backend.says("Rain.")
    call = first.output[-1]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "7 C, rain"}
    items = [{"type": "item_reference", "id": item.id} for item in first.output]
    asked = [{"role": "user", "content": "Oslo?"}, *items, output]
    second = await client.responses.create(model="plain:1b", input=asked, tools=[TOOL])
    assert second.output_text == "Rain."
    told = json.dumps(backend.chats[-1].json["messages"])
    assert all(part in told for part in ("Let me look.", "get_weather", "7 C, rain"))
    backend.says("Snow.")
    third = await client.responses.create(model="plain:1b", input="Bodø?", previous_response_id=second.id)
    assert third.output_text == "Snow."
    assert "7 C, rain" in json.dumps(backend.chats[-1].json["messages"])


async def test_a_response_is_its_clients_own(start: Start, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    bridge = await start(security={"api_keys": ["one", "two"]})
    client = await of_openai(bridge)
    backend.says("Fine.")
    one, two = client.with_options(api_key="one"), client.with_options(api_key="two")
    response = await one.responses.create(model="plain:1b", input="Oslo?")
    with pytest.raises(openai.BadRequestError, match="not found") as caught:
        await two.responses.create(model="plain:1b", input="And?", previous_response_id=response.id)
    assert caught.value.code == "previous_response_not_found"
    reference: Any = {"type": "item_reference", "id": response.output[0].id}
    with pytest.raises(openai.BadRequestError, match="Item with id"):
        await two.responses.create(model="plain:1b", input=[reference])
    await one.responses.create(model="plain:1b", input="And?", previous_response_id=response.id)
    assert len(backend.chats) == 2


async def test_a_client_may_forbid_to_keep_it(bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    client = await of_openai(bridge)
    backend.says("Fine.")
    response: Any = await client.responses.create(model="plain:1b", input="Oslo?", store=False)
    assert response.store is False
    with pytest.raises(openai.BadRequestError, match=r"not found.*unless store is false"):
        await client.responses.create(model="plain:1b", input="And?", previous_response_id=response.id)


async def test_a_failed_response_is_not_kept(bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    client = await of_openai(bridge)
    backend.chat = backend.answering(500, {"error": "broken"})
    with pytest.raises(openai.InternalServerError):
        await client.with_options(max_retries=0).responses.create(model="plain:1b", input="Oslo?")
    backend.says("Fine.")
    assert (await client.responses.create(model="plain:1b", input="Oslo?")).output_text == "Fine."


async def test_the_operator_may_keep_nothing(start: Start, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    client = await of_openai(await start(responses={"memory": 0}))
    backend.says("Fine.")
    response: Any = await client.responses.create(model="plain:1b", input="Oslo?")
    assert response.store is False
    with pytest.raises(openai.BadRequestError, match="nothing is kept here"):
        await client.responses.create(model="plain:1b", input="And?", previous_response_id=response.id)
