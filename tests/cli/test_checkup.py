"""What the doctor finds out, without a process around it; `test_doctor` shows how it is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from tests.fake_ollama import FakeOllama
from tests.fake_openai import MODEL, FakeOpenAI
from toolbridge.cli.checkup import Finding, Progress, Report, Verdict, examine
from toolbridge.models import Backend, Model
from toolbridge.server.logs import make_log
from toolbridge.server.settings import LogSettings, Settings

HERMES = "{% if tools %}<tool_call>{{ tools }}{% endif %}{{ messages }}system"


async def examined(url: str, wanted: str = "", progress: Progress | None = None, **settings: Any) -> Report:
    return await examine(Settings(backend=url, **settings), make_log(LogSettings(level="error")), wanted, progress)


@pytest.fixture
async def ollama() -> AsyncIterator[FakeOllama]:
    fake = FakeOllama()
    fake.shows["embed:latest"] = {"capabilities": ["embedding"]}
    fake.shows["tiny:latest"] = {
        "details": {"family": "tiny", "parameter_size": "0.5B"},
        "model_info": {"general.architecture": "tiny", "tiny.context_length": 2048},
        "capabilities": ["completion"],
    }

    async def tags(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        names = ("plain:1b", "able:8b", "embed:latest", "tiny:latest")
        return web.json_response({"models": [{"name": name} for name in names]})

    fake.more["/api/tags"] = tags
    async with fake.running():
        yield fake


async def test_each_model_has_a_verdict_with_the_plan_for_its_tools(ollama: FakeOllama) -> None:
    report = await examined(ollama.url)
    modes = {one.model.name: one.plan.mode if one.plan else None for one in report.models}
    assert modes == {"plain:1b": "prompted", "able:8b": "native", "embed:latest": None, "tiny:latest": "prompted"}
    assert (report.ok, report.reachable, report.backend.server) == (True, True, "ollama")


async def test_a_model_that_the_engine_parses_itself_shows_what_a_forced_call_is_asked_for_in(
    ollama: FakeOllama,
) -> None:
    ollama.shows["able:8b"]["modelfile"] = "FROM x\nPARSER qwen3-coder\n"
    verdicts = {one.model.name: one for one in (await examined(ollama.url)).models}
    assert verdicts["able:8b"].forced == "xml"
    assert verdicts["able:8b"].own == ("qwen3-coder", "the engine's parser is qwen3-coder")
    assert verdicts["plain:1b"].forced == ""
    chosen = (await examined(ollama.url, "able*", tools={"dialect": "json"})).models
    assert [one.forced for one in chosen] == ["json"]


async def test_an_ollama_is_judged_by_what_its_models_say_and_not_by_its_version(ollama: FakeOllama) -> None:
    """An Ollama that was built from its source calls itself 0.0.0."""
    ollama.more["/api/version"] = ollama.answering(200, {"version": "0.0.0"})
    assert not [one for one in (await examined(ollama.url)).findings if "update it" in one.todo]
    for name in ollama.shows:
        ollama.shows[name].pop("capabilities", None)
    (old,) = [one for one in (await examined(ollama.url)).findings if "update it" in one.todo]
    assert old.what == "Ollama 0.0.0 does not say what its models can do"


async def test_a_model_that_is_too_small_or_has_a_small_window_is_advised_against(ollama: FakeOllama) -> None:
    report = await examined(ollama.url, "tiny")
    (verdict,) = report.models
    assert ["very small" in one.what for one in verdict.findings] == [True, False]
    assert "a window of 2048 tokens" in verdict.findings[1].what
    assert set(verdict.findings) < set(report.findings)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("tiny", ["tiny:latest"]),
        ("TINY:latest", ["tiny:latest"]),
        ("*:latest", ["embed:latest", "tiny:latest"]),
        ("*e", []),
        ("plain", []),
        ("plain:*", ["plain:1b"]),
    ],
)
async def test_a_pattern_matches_a_name_in_any_case_with_or_without_latest(
    ollama: FakeOllama, wanted: str, names: list[str]
) -> None:
    report = await examined(ollama.url, wanted)
    assert [one.model.name for one in report.models] == names
    assert report.ok == bool(names)
    if not names:
        assert report.findings[0].what == f"no model of the backend is called {wanted}"


async def test_the_version_is_the_servers_own_word() -> None:
    async with FakeOpenAI("llama.cpp").running() as fake:
        report = await examined(fake.url, backends={"wire": "auto"})
        assert (report.backend.server, report.version) == ("llama.cpp", "b1")
        assert [one.model.name for one in report.models] == [MODEL]
        fake.gets["/props"] = (500, {})
        assert (await examined(fake.url, backends={"server": "llama.cpp"})).version == ""


async def test_a_server_that_cannot_be_reached_is_a_problem_and_has_no_models() -> None:
    report = await examined("http://127.0.0.1:9")
    assert (report.ok, report.reachable, report.models) == (False, False, [])
    assert [finding.level for finding in report.findings] == ["problem"]


@pytest.mark.parametrize(
    ("model", "template"),
    [
        (Model("m", template=HERMES), "shows tools"),
        (Model("m", template="{{ messages }}"), "shows no tools"),
        (Model("m"), "unknown"),
        (Model("m", template="{{ messages }}", capabilities=frozenset({"tools"})), "shows no tools"),
    ],
)
def test_a_verdict_tells_of_the_template_whatever_the_capabilities_say(model: Model, template: str) -> None:
    assert Verdict(model, None).template == template


def test_advice_stands_in_nobodys_way() -> None:
    advice, problem = Finding("advice", "do"), Finding("problem", "mend")
    assert Report(Backend("http://127.0.0.1:9"), findings=[advice]).ok
    assert not Report(Backend("http://127.0.0.1:9"), findings=[advice, problem]).ok


async def test_progress_is_told_once_for_each_model(ollama: FakeOllama) -> None:
    steps: list[tuple[int, int]] = []

    def note(done: int, of: int) -> None:
        steps.append((done, of))

    report = await examined(ollama.url, progress=note)
    assert steps == [(done, 4) for done in range(5)]
    assert len(report.models) == 4
