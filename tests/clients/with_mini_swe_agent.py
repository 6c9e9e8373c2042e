"""mini-swe-agent, headless, with LiteLLM under it: it knows one tool, a shell."""

# /// script
# dependencies = ["mini-swe-agent", "mcp"]
#
# [tool.toolbridge]
# program = "mini"
# ///

from tests.clients.agent import QUESTION, Agent, run_agent

run_agent(
    Agent(
        tool="bash",
        given=lambda note: {"command": f"cat {note}"},
        command=lambda run: [run.program, "--yolo", "--exit-immediately", "--cost-limit", "0", "--task", QUESTION],
        around=lambda run: {
            "MSWEA_MODEL_NAME": f"openai/{run.model}",
            "OPENAI_API_BASE": f"{run.url}/v1",
            "OPENAI_API_KEY": "any",
            "MSWEA_COST_TRACKING": "ignore_errors",
            "MSWEA_CONFIGURED": "true",
        },
    )
)
