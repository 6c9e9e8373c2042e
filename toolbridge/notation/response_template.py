r"""A model's own description of how it writes calls, as a dialect: the `response_template` of a tokenizer.

    {"fields": {"tool_calls": {
        "open_pattern": "<tool_call>\\s*<function=(?P<name>\\w+)>", "close": "</tool_call>", "content": "xml-inline",
        "content_args": {"tag_pattern": "<parameter=(?P<key>\\w+)>\\s*(?P<value>.*?)\\s*</parameter>"},
        "transform": {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}}}}}

It stands in `tokenizer_config.json` (transformers 5.13 and later). vLLM and SGLang read it there, too; no server shows
it. Its three kinds of calls are read: objects and lists of JSON with a name and arguments in them, JSON behind a name
in the opener, and elements behind such a name. The reader's own rules hold for the rest: types come from the tool's
schema, mistakes are forgiven, and reasoning is found by the markers that the bridge knows.

Not read, and refused with the reason: expressions with choices, lookarounds or an optional beginning; strings between
delimiters (`string_delims`); `kv-lines`; closing expressions; and keys of a call under names that no family has.
"""

from collections.abc import Mapping
from typing import Any

from toolbridge.errors import Misuse, shown
from toolbridge.notation.dialect import Dialect, Opener, Read
from toolbridge.notation.members import STRAY, Members, Structure, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import named_value
from toolbridge.notation.shapes.json_arguments import arguments_through
from toolbridge.notation.shapes.json_block import json_block
from toolbridge.notation.shapes.json_call import ARGUMENT_KEYS, NAME_KEYS
from toolbridge.notation.template_pattern import Part, parts, read_parts
from toolbridge.notation.values import Ends, loose
from toolbridge.scanner import Grammar, Markers

NAME = "response-template"
_CONTENT = "{content}"
_SHORTEST = 3
"""Characters that an opener has at least: prose is full of shorter ones."""


def template_dialect(template: Mapping[str, Any]) -> Dialect:
    """The dialect of a response template, or of a `tokenizer_config.json` that holds one.

    Raises `Misuse` for a template that describes no calls, or describes them in a way that is not read.
    """
    template = template.get("response_template", template)
    fields = template.get("fields") if isinstance(template, Mapping) else None
    field = fields.get("tool_calls") if isinstance(fields, Mapping) else None
    if not isinstance(field, Mapping):
        raise Misuse("the response template has no field `tool_calls`: it describes no calls")
    heads = _heads(field)
    closers = _closers(field)
    content = field.get("content", "text")
    if content == "json":
        reads, then = _json(field, heads, closers)
    elif content == "xml-inline":
        reads, then = _elements(field, heads, closers), ("",)
    else:
        raise Misuse(f"the calls of the response template are {shown(content)}, which is not read")
    return Dialect(
        name=NAME,
        read=lambda reading, opener: reads[opener](reading, opener),
        openers=tuple(Opener(head[0].text, _then(head) or tuple(filter(None, then))) for head in heads),
        closers=closers,
        unpromptable="a response template says how calls are read, not how they are asked for",
    )


def _heads(field: Mapping[str, Any]) -> tuple[tuple[Part, ...], ...]:
    """What stands before the content of a call, for each way in which it may begin."""
    opens = field.get("open", ())
    literals = [opens] if isinstance(opens, str) else list(opens)
    heads: list[tuple[Part, ...]] = [(Part("text", literal),) for literal in literals if isinstance(literal, str)]
    if isinstance(pattern := field.get("open_pattern"), str):
        heads.append(parts(pattern))
    if not heads or any(not head or head[0].kind != "text" or len(head[0].text) < _SHORTEST for head in heads):
        raise Misuse("calls of the response template begin with no fixed text, so they cannot be found")
    return tuple(heads)


def _then(head: tuple[Part, ...]) -> tuple[str, ...]:
    """The text that follows the opener itself, if blanks alone may stand before it."""
    behind = [part for part in head[1:] if part.kind != "blanks"]
    return (behind[0].text,) if behind and behind[0].kind == "text" else ()


def _closers(field: Mapping[str, Any]) -> tuple[str, ...]:
    if "close_pattern" in field:
        raise Misuse("calls of the response template end with an expression, which is not read")
    closes = field.get("close", ())
    return (closes,) if isinstance(closes, str) else tuple(one for one in closes if isinstance(one, str))


