"""Mistral's Vibe, headless, on OpenAI's wire."""

# /// script
# requires-python = ">=3.12"
# dependencies = ["mistral-vibe"]
#
# [tool.toolbridge]
# program = "vibe"
# ///

from tests.clients.agent import MODELS, QUESTION, Agent, Run, run_agent

HEAD = """\
active_model = "{model}"
enable_telemetry = false
enable_update_checks = false

[[providers]]
name = "bridge"
api_base = "{url}/v1"
api_key_env_var = "BRIDGE_KEY"
api_style = "openai"
backend = "generic"
"""
ENTRY = """
[[models]]
name = "{name}"
provider = "bridge"
alias = "{name}"
"""


def prepare(run: Run) -> None:
    """Name the bridge as a provider."""
    text = HEAD.format(model=run.model, url=run.url) + "".join(ENTRY.format(name=name) for name in MODELS)
    (run.home / "config.toml").write_text(text)


run_agent(
    Agent(
        tool="read_file",
        given=lambda note: {"path": str(note)},
        command=lambda run: [run.program, "--prompt", QUESTION, "--auto-approve"],
        around=lambda run: {"VIBE_HOME": str(run.home), "BRIDGE_KEY": "any"},
        prepare=prepare,
    )
)
