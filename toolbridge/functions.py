"""A Python function as a tool: the schema from its signature, the descriptions from its docstring.

    def get_weather(city: Annotated[str, "The city's name."], days: int = 1) -> str: …

The docstring describes the parameters in a section of its own (`days: How many days ahead.`), in the style of Google,
NumPy or Sphinx. A description in `Annotated` or in pydantic's `Field` overrides it. pydantic is loaded for the first
function.
"""

import functools
import inspect
import re
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, cast

from toolbridge.errors import RequestError
from toolbridge.messages import Tool

_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
"""The kinds of `*args` and `**kwargs`, which have no names for a model."""
_SECTIONS = re.compile(
    r"(args|arguments|parameters|params|returns?|yields?|raises|examples?|notes?|see also|attributes|warnings?)\s*:?",
    re.IGNORECASE,
)
_PARAMETERS = {"args", "arguments", "parameters", "params"}
_GOOGLE = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\)\s*)?:\s*(.*)")
_NUMPY = re.compile(r"\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$")
_SPHINX = re.compile(r":(?:param|parameter|arg|argument)\s([^:]*):\s*(.*)")
_SPHINX_NAME = re.compile(r"\*{0,2}(\w+)")


def function_tool(function: Callable[..., Any]) -> Tool:
    """The function as a tool.

    Raises `RequestError` if the type of a parameter has no JSON schema, if the function has only `*args` and
    `**kwargs`, and for a method without its object.
    """
    name = _name(function)
    _check_named(function, name)
    summary, described = _docstring(inspect.getdoc(_undecorated(function)) or "")
    return Tool(name=name, description=summary, parameters=_schema(function, name, described))


def _undecorated(function: Callable[..., Any]) -> Callable[..., Any]:
    while isinstance(function, functools.partial):
        function = function.func
    return cast("Callable[..., Any]", inspect.unwrap(function))


def _name(function: Callable[..., Any]) -> str:
    plain = _undecorated(function)
    name = getattr(plain, "__name__", None) or type(plain).__name__
    if name == "<lambda>":
        raise RequestError("a lambda has no name to be called by: define the tool with def")
    return cast("str", name)


def _check_named(function: Callable[..., Any], name: str) -> None:
    """Raises `RequestError` for parameters that a model cannot name."""
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and all(each.kind in _REST for each in parameters):
        shown = ", ".join(map(str, parameters))
        raise RequestError(f"the function {name!r} takes only {shown}: give each parameter a name and a type")
    owner = getattr(function, "__qualname__", "").rpartition(".")[0]
    is_method = inspect.isfunction(function) and owner and not owner.endswith("<locals>")
    if is_method and parameters and parameters[0].name == "self":
        kind = owner.rpartition(".")[2]
        raise RequestError(f"the method {name!r} needs its object: give {kind}(…).{name} and not {kind}.{name}")


def _schema(function: Callable[..., Any], name: str, described: dict[str, str]) -> dict[str, Any]:
    from pydantic import ConfigDict, Field, create_model  # noqa: PLC0415  loaded when used
    from pydantic.errors import PydanticUserError  # noqa: PLC0415  loaded when used
    from pydantic.json_schema import GenerateJsonSchema  # noqa: PLC0415  loaded when used

    class Plain(GenerateJsonSchema):
        """pydantic's schema without titles, which only repeat names, and without defaults that JSON cannot express."""

        ignored_warning_kinds = {"non-serializable-default", "skipped-choice"}  # noqa: RUF012  pydantic's own attribute

        def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's signature
            return False

    try:
        fields: dict[str, Any] = {}
        for position, (parameter, annotation) in enumerate(_parameters(function)):
            # pydantic refuses names with a leading underscore and names of its methods, so fields have numbers.
            about = Field(
                ... if parameter.default is parameter.empty else parameter.default,
                alias=parameter.name,
                description=_annotated(annotation) or described.get(parameter.name),
            )
            fields[f"p{position}"] = (annotation, about)
        model = create_model("Arguments", __config__=ConfigDict(arbitrary_types_allowed=False), **fields)
        schema: dict[str, Any] = model.model_json_schema(by_alias=True, schema_generator=Plain)
    except (PydanticUserError, NameError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RequestError(f"the function {name!r} has a parameter without a JSON schema: {reason}") from error
    schema.pop("title", None)
    return {"type": "object", "properties": {}} | schema


def _parameters(function: Callable[..., Any]) -> Iterator[tuple[inspect.Parameter, Any]]:
    try:
        hints = typing.get_type_hints(_undecorated(function), include_extras=True)
    except (NameError, TypeError, AttributeError):
        hints = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in _REST:
            continue
        declared = Any if parameter.annotation is parameter.empty else parameter.annotation
        yield parameter, hints.get(parameter.name, declared)


def _annotated(annotation: Any) -> str | None:
    """The description in `Annotated[type, "description"]`, or in a `Field` there."""
    if typing.get_origin(annotation) is not Annotated:
        return None
    for note in annotation.__metadata__:
        text = note if isinstance(note, str) else getattr(note, "description", None)
        if isinstance(text, str):
            return text
    return None


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """The description of the function and of each parameter in a docstring."""
    summary: list[str] = []
    described: dict[str, list[str]] = {}
    section = ""
    current: list[str] | None = None
    depth = 0
    lines = text.expandtabs().splitlines()
    for number, line in enumerate(lines):
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        ruled = number + 1 < len(lines) and re.fullmatch(r"\s*-{3,}\s*", lines[number + 1]) is not None
        heading = _SECTIONS.fullmatch(bare)
        if heading and indent == 0 and (ruled or bare.endswith(":")):
            section, current, depth = heading[1].lower() + ("-" if ruled else ""), None, 0
        elif (sphinx := _SPHINX.match(bare)) and (named := _SPHINX_NAME.fullmatch(f" {sphinx[1]}".split()[-1])):
            section, current = "sphinx", described.setdefault(named[1], [])
            current.append(sphinx[2])
        elif bare.startswith((":return", ":rtype", ":raise", ":type")):
            section, current = "sphinx", None
        elif section == "":
            summary.append(bare)
        elif re.fullmatch(r"-{3,}", bare):
            continue
        elif section.removesuffix("-") in _PARAMETERS:
            entry = (_NUMPY if section.endswith("-") else _GOOGLE).match(bare)
            depth = depth or (indent if section[-1] != "-" else 0)
            if entry and indent <= depth:
                current = []
                for name in entry[1].split(","):
                    described[name.strip()] = current
                if section[-1] != "-":
                    current.append(entry[2])
            elif current is not None:
                current.append(bare)
        elif current is not None:
            current.append(bare)
    return "\n".join(summary).strip(), {name: " ".join(filter(None, parts)) for name, parts in described.items()}
