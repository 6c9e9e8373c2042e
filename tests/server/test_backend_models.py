"""What the backend says of its models: by Ollama's show, by the list of OpenAI's wire and what stands beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fake_ollama import FakeOllama
from tests.fake_openai import MODEL, POSES, FakeOpenAI
from toolbridge.errors import BackendAnswered, BackendError, BackendUnreachable
from toolbridge.limits import Limits
from toolbridge.model_cards import Card
from toolbridge.models import Backend, Model
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream
from toolbridge.traits import TRAITS, ServerName

NOBODY: dict[str, str] = {}


@asynccontextmanager
async def models_of(backend: Backend) -> AsyncIterator[BackendModels]:
    async with Upstream(backend, TimeoutSettings()) as upstream:
        yield BackendModels(upstream, Limits())


def known(fake: FakeOpenAI, server: ServerName) -> Backend:
    return Backend(fake.url, wire="openai", server=server)


@pytest.mark.parametrize("server", sorted(POSES))
async def test_each_server_lists_its_models(server: ServerName) -> None:
    async with FakeOpenAI(server).running() as fake, models_of(known(fake, server)) as models:
        cards = await models.cards(known(fake, server), NOBODY)
    assert [card.name for card in cards] == ([MODEL] if TRAITS[server].lists or server == "mlx-lm" else [])


async def test_ollama_is_asked_to_show_the_model(backend: FakeOllama) -> None:
    own = Backend(backend.url)
    async with models_of(own) as models:
        model = await models.model("able:8b", own, {"Authorization": "Bearer mine", "X-Mine": "yes"})
        assert await models.model("gone", own, NOBODY) is None
    assert model == Model("able:8b", family="qwen3", capabilities=frozenset({"completion", "tools"}))
    asked = backend.questions[0]
    assert (asked.target, asked.headers["Authorization"], "X-Mine" in asked.headers) == (
        "/api/show",
        "Bearer mine",
        False,
    )


async def test_the_list_beside_the_list_tells_more() -> None:
    async with FakeOpenAI("lmstudio").running() as fake, models_of(known(fake, "lmstudio")) as models:
        (card,) = await models.cards(known(fake, "lmstudio"), NOBODY)
        assert card.more["loaded_context_length"] == 8192
        model = await models.model(MODEL, known(fake, "lmstudio"), NOBODY)
    assert model is not None
    assert (model.context_length, model.capabilities) == (8192, frozenset({"completion", "tools"}))


async def test_llama_cpp_tells_of_one_model_by_its_props() -> None:
    async with FakeOpenAI("llama.cpp").running() as fake, models_of(known(fake, "llama.cpp")) as models:
        (listed,) = await models.cards(known(fake, "llama.cpp"), NOBODY)
        card = await models.card(MODEL, known(fake, "llama.cpp"), NOBODY)
        # It takes any name, also one that it does not list.
        other = await models.model("any", known(fake, "llama.cpp"), NOBODY)
    assert not listed.props
    assert card is not None
    assert card.props["default_generation_settings"]["n_ctx"] == 4096
    assert other is not None
    assert (other.name, other.context_length) == ("any", 4096)


async def test_a_name_that_the_list_lacks_is_no_card_where_the_list_is_whole() -> None:
    async with FakeOpenAI("vllm").running() as fake, models_of(known(fake, "vllm")) as models:
        assert await models.card("gone", known(fake, "vllm"), NOBODY) is None
        assert (await models.card(MODEL, known(fake, "vllm"), NOBODY)) is not None
    async with FakeOpenAI("mlx-lm").running() as fake, models_of(known(fake, "mlx-lm")) as models:
        assert await models.card("/a/path", known(fake, "mlx-lm"), NOBODY) == Card("/a/path")


async def test_the_backends_own_name_is_the_lists() -> None:
    async with FakeOpenAI("vllm").running() as fake, models_of(known(fake, "vllm")) as models:
        for name, own in ((f"{MODEL.upper()}:latest", MODEL), (MODEL, MODEL), ("gone:latest", "gone:latest")):
            assert await models.own_name(name, known(fake, "vllm"), NOBODY) == own


async def test_a_server_that_refuses_its_list_is_quoted_and_another_answer_is_an_error() -> None:
    async with FakeOpenAI("vllm").running() as fake, models_of(known(fake, "vllm")) as models:
        fake.gets["/v1/models"] = (401, {"error": {"message": "no key", "type": "invalid_request_error"}})
        with pytest.raises(BackendAnswered, match="no key") as refused:
            await models.cards(known(fake, "vllm"), NOBODY)
        fake.gets["/v1/models"] = (200, {"detail": "hello"})
        with pytest.raises(BackendError, match="what is no list of models"):
            await models.cards(known(fake, "vllm"), NOBODY)
    assert refused.value.status == 401


async def test_a_backend_that_is_down_is_unreachable() -> None:
    down = Backend("http://127.0.0.1:9", wire="openai", server="llama.cpp")
    async with models_of(down) as models:
        with pytest.raises(BackendUnreachable):
            await models.looked_into(Card("any"), down, NOBODY)