def _json(
    field: Mapping[str, Any], heads: tuple[tuple[Part, ...], ...], closers: tuple[str, ...]
) -> tuple[Mapping[str, Read], tuple[str, ...]]:
    """What reads calls in JSON, by the opener, and the tokens of which one must follow the opener."""
    arguments = field.get("content_args")
    if isinstance(arguments, Mapping) and arguments.get("string_delims"):
        raise Misuse("the response template has strings between delimiters of its own, which are not read")
    name, values = _written_as(field)
    if values != _CONTENT or name == "":
        _check_keys(name, values)
        if any(len(head) > 1 for head in heads):
            raise Misuse("the opener of the response template holds more than text, and the name stands in the JSON")
        block = json_block(*closers)
        return {head[0].text: block for head in heads}, ("{", "[")

    def reader(head: tuple[Part, ...]) -> Read:
        def read(reading: Reading, _opener: str) -> Grammar:
            groups = yield from read_parts(reading, head[1:])
            tool = reading.resolve(groups.get(name, ""))
            yield from reading.scanner.blanks()
            yield from arguments_through(reading, tool, closers)
            reading.end()
            if closers:
                yield from _close(reading, closers)

        return read

    _check_group(heads, name)
    return {head[0].text: reader(head) for head in heads}, ()


def _close(reading: Reading, closers: tuple[str, ...]) -> Grammar:
    """Read the marker behind a call."""
    reading.open()
    yield from reading.scanner.blanks()
    yield from reading.scanner.literal(*closers)
    reading.mark("markup")
    reading.commit()


def _written_as(field: Mapping[str, Any]) -> tuple[str, str]:
    """Where the template finds the name and the arguments: a key of the object or a group, and a key or the content."""
    transform = field.get("transform")
    function = transform.get("function", transform) if isinstance(transform, Mapping) else None
    if transform is None or function == _CONTENT:
        return "", ""
    if not isinstance(function, Mapping):
        raise Misuse(f"the response template makes calls of {shown(transform)}, which is not read")
    name, values = (str(function.get(key, "")) for key in ("name", "arguments"))
    return name.strip("{}").removeprefix("content."), values if values == _CONTENT else values.strip("{}").rpartition(
        "."
    )[2]


def _check_keys(name: str, values: str) -> None:
    """Raise `Misuse` if the reader would not find name and arguments under these keys."""
    if (name and name not in NAME_KEYS) or (values and values not in ARGUMENT_KEYS):
        raise Misuse(f"the response template has the keys {shown(name)} and {shown(values)}, which no family has")


def _check_group(heads: tuple[tuple[Part, ...], ...], name: str) -> None:
    if any(Part("group", name) not in head for head in heads):
        raise Misuse(f"the openers of the response template have no group {shown(name)} for the name")


def _elements(
    field: Mapping[str, Any], heads: tuple[tuple[Part, ...], ...], closers: tuple[str, ...]
) -> Mapping[str, Read]:
    """What reads calls with an element for each parameter, by the opener."""
    arguments = field.get("content_args")
    pattern = arguments.get("tag_pattern") if isinstance(arguments, Mapping) else None
    if not isinstance(pattern, str) or not closers:
        raise Misuse("the elements of the response template have no `tag_pattern`, or the call has no `close`")
    row = parts(pattern)
    kinds = [(part.kind, part.text) for part in row if part.kind != "blanks"]
    shape = [kind if kind == "text" else f"{kind} {text}" for kind, text in kinds]
    if shape not in (
        ["text", "group key", "text", "group value", "text"],
        ["text", "group key", "text", "gap", "text"],
    ):
        raise Misuse(f"the elements of the response template are {shown(pattern)}, which is not read")
    begin, middle, end = (text for kind, text in kinds if kind == "text")
    name, _ = _written_as(field)
    _check_group(heads, name)
    own_lines = Part("blanks") in row

    def reader(head: tuple[Part, ...]) -> Read:
        def read(reading: Reading, _opener: str) -> Grammar:
            groups = yield from read_parts(reading, head[1:])
            reading.begin(reading.resolve(groups.get(name, "")))
            members = Members(reading)
            ends = Ends(end, Markers(loose(begin, *closers, *_closes(head))), own_lines=own_lines)

            def parameter(_tag: str) -> Grammar:
                found = yield from read_parts(reading, (Part("group", "key"), Part("text", middle)))
                yield from named_value(reading, members, found["key"], ends, empty=False)

            forgiven = dict.fromkeys(_closes(head), "") | {end: STRAY}
            yield from read_members(reading, members, Structure(closers[0], {begin: parameter}, forgiven, closers[1:]))

        return read

    return {head[0].text: reader(head) for head in heads}


def _closes(head: tuple[Part, ...]) -> tuple[str, ...]:
    """The close tags of the elements that a head opens within the call: `</function>` of `<function=`."""
    begun = (part.text for part in head[1:] if part.kind == "text" and part.text.startswith("<"))
    return tuple(f"</{text[1:].rstrip('= ')}>" for text in begun)
