"""Cline's command line, headless, on OpenAI's wire."""

# /// script
# [tool.toolbridge]
# npm = "cline"
# program = "cline"
# ///

import os
import subprocess

from tests.clients.agent import QUESTION, Agent, Run, run_agent


def prepare(run: Run) -> None:
    """Name the bridge as the provider."""
    given = ["-p", "openai", "-k", "any", "-m", run.model, "-b", f"{run.url}/v1"]
    home = {"HOME": str(run.home), "PATH": os.environ["PATH"]}
    subprocess.run([run.program, "auth", *given], env=home, check=True, capture_output=True, timeout=60)


run_agent(
    Agent(
        tool="read_files",
        given=lambda note: {"files": [{"path": str(note)}]},
        command=lambda run: [run.program, "--auto-approve", "true", QUESTION],
        prepare=prepare,
    )
)
