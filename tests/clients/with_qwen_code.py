"""Qwen Code, headless, on OpenAI's wire."""

# /// script
# [tool.toolbridge]
# npm = "@qwen-code/qwen-code"
# program = "qwen"
# ///

from tests.clients.agent import QUESTION, Agent, run_agent

run_agent(
    Agent(
        tool="read_file",
        given=lambda note: {"file_path": str(note)},
        command=lambda run: [
            run.program,
            "--auth-type",
            "openai",
            "--model",
            run.model,
            "--yolo",
            "--prompt",
            QUESTION,
        ],
        around=lambda run: {"OPENAI_BASE_URL": f"{run.url}/v1", "OPENAI_API_KEY": "any", "OPENAI_MODEL": run.model},
    )
)
