"""SGLang's parsers, in an environment of their own: replies as JSON lines in, what they read as JSON lines out.

`llm-router-utils` ships the parsers without the engine. They are imported under the name that the package gives them.
"""

import json
import sys
from importlib import import_module

_SGLANG = "llm_router_utils.sglang.srt"
Tool = import_module(f"{_SGLANG}.entrypoints.openai.protocol").Tool
FunctionCallParser = import_module(f"{_SGLANG}.function_call.function_call_parser").FunctionCallParser


def main() -> None:
    """Read every reply with the parser that its line names."""
    for line in sys.stdin:
        asked = json.loads(line)
        tools = [Tool(type="function", function=function) for function in asked["tools"]]
        try:
            content, calls = FunctionCallParser(tools, asked["parser"]).parse_non_stream(asked["text"])
            told = {"content": content, "calls": [[call.name, call.parameters] for call in calls]}
        except Exception as error:  # noqa: BLE001 - any error of a parser is what the table tells
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")


main()
