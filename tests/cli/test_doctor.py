"""`toolbridge doctor`, as a process in front of servers on loopback: what it finds, what it advises, how it ends."""

import asyncio
import io
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from rich.console import Console

from tests.demo_process import demo
from tests.fake_ollama import FakeOllama
from toolbridge.cli.checkup import Finding, Report, Verdict
from toolbridge.cli.doctor import show
from toolbridge.cli.doctor import told as as_json
from toolbridge.messages import ChatRequest, Tool
from toolbridge.models import Backend, Model, Policy
from toolbridge.plan import plan

HERMES = "{% if tools %}<tool_call>{{ tools }}{% endif %}{{ messages }}system"
PROPS = {
    "default_generation_settings": {"n_ctx": 4096},
    "build_info": "b6000-abc",
    "chat_template": HERMES,
    "chat_template_caps": {"supports_tools": False},
}
LLAMA_CPP = {
    "/v1/models": {
        "object": "list",
        "data": [{"id": "tiny", "owned_by": "llamacpp", "meta": {"n_params": 900_000_000}}],
    },
    "/props": PROPS,
}
VLLM = {
    "/v1/models": {"object": "list", "data": [{"id": "Qwen/Qwen3-8B", "owned_by": "vllm", "max_model_len": 32768}]},
    "/version": {"version": "0.33.0"},
}


async def doctor(*arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOOLBRIDGE_")}
    command = (sys.executable, "-m", "toolbridge", "doctor", *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE, env=clean | variables)
    out, errors = await process.communicate()
    return process.returncode or 0, out.decode(), errors.decode()


async def told(url: str, *arguments: str, code: int = 0) -> Any:
    """The report that it writes as JSON."""
    ended, out, errors = await doctor("--backend", url, "--json", *arguments)
    assert ended == code, (out, errors)
    assert errors == ""
    report = json.loads(out)
    assert report["ok"] == (code == 0)
    return report


@asynccontextmanager
async def serving(answers: Mapping[str, Any], status: int = 200) -> AsyncIterator[str]:
    """A server with these answers, by its URL; it answers 404 to every other path."""

    async def answer(request: web.Request) -> web.Response:
        if request.path not in answers:
            return web.json_response({"detail": "no"}, status=404)
        return web.json_response(answers[request.path], status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    fake = FakeOllama()
    names = ("plain:1b", "able:8b", "own:8b", "gemma3:4b", "embed:latest")
    fake.shows |= {
        "own:8b": {
            "details": {"family": "qwen3", "parameter_size": "8.2B"},
            "template": HERMES,
            "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
            "capabilities": ["completion"],
        },
        "gemma3:4b": {"details": {"family": "gemma3"}, "capabilities": ["completion", "vision"]},
        "embed:latest": {"details": {"family": "nomic-bert"}, "capabilities": ["embedding"]},
    }

    async def tags(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"models": [{"name": name, "model": name} for name in names]})

    fake.more["/api/tags"] = tags
    async with fake.running():
        yield fake


async def test_each_model_of_an_ollama_is_told_with_the_way_its_tools_would_go_and_why(ollama: FakeOllama) -> None:
    report = await told(ollama.url)
    assert report["backend"] | {"url": "", "name": ""} == {
        "url": "",
        "name": "",
        "reachable": True,
        "server": "ollama",
        "wire": "ollama",
        "version": "0.12.0",
    }
    ways = {model["name"]: (model["mode"], model["dialect"], model["why"]) for model in report["models"]}
    assert ways == {
        "plain:1b": ("prompted", "xml", "the model has no tools, dialect: the default"),
        "able:8b": ("native", "auto", "the model has tools"),
        "own:8b": ("prompted", "hermes", "the model has no tools, dialect: the template holds <tool_call>"),
        "gemma3:4b": ("prompted", "json", "the model has no tools, dialect: Gemma writes fenced JSON best"),
        "embed:latest": (None, None, "it only embeds"),
    }
    own = next(model for model in report["models"] if model["name"] == "own:8b")
    assert (own["parameters"], own["context_length"], own["template"]) == (8.2, 40960, "shows tools")
    assert (own["trained_on"], own["known_by"]) == ("hermes", "the template holds <tool_call>")
    assert next(one for one in report["models"] if one["name"] == "gemma3:4b")["long_text_dialect"] == "xml"
    assert not ollama.chats
    assert any("num_ctx" in finding["todo"] for finding in report["findings"])


async def test_people_read_a_table_and_advice(ollama: FakeOllama) -> None:
    code, out, errors = await doctor("--backend", ollama.url)
    assert (code, errors) == (0, "")
    assert out.startswith(f"{ollama.url}: Ollama 0.12.0, on Ollama's wire\n")
    lines = out.splitlines()
    assert any(line.startswith("own:8b (8.2B)") and "40k" in line and "prompted, hermes" in line for line in lines)
    assert any(line.startswith("able:8b") and " yes " in line and " native " in line for line in lines)
    assert any(line.startswith("embed:latest") and line.rstrip().endswith("it only embeds") for line in lines)
    assert lines[-1] == "Ready: 5 models."


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (Model("laguna", capabilities=frozenset({"completion", "tools"})), "glm: the name says laguna"),
        (Model("x", architecture="lfm2", capabilities=frozenset({"completion"})), "lfm2: architecture lfm2"),
        (Model("laguna", capabilities=frozenset({"completion"})), "the name says laguna"),
    ],
)
def test_people_read_which_rule_told_the_models_own_notation(model: Model, rule: str) -> None:
    backend = Backend("http://gpu-box:11434", wire="ollama")
    asked = plan(ChatRequest(model.name, tools=(Tool("f"),), source="ollama"), model, backend, Policy())
    out = io.StringIO()
    report = Report(backend, reachable=True, models=[Verdict(model, asked)])
    show(report, Console(file=out, width=250, highlight=False))
    assert out.getvalue().count(rule) == 1


