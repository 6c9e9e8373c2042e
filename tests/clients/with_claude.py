"""Claude Code, headless, on Anthropic's wire. It asks every model to think."""

# /// script
# [tool.toolbridge]
# npm = "@anthropic-ai/claude-code"
# program = "claude"
# ///

from tests.clients.agent import QUESTION, Agent, run_agent

chats = run_agent(
    Agent(
        tool="Read",
        given=lambda note: {"file_path": str(note)},
        command=lambda run: [run.program, "-p", QUESTION, "--allowedTools", "Read"],
        around=lambda run: {
            "ANTHROPIC_BASE_URL": run.url,
            "ANTHROPIC_AUTH_TOKEN": "any",
            "ANTHROPIC_MODEL": run.model,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
    )
)
if "system" in [message["role"] for chat in chats for message in chat.json["messages"][1:]]:
    raise SystemExit("the backend was sent a system message that is not the first")
if [bool(chat.json.get("think")) for chat in chats] != [True, False, False] * 2:
    raise SystemExit(f"the backend was asked {len(chats)} times, not three times for each model")
