"""The example in the prompt: calls of a harmless declared tool, with values that are found nowhere else.

Models copy examples. So the tool only reads, and its values are canaries: invented values of the right type and format,
by which a copied call is recognised. They are derived from the names of the tool and the parameter alone, so that the
prompt stays the same byte for byte. If no declared tool is suitable, the example shows a tool that does not exist, and
says so.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toolbridge import schema as schemas
from toolbridge.budget import Budget
from toolbridge.dialect_choice import takes_long_text
from toolbridge.events import ToolCall
from toolbridge.messages import Tool

INVENTED = "example_tool"

_READS = frozenset(
    {
        *(
            "get",
            "list",
            "search",
            "read",
            "find",
            "look",
            "lookup",
            "query",
            "fetch",
            "show",
            "view",
            "check",
            "count",
        ),
        *(
            "describe",
            "retrieve",
            "forecast",
            "weather",
            "time",
            "date",
            "now",
            "info",
            "status",
            "convert",
            "translate",
        ),
        *(
            "calculate",
            "returns",
            "gets",
            "lists",
            "searches",
            "finds",
            "reads",
            "shows",
            "fetches",
            "retrieves",
            "return",
        ),
    }
)
"""A tool with such a word in its name, or as the first word of its description, only reads."""
_CHANGES = frozenset(
    {
        *(
            "write",
            "delete",
            "remove",
            "send",
            "run",
            "pay",
            "book",
            "update",
            "create",
            "exec",
            "execute",
            "post",
            "edit",
        ),
        *("insert", "upload", "modify", "overwrite", "replace", "purchase", "buy", "transfer", "submit", "publish"),
        *("deploy", "install", "destroy", "erase", "cancel", "save", "append"),
    }
)
"""A tool with such a verb in its name or in its description changes something."""
_CHANGES_NAMED = _CHANGES | {
    *("put", "patch", "add", "set", "move", "rename", "order", "start", "stop", "kill", "restart", "reboot", "drop"),
    *(
        "truncate",
        "reset",
        "email",
        "mail",
        "notify",
        "schedule",
        "turn",
        "toggle",
        "enable",
        "disable",
        "lock",
        "unlock",
    ),
    *("open", "close", "shell", "command", "bash", "sudo", "generate", "make", "charge", "invite", "share", "sign"),
    *(
        "grant",
        "revoke",
        "approve",
        "archive",
        "merge",
        "push",
        "commit",
        "clear",
        "control",
        "wipe",
        "trigger",
        "call",
    ),
    *("invoke", "launch", "shutdown", "log", "record", "store"),
}
"""The verbs for names. Some count only there: in a description, words such as set and open have other meanings."""
_CHANGES_FORMS = frozenset(
    form
    for verb in _CHANGES
    for form in (
        verb,
        verb + "s",
        verb + "es",
        verb + "ing",
        verb[:-1] + "ing",
        verb + verb[-1] + "ing",
        verb[:-1] + "ies",
    )
)
"""Forms of the verbs without the past tense: a tool that lists created files changes nothing."""

_PLAIN = re.compile(r"[\w.:/-](?:[\w.:/ -]{0,126}[\w.:/-])?")
"""Names that can be written in every notation."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SYLLABLES = (
    *("bru", "dal", "fen", "gor", "hal", "jor", "kel", "lum", "mar", "nev", "ost", "pel"),
    *("quo", "rav", "sol", "tir", "ulv", "ven", "wes", "yar", "zan", "bex", "cor", "dru"),
)
_ENDS = ("dale", "wick", "holm", "stead", "mere", "ford", "more", "vik", "haven", "burn", "fell", "gate")

_BY_NAME: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:^|_)(?:{names})(?:_|$)"), form)
    for names, form in (
        ("url|uri|link|href|website", "https://{word}.example/{number}"),
        ("email|mail|recipient", "{word}@{other}.example"),
        ("path|file|filename|filepath", "{word}/{other}.txt"),
        ("directory|dir|folder", "{word}/{other}"),
        ("date|day", "20{year}-0{digit}-1{digit}"),
        ("time", "1{digit}:3{digit}"),
        ("id|ids|uuid|key", "{word}-{number}"),
        ("query|queries|question|q|keywords|search", "{word} {other}"),
        ("currency", "X{letter}K"),
    )
)
_BY_FORMAT = {
    "date": "20{year}-0{digit}-1{digit}",
    "date-time": "20{year}-0{digit}-1{digit}T1{digit}:30:00Z",
    "time": "1{digit}:30:00Z",
    "uri": "https://{word}.example/{number}",
    "url": "https://{word}.example/{number}",
    "email": "{word}@{other}.example",
    "hostname": "{word}.example",
}
_FORMATS = tuple(_BY_FORMAT)
_LONGEST = 500
"""Characters that a value from the client's schema may have if the example shows it."""
_GREATEST = 2**63
"""The example shows only numbers below this bound. Python cannot even write a number of more than 4,300 digits."""
_LONG = 'if {word} < {number}:\n    say("{other}")'
"""Two lines with `<` and quotes. They show that a text is not escaped."""


