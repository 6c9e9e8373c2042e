"""The routes that Ollama's clients find in front of a server of another wire; Ollama's own package is the judge."""

import math
from typing import Any

import ollama
import pytest

from tests.fake_openai import BARE, MODEL, POSES, TEMPLATE, FakeOpenAI
from tests.server.conftest import InFront, OfOllama, Start
from toolbridge.server.management import changes
from toolbridge.server.ollama_routes import _MANAGING
from toolbridge.traits import ServerName

SERVERS = sorted(POSES)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_root_says_that_ollama_is_running(in_front: InFront, method: str) -> None:
    bridge, _ = await in_front("vllm")
    answer = await bridge.send("/", method=method)
    assert (answer.status, answer.body) == (200, b"Ollama is running" if method == "GET" else b"")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_the_version_is_a_setting(in_front: InFront) -> None:
    bridge, _ = await in_front("vllm", server={"ollama_version": "1.2.3"})
    for method in ("GET", "HEAD"):
        answer = await bridge.send("/api/version", method=method)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert (await bridge.send("/api/version", method="GET")).json == {"version": "1.2.3"}


# Listing.

LENGTHS = {
    "llama.cpp": 4096,  # what it serves, not what the model was trained for
    "vllm": 16384,
    "sglang": 20480,
    "lmstudio": 8192,
    "openrouter": 60000,
}
SEES = {"llama.cpp", "openrouter"}
LISTS_NOTHING = {"transformers"}


@pytest.mark.parametrize("server", SERVERS)
async def test_tags_list_the_servers_models(in_front: InFront, of_ollama: OfOllama, server: ServerName) -> None:
    bridge, _ = await in_front(server)
    models = (await (await of_ollama(bridge)).list()).models
    if server in LISTS_NOTHING:
        assert models == []
        return
    (model,) = models
    assert model.model == MODEL
    assert model.digest
    assert len(model.digest) == 64
    assert model.modified_at
    (raw,) = (await bridge.send("/api/tags", method="GET")).json["models"]
    # Fields that strict clients need, with their types.
    assert raw["name"] == raw["model"]
    assert isinstance(raw["size"], int)
    details = raw["details"]
    assert all(isinstance(details[name], str) for name in ("format", "family", "parameter_size", "quantization_level"))
    assert details.get("context_length") == LENGTHS.get(server)
    assert "tools" in raw["capabilities"]


@pytest.mark.parametrize("server", SERVERS)
async def test_show_says_what_the_server_says_and_makes_nothing_up(
    in_front: InFront, of_ollama: OfOllama, server: ServerName
) -> None:
    bridge, _ = await in_front(server)
    shown = await (await of_ollama(bridge)).show(MODEL)
    assert shown.capabilities
    assert {"completion", "tools"} <= set(shown.capabilities)
    assert ("vision" in shown.capabilities) == (server in SEES)
    info = shown.modelinfo
    assert info
    length = info.get(f"{info['general.architecture']}.context_length")
    assert length == LENGTHS.get(server)
    assert [name for name in info if "context_length" in name] == (
        [] if length is None else [f"{info['general.architecture']}.context_length"]
    )


