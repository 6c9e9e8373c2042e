"""Continue's command line, headless, on Ollama's wire."""

# /// script
# [tool.toolbridge]
# npm = "@continuedev/cli"
# program = "cn"
# ///

from tests.clients.agent import QUESTION, Agent, Run, run_agent

SETTINGS = """\
name: tests
version: 0.0.1
schema: v1
models:
  - name: tests
    provider: ollama
    model: {model}
    apiBase: {url}
    capabilities: [tool_use]
"""


def prepare(run: Run) -> None:
    """Name the bridge as the server of the model."""
    (run.home / "config.yaml").write_text(SETTINGS.format(model=run.model, url=run.url))


run_agent(
    Agent(
        tool="Read",
        given=lambda note: {"filepath": str(note)},
        command=lambda run: [run.program, "-p", QUESTION, "--config", str(run.home / "config.yaml"), "--auto"],
        around=lambda run: {"CONTINUE_TELEMETRY_ENABLED": "0", "CONTINUE_GLOBAL_DIR": str(run.home / ".continue")},
        prepare=prepare,
    )
)
