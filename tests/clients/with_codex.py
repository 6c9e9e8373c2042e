"""Codex CLI, headless, on the Responses API: it runs a command."""

# /// script
# [tool.toolbridge]
# npm = "@openai/codex"
# program = "codex"
# ///

import json

from tests.clients.agent import QUESTION, Agent, Run, run_agent

SETTINGS = """
model = {model}
model_provider = "toolbridge"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.toolbridge]
name = "toolbridge"
base_url = {url}
wire_api = "responses"
"""


def prepare(run: Run) -> None:
    """Name the bridge as a provider."""
    text = SETTINGS.format(model=json.dumps(run.model), url=json.dumps(f"{run.url}/v1"))
    (run.home / "config.toml").write_text(text)


chats = run_agent(
    Agent(
        tool="exec_command",
        given=lambda note: {"cmd": f"cat {note}"},
        command=lambda run: [
            *[run.program, "exec", "--skip-git-repo-check", "--sandbox", "danger-full-access"],
            QUESTION,
        ],
        around=lambda run: {"CODEX_HOME": str(run.home)},
        prepare=prepare,
    )
)
if len(chats) != 4:
    raise SystemExit(f"the backend was asked {len(chats)} times, not twice for each model")
