"""The arguments of a call, found in the user's words by the types that were listed.

Values of an enum are those that are named, numbers those beside the word that they count, and a parameter that takes a
place gets one: several places are several calls. A required value that is not to be found is `Missing`.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from toolbridge.cli.scripted import words
from toolbridge.cli.scripted.choice import SUMS, Wish, enum_values
from toolbridge.cli.scripted.notation import Call
from toolbridge.cli.scripted.tools import ListedTool, Parameter
from toolbridge.cli.scripted.types import Type, Types

NOTHING = object()
"""No value was found; None is one."""

_TAKES_NAMES = words.vocabulary(
    "address airport area capital city country destination district from language location municipality origin place "
    "port region station target to town venue village where"
)
"""Words of a parameter that takes a place, or something else with a name of its own."""
_TAKES_TEXT = words.vocabulary(
    "body comment content description expression formula keyword message note phrase prompt q query question sentence "
    "sql subject summary text title topic"
)
"""Words in the name of a parameter that takes what the sentence is about."""
_SHAPED = tuple(
    (words.vocabulary(names), re.compile(pattern, re.IGNORECASE))
    for names, pattern in (
        ("url uri link website", r"https?://[^\s\"'<>]+[^\s\"'<>.,;?!)]"),
        ("email mail recipient", r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,4}"),
        (
            "date day start end until since",
            r"\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?|today|tomorrow|yesterday",
        ),
        ("path file filename directory folder", r"(?<![\w/.~-])[\w~-]*[/.][\w/.~-]*\w"),
    )
)
"""Parameters whose values have a form of their own."""


class Missing(Exception):
    """A required value that the user's words do not hold."""

    def __init__(self, tool: ListedTool, parameter: Parameter) -> None:
        super().__init__(parameter.name)
        self.tool = tool
        self.parameter = parameter


def fill(wish: Wish, *, guess: bool = False) -> list[Call]:
    """The calls for a wish. Raises `Missing`, unless values may be guessed."""
    return [(wish.tool.name, arguments) for arguments in _Filling(wish, guess=guess).calls()]


class _Filling:
    """One text and one tool. Each number and quotation is given away once."""

    def __init__(self, wish: Wish, *, guess: bool) -> None:
        self._wish = wish
        self._tool = wish.tool
        self._guess = guess
        self._numbers = words.numbers(wish.text)
        self._quotations = words.quotations(wish.text)
        known = set(words.content_words(wish.tool.name)) | words.small_words(wish.tool.about) | wish.because
        for parameter in wish.tool.parameters:
            known.update(words.content_words(parameter.name), map(words.stem, enum_values(parameter)))
        self._places = words.places(wish.text, known)

    def calls(self) -> Iterator[dict[str, Any]]:
        """The arguments of each call."""
        takers = self._takers()
        each = len(takers) == 1 and not _is_list(takers[0])
        common = {one.name: self._find(one) for one in self._tool.parameters if one not in takers}
        for places in [[place] for place in self._places] if each and self._places else [self._places]:
            values = {**common, **self._placed(takers, places)}
            arguments = {}
            for parameter in self._tool.parameters:
                value = values[parameter.name]
                if value is NOTHING and parameter.required:
                    value = self._otherwise(parameter)
                if value is not NOTHING:
                    arguments[parameter.name] = value
            yield arguments

    def _takers(self) -> list[Parameter]:
        """The parameters that take places: those required, or one that is not."""
        texts = [one for one in self._tool.parameters if _holds(one.types, "string")]
        takers = [one for one in texts if _takes_names(one)]
        if not takers and self._places:
            takers = [one for one in texts if one.required and not _takes_text(one) and _shape(one) is None][:1]
        return [one for one in takers if one.required] or takers[:1]

    def _placed(self, takers: Iterable[Parameter], places: Iterable[str]) -> dict[str, Any]:
        rest = iter(places)
        values: dict[str, Any] = {}
        for parameter in takers:
            value = self._labelled(parameter)
            if value is NOTHING and _is_list(parameter):
                value = list(rest) or NOTHING
            elif value is NOTHING:
                value = next(rest, NOTHING)
            values[parameter.name] = value
        return values

    def _find(self, parameter: Parameter) -> Any:
        """The value of a parameter; NOTHING where the text has none."""
        value = self._labelled(parameter)
        return self._value(parameter.types, parameter) if value is NOTHING else value

    def _labelled(self, parameter: Parameter) -> Any:
        """A value that stands behind the parameter's name: `days=3`, `title: "Lunch"`."""
        text = words.labelled(self._wish.text, parameter.name)
        return NOTHING if text is None else _typed(text, parameter.types)

    def _value(self, types: Types, parameter: Parameter) -> Any:
        """A value of one of these types."""
        for one in types:
            if (find := self._finders.get(one.kind)) and (value := find(self, one, parameter)) is not NOTHING:
                return value
        return NOTHING

    def _named(self, one: Type, _parameter: Parameter) -> Any:
        return next(iter(self._mentioned(one)), NOTHING)

    def _mentioned(self, one: Type) -> list[Any]:
        """The values of an enum that the text names, in the text's order."""
        text = self._wish.text.lower()
        places = {
            value: found.start()
            for value in one.values
            if isinstance(value, str | int | float)
            and (found := re.search(rf"(?<!\w){re.escape(str(value).replace('_', ' ').lower())}(?!\w)", text))
        }
        return sorted(places, key=lambda value: places[value])

    def _boolean(self, _one: Type, parameter: Parameter) -> Any:
        """True for what is said, unless a no stands before it; what must be given and is not said is false."""
        said = set(words.stems(self._wish.text))
        word = next((word for word in words.stems(parameter.name) if word in said), None)
        if word is None:
            return False if parameter.required and parameter.default is None else NOTHING
        return not words.is_denied(word, self._wish.text)

    def _number(self, one: Type, parameter: Parameter) -> Any:
        """The number beside the word that it counts; for what must be given, any that is left."""
        fitting = [number for number in self._numbers if _fits(number.value, one, parameter)]
        for about in (parameter.name, parameter.about):
            counted = set(words.content_words(about))
            if near := [number for number in fitting if not counted.isdisjoint(number.near)]:
                fitting = near
                break
        else:
            fitting = fitting if parameter.required else []
        if not fitting:
            return NOTHING
        self._numbers.remove(fitting[0])
        return fitting[0].value

    def _text(self, _one: Type, parameter: Parameter) -> Any:
        named = set(words.content_words(parameter.name))
        if shape := _shape(parameter):
            found = shape.search(self._wish.text)
            return found[0] if found else NOTHING
        if not SUMS.isdisjoint({*named, *words.content_words(parameter.about)}) and (
            term := words.arithmetic(self._wish.text)
        ):
            return term
        if self._quotations:
            return self._quotations.pop(0)
        if parameter.required and not _takes_names(parameter):
            return words.topic(self._wish.text, self._wish.because)
        return NOTHING

    def _list(self, one: Type, _parameter: Parameter) -> Any:
        kinds = {item.kind for item in one.items}
        values: list[Any] = [value for item in one.items for value in self._mentioned(item)]
        if not values and kinds & {"integer", "number"}:
            values = [number.value for number in self._numbers]
        if not values and kinds & {"string", "any"}:
            values = self._quotations or self._places
        return values or NOTHING

    def _object(self, one: Type, _parameter: Parameter) -> Any:
        """An object, if all that it must hold is there."""
        values = {}
        for member in one.members:
            value = self._value(member.types, Parameter(member.name, member.types, required=member.required))
            if value is not NOTHING:
                values[member.name] = value
            elif member.required:
                return NOTHING
        return values or NOTHING

    def _otherwise(self, parameter: Parameter) -> Any:
        """A value for what must be given and was not said."""
        if parameter.default is not None:
            return parameter.default
        if _holds(parameter.types, "null"):
            return None
        if self._guess:
            return _guessed(parameter.types, parameter.least, self._wish.text)
        raise Missing(self._tool, parameter)

    _finders: ClassVar[dict[str, Callable[..., Any]]] = {
        "named": _named,
        "boolean": _boolean,
        "integer": _number,
        "number": _number,
        "string": _text,
        "any": _text,
        "array": _list,
        "object": _object,
    }


