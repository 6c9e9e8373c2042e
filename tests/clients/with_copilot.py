"""GitHub's Copilot CLI, headless and offline, with the bridge as its provider."""

# /// script
# [tool.toolbridge]
# npm = "@github/copilot"
# program = "copilot"
# ///

from tests.clients.agent import QUESTION, Agent, run_agent

run_agent(
    Agent(
        tool="view",
        given=lambda note: {"path": str(note)},
        command=lambda run: [run.program, "--allow-all-tools", "--prompt", QUESTION],
        around=lambda run: {
            "COPILOT_PROVIDER_BASE_URL": f"{run.url}/v1",
            "COPILOT_PROVIDER_API_KEY": "any",
            "COPILOT_MODEL": run.model,
            "COPILOT_OFFLINE": "true",
        },
    )
)