@dataclass(frozen=True, slots=True)
class Example:
    """The calls that the prompt shows, and the tool that they call."""

    tool: Tool
    calls: tuple[ToolCall, ...]

    @property
    def invented(self) -> bool:
        """Whether the tool does not exist."""
        return bool(self.tool.extra.get(INVENTED))


def example(tools: Sequence[Tool], *, parallel: bool = True, budget: Budget | None = None) -> Example:
    """The example for these tools; the same tools give the same example. Raises `OverLimit`."""
    budget = budget or Budget()
    harmless_tools = [HarmlessTool(tool, budget) for tool in tools if only_reads(tool)]
    fitting = [(_rank(harmless), -position, harmless) for position, harmless in enumerate(harmless_tools)]
    ranked = sorted((row for row in fitting if row[0] is not None), key=lambda row: row[:2], reverse=True)
    rounds = range(2 if parallel else 1)
    for *_, harmless in ranked:
        shown = [_arguments(harmless, number) for number in rounds]
        if all(shown):
            tool = harmless.tool
            return Example(tool, tuple(ToolCall(tool.name, _json(values)) for values in shown if values))
    tool = _invented(tools)
    harmless = HarmlessTool(tool, budget)
    return Example(tool, tuple(ToolCall(tool.name, _json(_arguments(harmless, number) or {})) for number in rounds))


class HarmlessTool:
    """A tool that the example may show, and the answers of its schema about its parameters."""

    __slots__ = ("_budget", "_kinds", "declared", "must", "tool")

    def __init__(self, tool: Tool, budget: Budget) -> None:
        document = schemas.Document(tool.parameters, budget)
        self.tool = tool
        self.must = document.required(tool.parameters)
        self.declared = document.properties(tool.parameters)
        self._budget = budget
        self._kinds: dict[str, frozenset[str]] = {}

    def kinds(self, name: str) -> frozenset[str]:
        """The kinds of value that the parameter takes."""
        if name not in self._kinds:
            # `properties` has followed the references, so this schema needs no document.
            self._kinds[name] = schemas.kinds(self.declared[name], None, self._budget)
        return self._kinds[name]

    def is_scalar(self, name: str) -> bool:
        """Whether the parameter is neither a list nor an object."""
        return not self.kinds(name) & {"array", "object"}

    def is_string(self, name: str) -> bool:
        """Whether the parameter takes text."""
        return "string" in self.kinds(name)

    def is_bare_optional(self, name: str) -> bool:
        """Whether the parameter is optional and takes only numbers or flags."""
        plain = self.is_scalar(name) and not self.is_string(name)
        return name not in self.must and plain and "null" not in self.kinds(name)

    def is_legible(self, text: str) -> bool:
        """Whether a name or a value can be written in every notation."""
        return _PLAIN.fullmatch(text) is not None

    def given(self, name: str) -> Any:
        """A valid value that the schema itself holds; None if it holds none that is short enough."""
        value = next(_given(self.declared[name]), None)
        return None if value is None or _is_too_long(value) else value

    def invented(self, name: str, number: int) -> Any:
        """An invented value for the example of this number; None if none can be invented."""
        seed = _Seed(f"{self.tool.name}\0{name}\0{number}")
        value = seed.value(name, self.declared[name], self.kinds(name))
        return None if value is None or _is_too_long(value) else value

    def is_restricted(self, name: str) -> bool:
        """Whether the schema limits the values so that none can be invented: by a list, a pattern or an odd format."""
        schema = self.declared[name]
        pattern = isinstance(schema.get("pattern"), str) and schema.get("format") not in _FORMATS
        odd_format = self.is_string(name) and schema.get("format") not in (None, *_FORMATS)
        return pattern or odd_format or bool(schemas.named_values(schema)) or "anyOf" in schema or "oneOf" in schema


def _json(arguments: Mapping[str, Any]) -> str:
    return json.dumps(arguments, ensure_ascii=False)


def _invented(tools: Sequence[Tool]) -> Tool:
    taken = {tool.name for tool in tools}
    name = next(name for name in (INVENTED + "_" * number for number in range(len(taken) + 1)) if name not in taken)
    properties = {"place": {"type": "string"}, "count": {"type": "integer", "minimum": 2, "maximum": 99}}
    return Tool(
        name,
        parameters={"type": "object", "properties": properties, "required": list(properties)},
        extra={INVENTED: True},
    )


def only_reads(tool: Tool) -> bool:
    """Whether the tool only reads, judged by its name and its description."""
    if changes(tool):
        return False
    first = re.search(r"[A-Za-z]+", tool.description)
    return not _READS.isdisjoint({*_words(tool.name), *([first[0].lower()] if first else ())})


