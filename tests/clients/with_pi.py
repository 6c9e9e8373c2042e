"""pi, headless, on OpenAI's wire."""

# /// script
# [tool.toolbridge]
# npm = "@mariozechner/pi-coding-agent"
# program = "pi"
# ///

import json

from tests.clients.agent import MODELS, QUESTION, Agent, Run, run_agent


def prepare(run: Run) -> None:
    """Name the bridge as a provider."""
    models = [{"id": name, "contextWindow": 32768, "maxTokens": 4096} for name in MODELS]
    provider = {"baseUrl": f"{run.url}/v1", "api": "openai-completions", "apiKey": "any", "models": models}
    folder = run.home / ".pi" / "agent"
    folder.mkdir(parents=True)
    (folder / "models.json").write_text(json.dumps({"providers": {"bridge": provider}}))


run_agent(
    Agent(
        tool="read",
        given=lambda note: {"path": str(note)},
        command=lambda run: [run.program, "--provider", "bridge", "--model", run.model, "-p", QUESTION],
        around=lambda run: {"PI_OFFLINE": "1"},
        prepare=prepare,
    )
)
