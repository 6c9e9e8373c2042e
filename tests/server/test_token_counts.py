"""`/v1/messages/count_tokens`: an estimate that learns from what backends count."""

from typing import Any

import anthropic
import pytest

from tests.fake_ollama import FakeOllama, last
from tests.server.conftest import Bridge
from toolbridge.events import Error, Finish, Usage
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest, Message
from toolbridge.server.token_counts import TokenCounts
from toolbridge.wire.anthropic.counting import estimated_tokens

HI: Any = [{"role": "user", "content": "x" * 4000}]
ESTIMATE = 1004
REQUEST = ChatRequest("m", (Message("user", "x" * 4000),), source="anthropic")


def counted(tokens: int | None) -> Finish:
    return Finish("stop", Usage(tokens, 1))


NOBODY: dict[str, str] = {}


async def learn(counts: TokenCounts, request: ChatRequest, end: Any) -> None:
    await counts.learn(b"", request, end, NOBODY)


def estimate(counts: TokenCounts, request: ChatRequest) -> int:
    return counts.corrected(request.model, estimated_tokens(request), NOBODY)


async def test_the_package_gets_a_count_and_the_count_learns(bridge: Bridge, backend: FakeOllama) -> None:
    http = anthropic.DefaultAsyncHttpxClient(trust_env=False)
    async with anthropic.AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0, http_client=http) as client:

        async def count(**more: Any) -> int:
            return (await client.messages.count_tokens(model="plain:1b", messages=HI, **more)).input_tokens

        assert await count() == ESTIMATE
        assert await count(system="x" * 40) > ESTIMATE
        backend.chat = backend.answering(200, last(prompt_eval_count=900))
        for streamed in (False, True):
            await client.messages.create(model="plain:1b", max_tokens=9, messages=HI, stream=streamed)
        assert await count() == round(ESTIMATE * 0.97**2)
        with pytest.raises(anthropic.BadRequestError, match="send at least one"):
            await client.messages.count_tokens(model="plain:1b", messages=[])
    assert [one.target for one in backend.received] == ["/api/chat", "/api/chat"]


async def test_what_one_client_is_counted_changes_nothing_for_another(bridge: Bridge, backend: FakeOllama) -> None:
    backend.chat = backend.answering(200, last(prompt_eval_count=2 * ESTIMATE))
    path = "/v1/messages"

    async def count(headers: dict[str, str] | None) -> int:
        answer = await bridge.ask(f"{path}/count_tokens", messages=HI, headers=headers)
        return int(answer.json["input_tokens"])

    keys = [{"x-api-key": "a"}, {"Authorization": "Bearer b"}, {"x-api-key": "c"}, None]
    for _ in range(3):
        assert (await bridge.ask(path, messages=HI, max_tokens=9, headers=keys[0])).status == 200
    assert [await count(key) for key in keys] == [round(ESTIMATE * 1.03**3), ESTIMATE, ESTIMATE, ESTIMATE]
    await bridge.ask(path, messages=HI, max_tokens=9)
    assert [await count(key) for key in keys[1:]] == [ESTIMATE, ESTIMATE, round(ESTIMATE * 1.03)]


async def test_what_a_backend_counted_corrects_the_estimate_of_its_model_step_by_step() -> None:
    counts = TokenCounts(Limits(body=99))
    assert estimate(counts, REQUEST) == estimated_tokens(REQUEST) == ESTIMATE
    await learn(counts, REQUEST, counted(1305))
    assert estimate(counts, REQUEST) == round(ESTIMATE * 1.03)
    for _ in range(20):
        await learn(counts, REQUEST, counted(1305))
    assert estimate(counts, REQUEST) == 1305
    assert estimate(counts, ChatRequest("other", REQUEST.messages)) == ESTIMATE
    counts.forget()
    assert estimate(counts, REQUEST) == ESTIMATE


@pytest.mark.parametrize("end", [None, Error("x"), Finish("stop"), counted(None), counted(0)])
async def test_who_counted_nothing_teaches_nothing(end: Any) -> None:
    counts = TokenCounts(Limits(body=99))
    await learn(counts, REQUEST, end)
    assert estimate(counts, REQUEST) == ESTIMATE


@pytest.mark.parametrize("tokens", [1, ESTIMATE // 2 - 1, ESTIMATE * 2 + 1, 10**9])
async def test_a_count_that_cannot_be_of_the_whole_prompt_teaches_nothing(tokens: int) -> None:
    """Older versions of Ollama count only the tokens that were not in their cache."""
    counts = TokenCounts(Limits(body=99))
    await learn(counts, REQUEST, counted(tokens))
    assert estimate(counts, REQUEST) == ESTIMATE


async def test_no_client_moves_a_count_beyond_a_factor_of_two() -> None:
    for tokens in (ESTIMATE * 2, ESTIMATE // 2):
        counts = TokenCounts(Limits(body=99))
        for _ in range(200):
            await learn(counts, REQUEST, counted(tokens))
        assert estimate(counts, REQUEST) == tokens


async def test_short_requests_other_wires_and_endless_names_teach_nothing() -> None:
    counts = TokenCounts(Limits(body=99))
    for strange in (
        ChatRequest("m", (Message("user", "x" * 1000),), source="anthropic"),
        ChatRequest("m", REQUEST.messages, source="openai"),
        ChatRequest("m" * 999, REQUEST.messages, source="anthropic"),
    ):
        await learn(counts, strange, counted(300))
    assert not counts._corrections


async def test_the_models_of_which_most_is_heard_are_remembered_and_no_more_than_some() -> None:
    counts = TokenCounts(Limits(body=99))
    for number in range(600):
        await learn(counts, ChatRequest(f"m{number}", REQUEST.messages, source="anthropic"), counted(1010))
        await learn(counts, ChatRequest("m0", REQUEST.messages, source="anthropic"), counted(1010))
    assert len(counts._corrections) == 512
    assert estimate(counts, ChatRequest("m0", REQUEST.messages)) == 1010
    assert estimate(counts, ChatRequest("m1", REQUEST.messages)) == ESTIMATE
    assert estimate(counts, ChatRequest("m599", REQUEST.messages)) == 1010


def test_a_count_is_never_nothing() -> None:
    assert estimate(TokenCounts(Limits(body=99)), ChatRequest("m")) == 1
