"""`/v1/messages/count_tokens`: an estimate that learns from what backends count."""

from typing import Any

import anthropic
import pytest

from tests.fake_ollama import FakeOllama
from tests.server.conftest import Bridge
from toolbridge.events import Error, Finish, Usage
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest, Message
from toolbridge.server.token_counts import TokenCounts
from toolbridge.wire.anthropic.counting import estimated_tokens

HI: Any = [{"role": "user", "content": "x" * 400}]
ESTIMATE = 104
REQUEST = ChatRequest("m", (Message("user", "x" * 400),), source="anthropic")


def counted(tokens: int | None) -> Finish:
    return Finish("stop", Usage(tokens, 1))


async def test_the_package_gets_a_count_and_the_count_learns(bridge: Bridge, backend: FakeOllama) -> None:
    http = anthropic.DefaultAsyncHttpxClient(trust_env=False)
    async with anthropic.AsyncAnthropic(base_url=bridge.url, api_key="any", max_retries=0, http_client=http) as client:

        async def count(**more: Any) -> int:
            return (await client.messages.count_tokens(model="plain:1b", messages=HI, **more)).input_tokens

        assert await count() == ESTIMATE
        assert await count(system="x" * 40) > ESTIMATE
        backend.says("Ok.")
        for streamed in (False, True):
            await client.messages.create(
                model="plain:1b", max_tokens=9, messages=[{"role": "user", "content": "x" * 40}], stream=streamed
            )
        # The fake counts 11 where 14 were estimated.
        assert await count() == round(ESTIMATE * 11 / 14)
        with pytest.raises(anthropic.BadRequestError, match="send at least one"):
            await client.messages.count_tokens(model="plain:1b", messages=[])
    assert [one.target for one in backend.received] == ["/api/chat", "/api/chat"]


def test_what_a_backend_counted_corrects_the_estimate_of_its_model() -> None:
    counts = TokenCounts(Limits(body=99))
    assert counts.estimate(REQUEST) == estimated_tokens(REQUEST) == ESTIMATE
    counts.learn(REQUEST, counted(208))
    assert counts.estimate(REQUEST) == 208
    counts.learn(REQUEST, counted(104))
    assert counts.estimate(REQUEST) == 156
    assert counts.estimate(ChatRequest("other", REQUEST.messages)) == ESTIMATE


@pytest.mark.parametrize("end", [None, Error("x"), Finish("stop"), counted(None), counted(0)])
def test_who_counted_nothing_teaches_nothing(end: Any) -> None:
    counts = TokenCounts(Limits(body=99))
    counts.learn(REQUEST, end)
    assert counts.estimate(REQUEST) == ESTIMATE


def test_a_count_that_cannot_be_of_the_whole_prompt_is_bounded() -> None:
    """Older versions of Ollama count only what was not in their cache."""
    for tokens, estimate in ((1, 26), (10**9, 416)):
        counts = TokenCounts(Limits(body=99))
        counts.learn(REQUEST, counted(tokens))
        assert counts.estimate(REQUEST) == estimate


def test_requests_of_other_wires_and_endless_names_are_not_remembered() -> None:
    counts = TokenCounts(Limits(body=99))
    for strange in (
        ChatRequest("m", REQUEST.messages, source="openai"),
        ChatRequest("m" * 999, REQUEST.messages, source="anthropic"),
    ):
        counts.learn(strange, counted(208))
        assert counts.estimate(strange) == ESTIMATE
    assert not counts._corrections


def test_the_models_of_which_most_is_heard_are_remembered_and_no_more_than_some() -> None:
    counts = TokenCounts(Limits(body=99))
    for number in range(600):
        counts.learn(ChatRequest(f"m{number}", REQUEST.messages, source="anthropic"), counted(208))
        counts.learn(ChatRequest("m0", REQUEST.messages, source="anthropic"), counted(208))
    assert len(counts._corrections) == 512
    assert counts.estimate(ChatRequest("m0", REQUEST.messages)) == 208
    assert counts.estimate(ChatRequest("m1", REQUEST.messages)) == ESTIMATE
    assert counts.estimate(ChatRequest("m599", REQUEST.messages)) == 208


def test_a_count_is_never_nothing() -> None:
    assert TokenCounts(Limits(body=99)).estimate(ChatRequest("m")) == 1
