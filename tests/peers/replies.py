"""Replies that every parser is given: the sample of each notation, and what models do to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from toolbridge.dialects import dialects
from toolbridge.events import ToolCall
from toolbridge.messages import Tool

CITY = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}, "required": ["city"]}
TOOLS = (Tool("get_weather", "The weather of a city.", CITY),)
OSLO = ToolCall("get_weather", '{"city": "Oslo"}')


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply in one notation. `row` is the title of the row of docs/differences.md that tells of such replies."""

    dialect: str
    kind: str
    text: str
    row: str = ""
    cut: bool = False


def replies() -> Iterator[Reply]:
    """The replies of every notation that has calls of its own."""
    for name, dialect in dialects().items():
        sample = dialect.form.write([OSLO], TOOLS) if dialect.form else dialect.sample
        opener = max((opener.literal for opener in dialect.openers), key=len, default="")
        yield Reply(name, "a call", sample)
        yield Reply(name, "text around a call", f"Let me look.\n{sample}\nDone.", "Text behind a call")
        yield Reply(name, "a call that is cut", sample[: len(sample) * 4 // 5], _CUT, cut=True)
        yield Reply(
            name,
            "an unknown tool",
            sample.replace("get_weather", "unknown"),
            "A tool that nobody offered, in the notation asked for",
        )
        yield Reply(
            name, "a call between backticks", f"Write `{' '.join(sample.split())}` so.", "A call between backticks"
        )
        thought = f"<think>I could write {sample} then.</think>Done."
        yield Reply(name, "a call in reasoning", thought, _THOUGHT)
        if len(opener) > 1:
            yield Reply(
                name, "half an opener", f"Look at {opener[:-1]}", "A marker that is cut at the end of the reply"
            )


_CUT = "A call that is cut, where calls are released whole"
_THOUGHT = "A call within closed reasoning, in a family that closes its reasoning"