def changes(tool: Tool) -> bool:
    """Whether the tool may change something, judged by its name and its description."""
    described = (word.lower() for word in re.findall(r"[A-Za-z]+", tool.description))
    return bool(_words(tool.name) & _CHANGES_NAMED) or not _CHANGES_FORMS.isdisjoint(described)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _rank(harmless: HarmlessTool) -> tuple[int, ...] | None:
    """How well the tool shows the form: more is better. None if its parameters do not fit into an example."""
    if not 1 <= len(harmless.must) <= 3:
        return None
    if any(name not in harmless.declared or not harmless.is_scalar(name) for name in harmless.must):
        return None
    if not all(map(_PLAIN.fullmatch, (harmless.tool.name, *harmless.declared))):
        return None
    long = any(_is_long(name, harmless.declared[name]) for name in harmless.must)
    bare = any(not harmless.is_string(name) for name in harmless.must)
    spare = any(map(harmless.is_bare_optional, harmless.declared))
    return int(long), int(bare), int(spare), -len(harmless.must)


def _is_long(name: str, schema: Mapping[str, Any]) -> bool:
    return takes_long_text(Tool(name, parameters={"properties": {name: schema}}))


def _arguments(harmless: HarmlessTool, number: int) -> dict[str, Any] | None:
    """The values of one call. None if a value cannot be invented, or if no value is a canary."""
    names = [name for name in harmless.declared if name in harmless.must]
    if all(map(harmless.is_string, names)):
        names += [name for name in harmless.declared if harmless.is_bare_optional(name)][:1]
    values: dict[str, Any] = {}
    invented = False
    for name in names:
        restricted = harmless.is_restricted(name)
        value = harmless.given(name) if restricted else harmless.invented(name, number)
        if value is None:
            return None
        invented = invented or not (restricted or isinstance(value, bool))
        values[name] = value
    return values if invented else None


def _is_too_long(value: Any) -> bool:
    """Whether a value from the schema is too long to be shown in every prompt."""
    return len(value) > _LONGEST if isinstance(value, str) else not abs(value) < _GREATEST


def _given(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Valid values that the schema itself holds."""
    examples = schema.get("examples")
    for value in (*schemas.named_values(schema), *(examples if isinstance(examples, list) else ())):
        if isinstance(value, str | int | float):
            yield value


class _Seed:
    """Invented values, derived from a text, so that every process invents the same."""

    __slots__ = ("_bytes",)

    def __init__(self, text: str) -> None:
        self._bytes = hashlib.sha256(text.encode("utf-8", "replace")).digest()

    def value(self, name: str, schema: Mapping[str, Any], kinds: frozenset[str]) -> str | int | float | bool | None:
        if "string" in kinds:
            text = self._text(name, schema)
            most = schema.get("maxLength")
            least = schema.get("minLength")
            long = isinstance(most, int) and len(text) > most
            short = isinstance(least, int) and len(text) < least
            return None if long or short else text
        if "integer" in kinds:
            return self._integer(schema)
        return True if "boolean" in kinds else None

    def _text(self, name: str, schema: Mapping[str, Any]) -> str:
        plain = "_".join(word.lower() for word in _WORD.findall(name))
        wanted = schema.get("format")
        form = _BY_FORMAT.get(wanted) if isinstance(wanted, str) else None
        if form is None and _is_long(name, schema):
            form = _LONG
        if form is None:
            form = next((form for pattern, form in _BY_NAME if pattern.search(plain)), "{Word}")
        word = self._word(0)
        return form.format(
            word=word,
            Word=word.capitalize(),
            other=self._word(3),
            number=self._bytes[6] * 32 + 1001,
            digit=self._bytes[7] % 9 + 1,
            year=self._bytes[8] % 50 + 31,
            letter="BDFGHJLNPQRVWYZ"[self._bytes[9] % 15],
        )

    def _word(self, at: int) -> str:
        first, second, end = self._bytes[at : at + 3]
        syllables = _SYLLABLES[first % len(_SYLLABLES)], _SYLLABLES[second % len(_SYLLABLES)]
        return "".join(dict.fromkeys(syllables)) + _ENDS[end % len(_ENDS)]

    def _integer(self, schema: Mapping[str, Any]) -> int | None:
        """A number within the schema's bounds, odd where possible; from 11 to 97 if the schema has no bounds."""
        least = _bound(schema, "minimum", "exclusiveMinimum", 1)
        most = _bound(schema, "maximum", "exclusiveMaximum", -1)
        step = schema.get("multipleOf", 1)
        if not isinstance(step, int) or step < 1:
            return None
        low = least if least is not None else min(11, most if most is not None else 11)
        high = most if most is not None else max(97, low + 86 * step)
        first, last = -(-low // step), high // step
        if first > last:
            return None
        chosen = first + int.from_bytes(self._bytes[10:14], "big") % (last - first + 1)
        odd = chosen + 1 if chosen % 2 == 0 and chosen < last else chosen
        return odd * step


def _bound(schema: Mapping[str, Any], word: str, strict: str, shift: int) -> int | None:
    for bound, beyond in ((schema.get(strict), shift), (schema.get(word), 0)):
        if isinstance(bound, int | float) and not isinstance(bound, bool) and abs(bound) <= sys.float_info.max:
            return int(bound) + beyond
    return None