async def test_show_has_what_llama_cpp_and_lm_studio_tell_of_a_model(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, _ = await in_front("llama.cpp")
    shown = await (await of_ollama(bridge)).show(MODEL)
    assert shown.template == TEMPLATE
    assert shown.details
    assert shown.details.parameter_size == "1.5B"
    assert shown.modelinfo
    assert shown.modelinfo["general.parameter_count"] == 1543714304
    bridge, _ = await in_front("lmstudio")
    shown = await (await of_ollama(bridge)).show(MODEL)
    assert shown.details
    assert (shown.details.family, shown.details.format) == ("qwen2", "gguf")
    assert shown.details.quantization_level == "Q4_K_M"


@pytest.mark.parametrize("field", ["model", "name"])
@pytest.mark.parametrize("name", [MODEL, MODEL.upper(), f"{MODEL}:latest"])
async def test_show_finds_a_model_as_ollama_does(in_front: InFront, field: str, name: str) -> None:
    bridge, _ = await in_front("vllm")
    assert (await bridge.send("/api/show", b'{"%b": "%b"}' % (field.encode(), name.encode()))).status == 200


async def test_a_model_that_is_not_there_is_not_found_by_its_full_name(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, _ = await in_front("vllm")
    with pytest.raises(ollama.ResponseError, match="model 'gone:latest' not found") as caught:
        await (await of_ollama(bridge)).show("gone")
    assert caught.value.status_code == 404
    answer = await bridge.send("/api/show", b"{}")
    assert (answer.status, answer.json) == (400, {"error": "model is required"})


async def test_a_router_of_llama_cpps_is_asked_for_one_model_without_loading_it(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    fake.gets["/v1/models"] = (
        200,
        {
            "object": "list",
            "data": [
                {"id": "a b/c", "owned_by": "llamacpp", "status": {"value": "unloaded"}},
                {"id": "d", "owned_by": "llamacpp", "status": {"value": "loaded"}},
            ],
        },
    )
    await bridge.send("/api/tags", method="GET")
    assert not any("props" in target for target in fake.questions)
    await bridge.send("/api/show", b'{"model": "a b/c"}')
    assert fake.questions[-1] == "/props?model=a%20b%2Fc&autoload=false"
    assert [one["name"] for one in (await bridge.send("/api/ps", method="GET")).json["models"]] == ["d"]


@pytest.mark.parametrize(
    ("server", "loaded"),
    [("llama.cpp", True), ("vllm", True), ("lmstudio", True), ("mlx-lm", False), ("openai", False)],
)
async def test_ps_lists_what_is_known_to_be_loaded(
    in_front: InFront, of_ollama: OfOllama, server: ServerName, loaded: bool
) -> None:
    bridge, _ = await in_front(server)
    models = (await (await of_ollama(bridge)).ps()).models
    assert [(model.name, model.context_length) for model in models] == [(MODEL, LENGTHS.get(server))] * loaded


async def test_a_list_that_the_server_keeps_to_itself_is_its_error(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, fake = await in_front("vllm")
    await bridge.send("/", method="GET")
    fake.gets["/v1/models"] = (401, {"error": "Unauthorized"})
    with pytest.raises(ollama.ResponseError, match="Unauthorized") as caught:
        await (await of_ollama(bridge)).list()
    assert caught.value.status_code == 401


# Embeddings.


async def test_embed_answers_vectors_of_length_one_in_the_order_of_the_texts(
    in_front: InFront, of_ollama: OfOllama
) -> None:
    bridge, fake = await in_front("llama.cpp")
    client = await of_ollama(bridge)
    answer = await client.embed(MODEL, ["a", "b"], dimensions=2)
    first, second = answer.embeddings
    assert list(first) == pytest.approx([0.6, 0.8])
    assert list(second) == pytest.approx([3 / math.hypot(3, 8), 8 / math.hypot(3, 8)])
    assert answer.prompt_eval_count == 5
    assert fake.received[-1].json == {"model": MODEL, "input": ["a", "b"], "encoding_format": "float"}
    assert len((await client.embed(MODEL, "a")).embeddings) == 1


async def test_the_older_route_answers_the_vector_as_it_is(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, _ = await in_front("llama.cpp")
    assert list((await (await of_ollama(bridge)).embeddings(MODEL, "a")).embedding) == [3, 4, 0]


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/api/embed", b'{"model":"m","input":""}', {"model": "m", "embeddings": []}),
        ("/api/embed", b'{"model":"m"}', {"model": "m", "embeddings": []}),
        ("/api/embeddings", b'{"model":"m","prompt":""}', {"embedding": []}),
    ],
)
async def test_nothing_to_embed_loads_the_model_which_is_not_ours_to_do(
    in_front: InFront, path: str, body: bytes, expected: dict[str, Any]
) -> None:
    bridge, fake = await in_front("vllm")
    assert (await bridge.send(path, body)).json == expected
    assert not [one for one in fake.received if one.method == "POST"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"input":"a"}', "model is required"),
        (b'{"model":"m","input":[1]}', "invalid input type"),
        (b'{"model":"m","input":7}', "invalid input type"),
        (b"", "missing request body"),
    ],
)
async def test_a_bad_embed_body_is_a_400(in_front: InFront, body: bytes, message: str) -> None:
    bridge, _ = await in_front("vllm")
    answer = await bridge.send("/api/embed", body)
    assert (answer.status, answer.json) == (400, {"error": message})


async def test_a_server_without_embeddings_is_a_clear_error(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, _ = await in_front("mlx-lm")
    with pytest.raises(
        ollama.ResponseError, match="mlx-lm answers /v1/embeddings with status 404: Not Found"
    ) as caught:
        await (await of_ollama(bridge)).embed(MODEL, "a")
    assert caught.value.status_code == 400


# Routes that change models.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/pull"),
        ("POST", "/api/push"),
        ("POST", "/api/create"),
        ("POST", "/api/copy"),
        ("DELETE", "/api/delete"),
        ("POST", "/api/blobs/sha256:00"),
        ("HEAD", "/api/blobs/sha256:00"),
    ],
)
async def test_changing_the_models_is_a_clear_error_and_reaches_nobody(
    in_front: InFront, method: str, path: str
) -> None:
    bridge, fake = await in_front("vllm")
    answer = await bridge.send(path, b'{"model":"a"}' if method != "HEAD" else None, method=method)
    assert answer.status == 400
    if method != "HEAD":
        assert "vLLM at http://127.0.0.1" in answer.json["error"]
        assert path.split("/")[2] in answer.json["error"]
    assert {one.method for one in fake.received} == {"GET"}


