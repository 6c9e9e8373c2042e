r"""`react`: agents that think, act and observe, as prompts have asked since the paper of that name.

    Thought: I need the weather.
    Action: get_weather
    Action Input: {"city": "Oslo"}
    Observation:

Prose has these words as well, so they are looked for only where this notation was asked for, at the start of a line. A
thought is content, with its label. An action is a call once its input follows. The input is a JSON object, in a fence
or bare. For a tool with one parameter, or with one required parameter, it may be the raw value of that parameter, up to
the next label. For a tool that requires nothing it may be missing. `Action: None` and a sentence in place of a name are
text. `Final Answer:` is dropped where it is the first text. An `Observation:` behind an action is a result that the
model makes up, and so is everything behind it.

Labels may be bold or numbered. The format is written from memory; the prompts of LangChain and Qwen-Agent agree on it.
"""

import json
import re
from collections.abc import Generator, Sequence
from contextlib import suppress

from toolbridge import schema
from toolbridge.events import ToolCall
from toolbridge.messages import Tool
from toolbridge.notation.dialect import Dialect, Form, Opener
from toolbridge.notation.drafts import AROUND
from toolbridge.notation.literals import ENDS_OF_TURN
from toolbridge.notation.members import Members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.json_arguments import object_through
from toolbridge.notation.values import Value
from toolbridge.scanner import BLANK, Grammar, Markers, NotACall, OutOfText

_ANSWER = "Final Answer:"
_ACTIONS = ("Action:", "**Action", "Action ")
_INPUTS = ("Action Input", "**Action Input", "Action input", "**Action input", "Action_Input")
_LABELS = ("Observation", "Thought", "Action", "Final Answer")
_ENDS_OF_INPUT = frozenset((*(f"\n{bold}{label}" for label in _LABELS for bold in ("", "**")), *ENDS_OF_TURN))
_ENDS = Markers(_ENDS_OF_INPUT)
"""Markers that end a raw value."""
_NEXT = tuple(literal.removeprefix("\n") for literal in sorted(_ENDS_OF_INPUT))
"""Words in place of a value, which say that there is no input."""
_REST = r"\d *"
_LABEL_REST = re.compile(rf"[{_REST}]*")
_TO_COLON = rf"(?:[{_REST}_]{{0,64}}:|[{_REST}_]{{65}})"
"""Text between a label and its colon. More of it than models write counts as if a colon followed."""
_STARS = re.compile(r"\**")
_INFO = re.compile(r"\w*")
_FENCE = "```"
_NAME = re.compile(r"[\w.:/-]+")
_DECORATION = BLANK + "`\"'*[]()"
_NOBODY = frozenset({"none", "null", "n/a", "no", "nothing", "finish"})
"""Words that models write in place of a name where they do not act any more."""
_NOTHING = ("None", "none", "null", "N/A", '""')


def read(reading: Reading, opener: str) -> Grammar:
    """Read one action and its input, or the label of an answer."""
    scanner = reading.scanner
    if opener == _ANSWER:
        yield from _answer(reading)
        return
    if not opener.endswith(":"):
        yield from scanner.take(_LABEL_REST)
        yield from scanner.literal(":")
    yield from _stars(reading)
    name = _named(reading, (yield from _line(reading)))
    labelled = yield from _labelled(reading)
    start = scanner.here
    try:
        yield from scanner.blanks()
        nothing = bool((yield from scanner.sees(*_NEXT)))
    except OutOfText:
        if reading.cause != "stop":
            raise
        nothing = True
    if not nothing and not labelled:
        raise NotACall
    if nothing or (yield from _is_nothing(reading, name)):
        if nothing:
            scanner.back(start)
        _without(reading, name)
    elif (yield from scanner.sees("{", _FENCE)):
        yield from _object(reading, name)
    else:
        yield from _raw(reading, name)


def _answer(reading: Reading) -> Grammar:
    if reading.spoke or reading.called or reading.depth > 1:
        raise NotACall
    reading.mark("markup")
    yield from reading.scanner.blanks()
    reading.mark(AROUND)
    reading.drop_blanks()
    reading.commit()


def _stars(reading: Reading) -> Grammar:
    """Read the rest of a bold label."""
    with suppress(OutOfText):
        yield from reading.scanner.take(_STARS)


def _line(reading: Reading) -> Generator[None, None, str]:
    """Read the rest of the line, or of the reply."""
    scanner = reading.scanner
    parts: list[str] = []
    while True:
        at = scanner.text.find("\n", scanner.pos, scanner.stop)
        end = at if at >= 0 else scanner.stop
        parts.append(scanner.text[scanner.pos : end])
        scanner.pos = end
        if at >= 0 or (scanner.ended and end == len(scanner.text)):
            return "".join(parts)
        yield from scanner.settle()


def _named(reading: Reading, line: str) -> str:
    """The tool that an action names. Raises `NotACall` for text that is not a name."""
    written = line.strip(BLANK)
    name = written if written in reading.tools else line.strip(_DECORATION)
    known = reading.resolve(name)
    if known not in reading.tools and (not _NAME.fullmatch(name) or name.lower() in _NOBODY):
        raise NotACall
    return name


