"""opencode, headless, with the AI SDK's provider for OpenAI-compatible servers."""

# /// script
# [tool.toolbridge]
# npm = "opencode-ai"
# program = "opencode"
# ///

import json

from tests.clients.agent import MODELS, QUESTION, Agent, Run, run_agent


def prepare(run: Run) -> None:
    """Name the bridge as a provider."""
    limit = {"context": 32768, "output": 4096}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{run.url}/v1", "apiKey": "any"},
        "models": {name: {"name": name, "limit": limit} for name in MODELS},
    }
    settings = {"provider": {"bridge": provider}, "autoupdate": False, "share": "disabled"}
    (run.place / "opencode.json").write_text(json.dumps(settings))


run_agent(
    Agent(
        tool="read",
        given=lambda note: {"filePath": str(note)},
        command=lambda run: [run.program, "run", "--model", f"bridge/{run.model}", QUESTION],
        around=lambda run: {"OPENCODE_DISABLE_MODELS_FETCH": "true", "OPENCODE_DISABLE_AUTOUPDATE": "true"},
        prepare=prepare,
    )
)
