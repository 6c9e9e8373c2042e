"""Calls in a tag pair that holds JSON, read however they are cut and whenever they are released."""

import json
from typing import Any

from tests.replies import TOOLS, Parsing, chunks, cut


def pair(body: str) -> str:
    """The text in the tags of Hermes."""
    return f"<tool_call>{body}</tool_call>"


def called(body: str, tools: Any = TOOLS) -> list[tuple[str, Any]]:
    """The calls of a tag pair that holds only this text. Without a call all of it is text."""
    text = pair(body)
    parsing = Parsing("hermes", tools)
    whole = parsing.read([text])
    for pieces in (chunks(text, 1), *(cut(text, [place]) for place in range(1, len(text)))):
        assert parsing.read(pieces) == whole, pieces
    assert Parsing("hermes", tools, options={"release": "whole"}).read([text]).calls == whole.calls
    assert whole.content == ("" if whole.calls else text)
    return [(name, json.loads(arguments)) for name, arguments in whole.calls]