async def test_one_model_is_looked_at_alone_and_asked_about_alone(ollama: FakeOllama) -> None:
    report = await told(ollama.url, "--model", "ABLE*")
    assert [model["name"] for model in report["models"]] == ["able:8b"]
    assert len(ollama.questions) == 1
    assert [model["name"] for model in (await told(ollama.url, "--model", "embed"))["models"]] == ["embed:latest"]


async def test_a_model_that_is_not_there_is_a_problem(ollama: FakeOllama) -> None:
    report = await told(ollama.url, "--model", "nosuch", code=1)
    assert report["models"] == []
    (problem,) = [finding for finding in report["findings"] if finding["level"] == "problem"]
    assert "nosuch" in problem["what"]
    assert "able:8b" in problem["todo"]


async def test_the_operators_settings_are_those_of_the_plans(ollama: FakeOllama, tmp_path: Path) -> None:
    file = tmp_path / "toolbridge.toml"
    models = '[tools.models."able*"]\nmode = "prompt"\ndialect = "hermes"\n[tools.models."plain*"]\nmode = "off"\n'
    file.write_text(f'[backends]\nurl = "{ollama.url}"\n{models}', encoding="utf-8")
    _, out, _ = await doctor("--config", str(file), "--json")
    ways = {model["name"]: (model["mode"], model["why"]) for model in json.loads(out)["models"]}
    assert ways["able:8b"] == ("prompted", "prompting is set, dialect: set")
    assert ways["plain:1b"] == ("off", "switched off")


async def test_a_server_of_openais_wire_is_recognised_and_its_models_told() -> None:
    async with serving(LLAMA_CPP) as url:
        report = await told(url)
    assert report["backend"]["server"] == "llama.cpp"
    assert report["backend"]["wire"] == "openai"
    assert report["backend"]["version"] == "b6000-abc"
    (model,) = report["models"]
    assert (model["mode"], model["dialect"], model["capabilities"]) == ("prompted", "hermes", ["completion"])
    findings = " ".join(finding["what"] for finding in report["findings"])
    assert "very small" in findings
    assert "4096 tokens" in findings


async def test_a_server_that_says_nothing_of_tools_gets_advice_and_not_a_refusal() -> None:
    async with serving(VLLM) as url:
        report = await told(url)
    assert (report["backend"]["server"], report["backend"]["version"]) == ("vllm", "0.33.0")
    (model,) = report["models"]
    assert (model["mode"], model["why"], model["capabilities"]) == ("native", "the backend cannot say", None)
    assert (model["trained_on"], model["known_by"]) == ("hermes", "the name says qwen3")
    assert any(
        "does not say" in finding["what"] and "Qwen/Qwen3-8B" in finding["what"] for finding in report["findings"]
    )


