"""gptme, headless, on OpenAI's wire with tools in the wire's own field."""

# /// script
# dependencies = ["gptme"]
#
# [tool.toolbridge]
# program = "gptme"
# ///

from tests.clients.agent import QUESTION, Agent, run_agent

run_agent(
    Agent(
        tool="shell",
        given=lambda note: {"command": f"cat {note}"},
        command=lambda run: [
            *[run.program, "--non-interactive", "--no-confirm", "--tool-format", "tool"],
            *["--model", f"local/{run.model}", QUESTION],
        ],
        around=lambda run: {"OPENAI_BASE_URL": f"{run.url}/v1", "OPENAI_API_KEY": "any"},
    )
)
