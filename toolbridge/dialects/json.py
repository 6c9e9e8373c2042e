r"""`json`: calls as JSON without a marker, in a code fence or bare.

    ```json
    [{"name": "get_weather", "arguments": {"city": "Oslo"}}]
    ```

It is asked for where small models write it far better than tags (Gemma 2 and 3, Llama 2 and 3.0). Such text may just as
well be an answer in JSON, so a call needs an offered name and an object of arguments. Bare JSON must be the first text
of the reply.
"""

from collections.abc import Sequence

from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import Around
from toolbridge.notation.shapes.json_call import call_object, calls
from toolbridge.scanner import Grammar

_AROUND = Around(needs_arguments=True)


def read(reading: Reading, _opener: str) -> Grammar:
    """Read objects or lists of calls that follow each other, with blanks, `;` or `,` between them."""
    scanner = reading.scanner
    yield from calls(reading, _AROUND)
    while True:
        reading.open()
        yield from scanner.blanks()
        yield from scanner.maybe(";", ",")
        yield from scanner.blanks()
        reading.mark("markup")
        if not (yield from scanner.sees("{", "[")):
            reading.give_back()
            return
        yield from calls(reading, _AROUND)


def write(calls_: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """One fenced list."""
    return "```json\n[" + ",\n".join(map(call_object, calls_)) + "]\n```"


DIALECT = Dialect(
    name="json",
    read=read,
    unmarked=True,
    fenced=True,
    form=Form(
        write=write,
        skeleton='```json\n[{"name": "TOOL_NAME", "arguments": {"PARAMETER_NAME": VALUE}}]\n```',
        values=("The arguments are one JSON object: text in double quotes, with line breaks written as \\n.",),
        markers=("<tool_results>", "</tool_results>", "<result", "</result>"),
        calls=("json",),
    ),
)
