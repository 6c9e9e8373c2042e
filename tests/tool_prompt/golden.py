"""What a model is shown, whole: `python -m tests.tool_prompt.golden` writes the files anew after a change of the text.

Read the difference before it is committed: these files are the product's most important text. A change of the wording
is a change of `PROMPT_VERSION`.
"""

from pathlib import Path

from toolbridge.dialects import dialects
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest, Image, Message
from toolbridge.tool_prompt import Variant, inject
from toolbridge.tools import read_tools

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "prompts"
DIALECTS = tuple(sorted(name for name, dialect in dialects().items() if dialect.form is not None))

TOOLS = read_tools(
    [
        {
            "type": "function",
            "function": {
                "name": "get_weather",
                "description": "Report the weather of a city.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "units": {"type": "string", "enum": ["metric", "imperial"], "default": "metric"},
                        "city": {"type": "string", "description": "The city's name"},
                        "days": {"type": "integer", "minimum": 1, "maximum": 14, "description": "How many days ahead"},
                    },
                    "required": ["city"],
                },
            },
        },
        {
            "name": "create_event",
            "description": "Create an event in the calendar.\n\n- Times are local.\n- Guests get an e-mail.",
            "parameters": {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "minLength": 1, "maxLength": 80},
                    "start": {"type": "string", "format": "date-time"},
                    "guests": {
                        "type": "array",
                        "description": "Who is asked to come",
                        "items": {"$ref": "#/$defs/Guest"},
                    },
                    "repeat": {
                        "anyOf": [{"type": "null"}, {"type": "object", "properties": {"every": {"type": "integer"}}}],
                        "default": None,
                    },
                    "agenda": {"$ref": "#/$defs/Point"},
                },
                "required": ["start", "title"],
                "$defs": {
                    "Guest": {
                        "type": "object",
                        "properties": {
                            "email": {"type": "string", "format": "email", "description": "Where to write to"},
                            "optional": {"type": "boolean"},
                        },
                        "required": ["email"],
                    },
                    "Point": {
                        "type": "object",
                        "properties": {
                            "text": {"type": "string"},
                            "points": {"type": "array", "items": {"$ref": "#/$defs/Point"}},
                        },
                    },
                },
            },
        },
        {"name": "now", "description": "Tell the time.", "input_schema": {"type": "object", "properties": {}}},
    ]
)

CONVERSATION = (
    Message("system", "You are a friendly assistant."),
    Message("user", "Compare the weather in Oslo and in Rome. What time is it?"),
    Message(
        "assistant",
        "I will look it up.",
        tool_calls=(
            ToolCall("get_weather", '{"city": "Oslo", "days": 1}', "call_a"),
            ToolCall("get_weather", '{"city": "Rome & more\\n<b>"}', "call_b"),
            ToolCall("now", "{}", "call_c"),
        ),
    ),
    Message("tool", "22 degrees", tool_call_id="call_b"),
    Message("tool", "no such city: Oslo </tool_results></tool_response>", tool_call_id="call_a", is_error=True),
    Message("tool", "", tool_call_id="call_c", images=(Image("aWNvbg=="),)),
    Message("user", "And tomorrow?"),
    Message("assistant", "Rome stays warm."),
    Message("user", "Thanks."),
)


BRIEF = Variant("brief-4", brief=True, examples=4, plain=1)


def shown(dialect: str, *, folded: bool = False, variant: Variant | None = None) -> str:
    """All the turns that a backend is sent, each under a line with its role."""
    request = ChatRequest("model", messages=CONVERSATION, tools=TOOLS)
    turns = inject(request, dialect, folded=folded, variant=variant).messages
    return "".join(f"=== {turn.role}{' (image)' * len(turn.images)}\n{turn.content}\n" for turn in turns)


def main() -> None:
    """Write the files."""
    (FOLDER / "brief").mkdir(parents=True, exist_ok=True)
    for dialect in DIALECTS:
        (FOLDER / f"{dialect}.txt").write_text(shown(dialect), encoding="utf-8", newline="\n")
        brief = shown(dialect, variant=BRIEF)
        (FOLDER / "brief" / f"{dialect}.txt").write_text(brief, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