async def test_the_ollama_package_raises_for_them(in_front: InFront, of_ollama: OfOllama) -> None:
    bridge, _ = await in_front("llama.cpp")
    client = await of_ollama(bridge)
    with pytest.raises(ollama.ResponseError, match="not Ollama's"):
        await client.pull("a")
    with pytest.raises(ollama.ResponseError, match="not Ollama's"):
        [part async for part in await client.pull("a", stream=True)]
    with pytest.raises(ollama.ResponseError, match="not Ollama's"):
        await client.delete("a")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/tags", 405),
        ("GET", "/api/show", 405),
        ("GET", "/api/pull", 405),
        ("GET", "/api/chat", 405),
        ("PUT", "/api/generate", 405),
        ("GET", "/api/nothing", 404),
        ("POST", "/api/me", 404),
    ],
)
async def test_wrong_methods_and_paths_are_answered_as_ollama_does(
    in_front: InFront, method: str, path: str, status: int
) -> None:
    bridge, _ = await in_front("vllm")
    answer = await bridge.send(path, method=method)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/plain"


async def test_the_bridge_starts_without_its_backend_and_knows_it_later(start: Start) -> None:
    fake = FakeOpenAI("vllm")
    async with fake.running():
        port = fake.port
    bridge = await start(backend=f"http://127.0.0.1:{port}", backends={"wire": "auto"})
    answer = await bridge.send("/api/tags", method="GET")
    assert answer.status == 502
    assert "no connection to the backend" in answer.json["error"]
    async with fake.running(port):
        answer = await bridge.send("/api/tags", method="GET")
    assert [one["name"] for one in answer.json["models"]] == [MODEL]


async def test_another_server_at_the_same_address_is_recognised(start: Start) -> None:
    async with FakeOpenAI("vllm").running() as fake:
        port = fake.port
        bridge = await start(backend=fake.url, backends={"wire": "auto"})
        assert (await bridge.send("/api/tags", method="GET")).status == 200
    assert (await bridge.send("/api/tags", method="GET")).status == 502
    async with FakeOpenAI("sglang").running(port):
        assert (await bridge.send("/api/tags", method="GET")).status == 200
    found = [line["server"] for line in bridge.log if line["event"] == "backend recognised"]
    assert found == ["vllm", "sglang"]


@pytest.mark.parametrize("server", SERVERS)
async def test_readiness_is_asked_where_the_server_tells_it(in_front: InFront, server: ServerName) -> None:
    bridge, fake = await in_front(server)
    answer = await bridge.send("/readyz", method="GET")
    assert (answer.status, answer.json["ready"]) == (200, True)
    assert fake.questions[-1] == fake.traits.ready
    fake.gets[fake.traits.ready] = (503, {"error": {"message": "Loading model"}})
    assert (await bridge.send("/readyz", method="GET")).status == 503


async def test_a_template_without_tools_is_shown_as_it_is(in_front: InFront) -> None:
    bridge, fake = await in_front("llama.cpp")
    fake.gets["/props"] = (200, {"default_generation_settings": {"n_ctx": 512}, "chat_template": BARE})
    shown = (await bridge.send("/api/show", b'{"model":"%b"}' % MODEL.encode())).json
    assert shown["template"] == BARE
    assert shown["capabilities"] == ["completion", "tools"]


@pytest.mark.parametrize(("path", "methods"), _MANAGING.items())
def test_a_route_that_changes_models_is_one_for_managers_too(path: str, methods: tuple[str, ...]) -> None:
    assert all(changes(method, path) for method in methods if method != "HEAD")
