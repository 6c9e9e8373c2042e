"""`/v1/models` and its entries on backends of both wires, with OpenAI's package as the judge."""

import json
from typing import Any

import openai
import pytest

from tests.fake_ollama import FakeOllama
from tests.fake_openai import MODEL, POSES
from tests.server.conftest import Bridge, InFront, OfOpenAI
from toolbridge.server.model_routes import _found
from toolbridge.traits import ServerName

SERVERS = sorted(POSES)
SLASHED = "hf.co/acme/tiny-GGUF:Q4_K_M"
LIST: dict[str, Any] = {
    "object": "list",
    "data": [
        {"id": "qwen3:8b", "object": "model", "created": 1785571872, "owned_by": "library"},
        {"id": SLASHED, "object": "model", "created": 1785571000, "owned_by": "acme"},
    ],
}


@pytest.fixture
def listing(backend: FakeOllama) -> FakeOllama:
    """Ollama with two models; it has the entries of names without a slash only."""
    backend.more["/v1/models"] = backend.answering(200, LIST)
    backend.more["/v1/models/qwen3:8b"] = backend.answering(200, LIST["data"][0])
    return backend


async def test_the_list_is_ollamas_bytes(bridge: Bridge, backend: FakeOllama) -> None:
    written = b'{"object" : "list","data":[ {"id":"a"}]}\n'
    backend.more["/v1/models"] = backend.answering(200, written)
    assert (await bridge.send("/v1/models?limit=3", method="GET")).body == written
    assert backend.received[-1].target == "/v1/models?limit=3"


async def test_no_models_are_an_empty_list(bridge: Bridge, backend: FakeOllama, of_openai: OfOpenAI) -> None:
    backend.more["/v1/models"] = backend.answering(200, {"object": "list", "data": None})
    assert (await bridge.send("/v1/models", method="GET")).json == {"object": "list", "data": []}
    assert [one async for one in (await of_openai(bridge)).models.list()] == []


@pytest.mark.usefixtures("listing")
@pytest.mark.parametrize("name", ["qwen3:8b", SLASHED])
async def test_a_model_of_ollamas_is_found_by_its_name(bridge: Bridge, of_openai: OfOpenAI, name: str) -> None:
    client = await of_openai(bridge)
    assert (await client.models.retrieve(name)).id == name
    assert (await bridge.send(f"/v1/models/{name}", method="GET")).json["id"] == name


@pytest.mark.usefixtures("listing")
async def test_a_model_that_is_not_there_is_the_packages_own_error(bridge: Bridge, of_openai: OfOpenAI) -> None:
    for name in ("gone", "a/gone:1"):
        with pytest.raises(openai.NotFoundError, match=f"model '{name}' not found"):
            await (await of_openai(bridge)).models.retrieve(name)


@pytest.mark.parametrize("server", SERVERS)
async def test_each_server_lists_its_models(in_front: InFront, of_openai: OfOpenAI, server: ServerName) -> None:
    bridge, _ = await in_front(server)
    found = [model.id async for model in (await of_openai(bridge)).models.list()]
    assert found == ([] if server == "transformers" else [MODEL])


@pytest.mark.parametrize("server", [name for name in SERVERS if name != "transformers"])
async def test_each_servers_model_is_found(in_front: InFront, of_openai: OfOpenAI, server: ServerName) -> None:
    bridge, _ = await in_front(server)
    assert (await (await of_openai(bridge)).models.retrieve(MODEL)).id == MODEL
    with pytest.raises(openai.NotFoundError):
        await (await of_openai(bridge)).models.retrieve("gone")


async def test_a_servers_own_entry_goes_on_as_it_is(in_front: InFront) -> None:
    bridge, fake = await in_front("vllm")
    fake.gets["/v1/models/a:b"] = (200, {"id": "a:b", "extra": [1.0]})
    answer = await bridge.send("/v1/models/a:b", method="GET")
    assert answer.body == json.dumps({"id": "a:b", "extra": [1.0]}).encode()


async def test_a_key_that_is_missing_is_the_servers_to_say(in_front: InFront, of_openai: OfOpenAI) -> None:
    bridge, fake = await in_front("unknown")
    await bridge.send("/v1/models", method="GET")
    refusal = (401, {"error": {"message": "no key", "type": "invalid_request_error"}})
    fake.gets = {"/v1/models": refusal, "/v1/models/a": refusal}
    for ask in ((await of_openai(bridge)).models.list(), (await of_openai(bridge)).models.retrieve("a")):
        with pytest.raises(openai.AuthenticationError, match="no key"):
            await ask


async def test_the_other_routes_of_openais_go_through(in_front: InFront, of_openai: OfOpenAI) -> None:
    bridge, fake = await in_front("vllm")
    fake.says("three")
    client = await of_openai(bridge)
    whole = await client.completions.create(model=MODEL, prompt="One, two,")
    assert (whole.choices[0].text, whole.object) == ("three", "text_completion")
    stream = await client.completions.create(model=MODEL, prompt="One, two,", stream=True)
    assert "".join([chunk.choices[0].text async for chunk in stream]) == "three"
    vectors = await client.embeddings.create(model=MODEL, input=["a", "b"])
    assert sorted(one.index for one in vectors.data) == [0, 1]


# Show.


@pytest.mark.parametrize("field", ["model", "name"])
async def test_show_gains_tools_and_keeps_every_other_byte(bridge: Bridge, backend: FakeOllama, field: str) -> None:
    written = (
        b'{ "zz":1.0,"capabilities" : [ "completion","vision" ] ,"template":"\\u003c{{ .Prompt }}",'
        b'"model_info":{"a.b":1e2} }\n'
    )
    backend.more["/api/show"] = backend.answering(200, written)
    answer = await bridge.send("/api/show", f'{{"{field}": "plain:1b"}}'.encode())
    assert answer.body == written.replace(b'[ "completion","vision" ]', b'["completion","vision","tools"]')
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert backend.received[0].json == {field: "plain:1b"}


async def test_show_of_a_missing_model_is_the_backends_answer(bridge: Bridge) -> None:
    answer = await bridge.send("/api/show", b'{"model":"gone"}')
    assert (answer.status, answer.json) == (404, {"error": "model 'gone' not found"})


@pytest.mark.parametrize(
    ("name", "found"), [("qwen3:8b", "qwen3:8b"), ("QWEN3:8B", "qwen3:8b"), (SLASHED, SLASHED), ("gone", None)]
)
def test_a_model_is_found_in_a_list_by_its_name_in_any_case(name: str, found: str | None) -> None:
    card = _found(name, json.dumps(LIST).encode())
    assert (card and card.name) == found
    assert _found(name, b"no list") is None