def _takes_names(parameter: Parameter) -> bool:
    if not _TAKES_NAMES.isdisjoint(words.content_words(parameter.name)):
        return True
    return not (_takes_text(parameter) or _shape(parameter)) and not _TAKES_NAMES.isdisjoint(
        words.content_words(parameter.about)
    )


def _takes_text(parameter: Parameter) -> bool:
    return not _TAKES_TEXT.isdisjoint(words.content_words(parameter.name))


def _shape(parameter: Parameter) -> re.Pattern[str] | None:
    named = set(words.content_words(parameter.name))
    return next((shape for names, shape in _SHAPED if names & named), None)


def _holds(types: Types, kind: str) -> bool:
    """Whether a type of this kind is among them, or in a list among them."""
    return any(one.kind == kind or (one.kind == "array" and _holds(one.items, kind)) for one in types)


def _is_list(parameter: Parameter) -> bool:
    return any(one.kind == "array" for one in parameter.types)


def _fits(value: float, one: Type, parameter: Parameter) -> bool:
    if one.kind == "integer" and not isinstance(value, int):
        return False
    least, most = parameter.least, parameter.most
    return (least is None or value >= least) and (most is None or value <= most)


def _typed(text: str, types: Types) -> Any:
    """A text as the first of these types that it can be."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    for one in types:
        match one.kind, value:
            case "named", _ if text in one.values:
                return text
            case "named", _ if value in one.values:
                return value
            case (("string" | "any"), _):
                return text
            case ("boolean", bool()) | ("integer", int()):
                return value
            case "number", int() | float() if math.isfinite(value):
                return value
            case _:
                continue
    return NOTHING


def _guessed(types: Types, least: float | None, text: str) -> Any:
    """Any value of one of these types."""
    one = types[0] if types else Type("any")
    match one.kind:
        case "named":
            return one.values[0]
        case "boolean":
            return False
        case "integer" | "number":
            return 1 if least is None else int(least) if least == int(least) else least
        case "array":
            return []
        case "object":
            return {member.name: _guessed(member.types, None, text) for member in one.members if member.required}
        case _:
            return text.strip()