async def test_nobody_there_is_a_problem_that_says_where_to_look() -> None:
    async with serving({}) as url:
        pass
    report = await told(url, code=1)
    assert not report["backend"]["reachable"]
    (problem,) = report["findings"]
    assert "no connection" in problem["what"]
    assert "--backend" in problem["what"]
    code, out, _ = await doctor("--backend", url)
    assert code == 1
    assert out.splitlines()[0] == f"{url}: not reachable"
    assert out.splitlines()[-1] == "Not ready."


async def test_something_else_that_answers_is_not_taken_for_a_backend() -> None:
    async with serving({"/": {"hello": "world"}}) as url:
        report = await told(url, code=1)
    (problem,) = report["findings"]
    assert "something answers there" in problem["what"]
    assert "backends.wire" in problem["todo"]


async def test_a_key_that_is_asked_for_is_named_and_never_shown() -> None:
    refusal = {"error": {"message": "Invalid API key", "type": "authentication_error"}}
    async with serving({"/v1/models": refusal}, status=401) as url:
        ended, out, errors = await doctor("--backend", url, "--json", TOOLBRIDGE_BACKENDS_API_KEY="hush-hush")
    assert ended == 1
    (problem,) = json.loads(out)["findings"]
    assert "Invalid API key" in problem["what"]
    assert "backends.api_key" in problem["todo"]
    assert "hush-hush" not in out + errors


async def test_no_models_at_all_is_a_problem() -> None:
    async with serving({"/v1/models": {"object": "list", "data": []}, "/version": {"version": "1"}}) as url:
        report = await told(url, code=1)
    assert [finding["what"] for finding in report["findings"]] == ["the backend has no models"]


async def test_settings_that_are_wrong_end_it_with_two() -> None:
    code, _, errors = await doctor("--backend", "ftp://x")
    assert code == 2
    assert "must be a URL" in errors


def test_the_scripted_model_of_the_demo_is_fine() -> None:
    with demo() as running:
        code, out, _ = asyncio.run(doctor("--backend", running.backend))
        assert (code, out.splitlines()[-1]) == (0, "Ready: 1 model.")
        assert "scripted" in out
        # The bridge is an Ollama too, whose models have tools.
        report = asyncio.run(told(running.bridge))
        assert [model["mode"] for model in report["models"]] == ["native"]


async def test_a_backend_that_goes_away_in_between_is_a_problem() -> None:
    sites: list[web.TCPSite] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/api/show":
            while sites:
                await sites.pop().stop()
            raise web.HTTPServiceUnavailable(headers={"Connection": "close"})
        models = {"models": [{"name": f"model-{number}"} for number in range(20)]}
        version = {"version": "0.12.0"}
        return web.json_response({"/api/version": version, "/api/tags": models, "/api/ps": models}.get(request.path))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0, keepalive_timeout=0)
    await runner.setup()
    sites.append(web.TCPSite(runner, "127.0.0.1", 0))
    await sites[0].start()
    try:
        report = await told(f"http://127.0.0.1:{runner.addresses[0][1]}", code=1)
    finally:
        await runner.cleanup()
    assert report["backend"]["server"] == "ollama"
    assert report["models"] == []
    (problem,) = report["findings"]
    assert "no connection" in problem["what"]


# The report, without a process around it.

UNREACHABLE = Report(
    Backend("http://gpu.lan:8000", "gpu"),
    findings=[Finding("problem", "no connection", "start it"), Finding("advice", "x.")],
)


def test_the_report_as_json_names_what_is_not_known_null() -> None:
    report = as_json(UNREACHABLE)
    assert (report["ok"], report["backend"]["wire"], report["backend"]["version"]) == (False, None, None)
    assert report["findings"][0] == {"level": "problem", "what": "no connection", "todo": "start it"}
    assert report["findings"][1]["todo"] is None


def test_the_report_for_people_has_problems_before_advice_in_whole_sentences() -> None:
    out = io.StringIO()
    show(UNREACHABLE, Console(file=out, width=80, highlight=False))
    lines = [line.strip() for line in out.getvalue().splitlines() if line.strip()]
    assert lines == [
        "http://gpu.lan:8000: not reachable",
        "Problems",
        "No connection.",
        "Start it.",
        "Advice",
        "X.",
        "Not ready.",
    ]