def _labelled(reading: Reading) -> Generator[None, None, bool]:
    """Read the label of the input. Returns whether it was there."""
    scanner = reading.scanner
    start = scanner.here
    with suppress(OutOfText):
        yield from scanner.blanks()
        if (yield from scanner.option(*_INPUTS)):
            yield from scanner.take(_LABEL_REST)
            yield from scanner.literal(":")
            yield from _stars(reading)
            return True
    scanner.back(start)
    return False


def _without(reading: Reading, name: str) -> None:
    """A call without arguments. Raises `NotACall` for a tool that requires arguments."""
    if not _needs_nothing(reading, name):
        raise NotACall
    reading.empty_call(name)


def _needs_nothing(reading: Reading, name: str) -> bool:
    tool = reading.tools.get(reading.resolve(name))
    return tool is not None and not schema.required(tool.parameters)


def _is_nothing(reading: Reading, name: str) -> Generator[None, None, bool]:
    """Whether the line at hand says that there is no input. If it does, the line is read."""
    scanner = reading.scanner
    if not _needs_nothing(reading, name) or not (yield from scanner.sees(*_NOTHING)):
        return False
    start = scanner.here
    if (yield from _line(reading)).strip(BLANK) in _NOTHING:
        return True
    scanner.back(start)
    return False


def _object(reading: Reading, name: str) -> Grammar:
    """Read an input that is a JSON object, in a fence or bare."""
    scanner = reading.scanner
    fence = yield from scanner.maybe(_FENCE)
    if fence:
        yield from scanner.take(_INFO)
        yield from scanner.blanks()
    if not (yield from scanner.sees("{")):
        raise NotACall
    reading.begin(name)
    yield from object_through(reading, (_FENCE,) if fence else ())
    if fence:
        with suppress(OutOfText):
            yield from scanner.blanks()
            yield from scanner.maybe(_FENCE)
    reading.end()


def _raw(reading: Reading, name: str) -> Grammar:
    """Read an input that is the value of one parameter, raw or as a JSON string on its line."""
    scanner = reading.scanner
    parameter = _parameter(reading, name)
    reading.begin(name)
    reading.tolerate("raw argument")
    members = Members(reading)
    value = members.value(parameter)
    if (yield from scanner.sees('"')):
        line = yield from _line(reading)
        text = _string(line.strip(BLANK))
        value.put(line if text is None else text)
        if text is not None:
            value.end()
            members.end()
            return
    yield from _until_next(reading, value)
    value.end()
    members.end()


def _parameter(reading: Reading, name: str) -> str:
    """The only parameter of the tool, or its only required parameter. Raises `NotACall` where there is neither."""
    tool = reading.tools.get(reading.resolve(name))
    if tool is None:
        raise NotACall
    for names in (tuple(schema.properties(tool.parameters)), schema.required(tool.parameters)):
        if len(names) == 1:
            return names[0]
    raise NotACall


def _string(line: str) -> str | None:
    """The characters of a JSON string; None for any other text."""
    try:
        text = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return None
    return text if isinstance(text, str) else None


def _until_next(reading: Reading, value: Value) -> Grammar:
    """Stream a raw value up to the next label, or to the end of the reply. Blanks at its end are left out."""
    scanner = reading.scanner
    held: list[str] = []
    search = _ENDS.pattern.search

    def put(text: str) -> None:
        bare = text.rstrip(BLANK)
        if bare:
            value.put("".join(held) + bare)
            held.clear()
        held.append(text[len(bare) :])

    def passage(text: str) -> bool:
        if search(text) is not None or not scanner.has_room(text):
            return False
        scanner.past(text)
        put(text)
        return True

    while True:
        if scanner.pos >= scanner.stop:
            if scanner.ended and reading.cause == "stop":
                return
            scanner.expect()
            yield from reading.wait(passage)
            continue
        found = _ENDS.search(scanner.text, scanner.pos, scanner.stop, ended=scanner.ended)
        at, literal = found or (scanner.stop, None)
        put(scanner.text[scanner.pos : at])
        scanner.pos = at
        if literal is not None:
            return
        if at < scanner.stop:
            yield from scanner.settle()


def write(calls: Sequence[ToolCall], _tools: Sequence[Tool]) -> str:
    """An action and its input for each call."""
    return "\n".join(f"Action: {call.name}\nAction Input: {call.arguments_json}" for call in calls)


DIALECT = Dialect(
    name="react",
    read=read,
    asked_openers=tuple(Opener(literal, line_start=True) for literal in (*_ACTIONS, _ANSWER)),
    form=Form(
        write=write,
        skeleton='Action: TOOL_NAME\nAction Input: {"PARAMETER_NAME": VALUE}',
        values=("The action input is one JSON object: text in double quotes, with line breaks written as \\n.",),
        wrapper=("Observation:", ""),
        markers=("Observation:",),
        labels=(rf"Action[ _]?(?:[Ii]nput)?{_TO_COLON}", rf"Observation{_TO_COLON}"),
    ),
)
