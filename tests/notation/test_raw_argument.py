"""Text in place of arguments: for which tools it is read, and where it ends."""

import json

import pytest

from tests.replies import Parsing, chunks, tool
from toolbridge.events import Cause

TEXT = {"type": "string"}
HEADER = "<|channel|>commentary to=functions.run<|message|>"


@pytest.mark.parametrize(
    "code", ["ls -la", 'print("x")\n\tif a < b: pass\n', "é 😀 \u2028 \\n </tool_call> <| x", "none of it", "-1"]
)
def test_text_is_the_only_argument_as_it_was_written(code: str) -> None:
    parsing = Parsing("harmony", [tool("run", {"command": TEXT})])
    read = parsing.read([f"{HEADER}{code}<|call|>"])
    assert [(name, json.loads(arguments)) for name, arguments in read.calls] == [("run", {"command": code})]
    assert read.tolerances == {"raw argument": 1}
    assert all(parsing.read(chunks(f"{HEADER}{code}<|call|>", size)) == read for size in (1, 2, 5))


@pytest.mark.parametrize("properties", [{}, {"a": TEXT, "b": TEXT}, {"n": {"type": "integer"}}])
def test_it_is_no_call_of_a_tool_that_takes_anything_else(properties: dict[str, object]) -> None:
    text = f"{HEADER}ls -la<|call|>"
    read = Parsing("harmony", [tool("run", properties)]).read([text])
    assert (read.content, read.calls) == (text, [])


@pytest.mark.parametrize(
    ("cause", "incomplete"), [("stop", []), ("length", [("run", "truncated")]), ("cut", [("run", "truncated")])]
)
def test_the_end_of_a_reply_ends_it_where_the_model_stopped(cause: Cause, incomplete: list[tuple[str, str]]) -> None:
    read = Parsing("harmony", [tool("run", {"command": TEXT})], cause).read([f"{HEADER}ls"])
    assert read.incomplete == incomplete
    assert len(read.calls) == (not incomplete)
