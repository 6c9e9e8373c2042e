"""Tools: the shapes in which clients write them, and the shape in which we write them.

Five shapes are read, and their unknown fields are kept:

    {"type": "function", "function": {"name": …, "description": …, "parameters": {…}}}    OpenAI, Ollama
    {"name": …, "description": …, "parameters": {…}}                                      the function alone
    {"name": …, "description": …, "input_schema": {…}}                                    Anthropic
    def get_weather(city: str, days: int = 1) -> str: …                                   a Python function
    ollama.Tool(…)                                                                        a pydantic model of these

Clients write a tool without parameters in many ways: parameters that are absent, null, `{}` or `[]` (PHP's empty array)
all mean an object without properties.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit, RequestError, shown
from toolbridge.functions import function_tool
from toolbridge.messages import Tool

INNER = "function"
"""The key of `Tool.extra` under which the unknown fields of the function lie; those of the envelope lie beside it."""

_SCHEMA_FIELDS = ("parameters", "input_schema", "inputSchema")
"""The names of the field with the schema, in order of preference. MCP servers use the last."""
_KNOWN = {"name", "description", "strict", *_SCHEMA_FIELDS}
_LEVELS = 100
_LONGEST = 128
"""Characters that a name may have. OpenAI allows 64 and Anthropic 128; names are looked for in the model's text."""
_DIGITS = 4000
"""Digits that a number in a schema may have. Python refuses to write a number of more than 4,300 digits, and the
example may multiply the number."""
_BITS = 13_288
_STRINGS = {str}
_QUICK = 16
"""Entries that are looked at in the time of one visit."""
_COMPOSED = ("$ref", "allOf", "anyOf", "oneOf")
_NOT_OBJECTS = {"string", "number", "integer", "boolean", "array", "null"}


def read_tool(value: Any, budget: Budget | None = None) -> Tool:
    """A tool in any shape. Raises `RequestError` with a message that says what to change.

    The places of its schema are drawn from the budget as "visits". A `Tool` is checked too, as a caller of the library
    may have made it without this function.
    """
    budget = budget or Budget()
    if isinstance(value, Tool):
        _shallow(value.parameters, _name(value.name), budget)
        return value
    if isinstance(value, Mapping):
        return _read_mapping(value, budget)
    if callable(value):
        return function_tool(value)
    if callable(dump := getattr(value, "model_dump", None)):
        return _read_mapping(dump(by_alias=True, exclude_none=True), budget)
    raise RequestError(
        f"a tool must be an object with a function, not {_article(value)}: "
        'send {"type": "function", "function": {"name": …, "parameters": {…}}}'
    )


def read_tools(values: Any, budget: Budget | None = None) -> tuple[Tool, ...]:
    """All tools of a request; null means no tools. Raises `RequestError` with the position of the bad tool.

    Each tool is drawn from the budget as "tools", unless it is a `Tool` already: such a tool was counted when it was
    read. Raises `OverLimit`, without a position, if the tools are too many or their schemas too large.
    """
    if values is None:
        return ()
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise RequestError(f"tools must be a list of tools, not {_article(values)}")
    budget = budget or Budget()
    tools: list[Tool] = []
    for position, value in enumerate(values):
        if not isinstance(value, Tool):
            budget.spend("tools")
        tools.append(read_tool_at(f"tools[{position}]", value, budget))
    return tuple(tools)


def read_tool_at(place: str, value: Any, budget: Budget) -> Tool:
    """A tool of a list. `RequestError` names the tool's place; `OverLimit` does not, as it concerns all tools."""
    try:
        return read_tool(value, budget)
    except OverLimit:
        raise
    except RequestError as error:
        raise RequestError(f"{place}: {error.message}") from error


def write_tool(tool: Tool) -> dict[str, Any]:
    """The tool in the shape of OpenAI and Ollama."""
    inner = tool.extra.get(INNER)
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    function["parameters"] = dict(tool.parameters) or _nothing()
    if tool.strict is not None:
        function["strict"] = tool.strict
    if isinstance(inner, Mapping):
        function |= inner
    outer = {key: value for key, value in tool.extra.items() if key != INNER}
    return {"type": "function"} | outer | {"function": function}


def _read_mapping(value: Mapping[str, Any], budget: Budget) -> Tool:
    function = value.get("function")
    if isinstance(function, Mapping):
        outer = {key: item for key, item in value.items() if key not in {"type", "function"}}
    elif "function" in value or "name" not in value:
        kind = value.get("type")
        what = (
            "has no function"
            if kind is None or kind == "function"
            else f"is of type {shown(kind)}, which is not supported"
        )
        raise RequestError(f'the tool {what}: send {{"type": "function", "function": {{"name": …, "parameters": …}}}}')
    elif "input_schema" in value:
        function = value
        outer = {key: item for key, item in value.items() if key not in _KNOWN}
    else:
        function, outer = value, {}
    name = _name(function.get("name"))
    description = function.get("description")
    strict = function.get("strict")
    unknown = {key: item for key, item in function.items() if key not in _KNOWN and key not in outer}
    if function is value and unknown.get("type") == "function":
        del unknown["type"]
    return Tool(
        name=name,
        description=description if isinstance(description, str) else "",
        parameters=_parameters(function, name, budget),
        strict=strict if isinstance(strict, bool) else None,
        extra=outer | ({INNER: unknown} if unknown else {}),
    )


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip():
        raise RequestError("the tool needs a name: function.name must be a string that is not empty")
    if len(name) > _LONGEST:
        raise RequestError(
            f"the name of the tool {shown(name[:40])}… has {len(name)} characters; {_LONGEST} are the most"
        )
    return name


def _parameters(function: Mapping[str, Any], name: str, budget: Budget) -> Mapping[str, Any]:
    parameters = next((function[field] for field in _SCHEMA_FIELDS if function.get(field) is not None), None)
    if parameters is None or parameters == []:
        return _nothing()
    if not isinstance(parameters, Mapping):
        raise RequestError(
            f"the parameters of the tool {shown(name)} must be a JSON schema of an object, not {_article(parameters)}"
        )
    _shallow(parameters, name, budget)
    kind = parameters.get("type")
    if isinstance(kind, str) and kind.lower() in _NOT_OBJECTS:
        raise RequestError(f'the parameters of the tool {shown(name)} must have "type": "object", not {shown(kind)}')
    if any(word in parameters for word in _COMPOSED):
        return parameters
    properties = parameters.get("properties")
    if properties is None or properties == []:
        return _nothing() | {key: item for key, item in parameters.items() if item is not None} | {"properties": {}}
    if not isinstance(properties, Mapping):
        raise RequestError(
            f"the properties of the tool {shown(name)} must be an object of name to schema, not {_article(properties)}"
        )
    return parameters if kind is not None else {"type": "object"} | dict(parameters) | {"type": "object"}


def _shallow(parameters: Any, name: str, budget: Budget) -> None:
    """Raises `RequestError` for a schema that is nested too deeply, so that other walks over it may use recursion."""
    level = [parameters] if isinstance(parameters, Mapping | list | tuple) else []
    for _ in range(_LEVELS):
        below: list[Any] = []
        for outer in level:
            budget.spend("visits", 1 + len(outer) // _QUICK)
            if isinstance(outer, Mapping):
                _short(outer, name)
                below += _inside(outer.values(), name)
            else:
                below += _inside(outer, name)
        level = below
        if not level:
            return
    raise RequestError(f"the parameters of the tool {shown(name)} are nested more than {_LEVELS} levels deep")


def _short(schema: Mapping[str, Any], name: str) -> None:
    """Raises `RequestError` for a name that is not a string or is too long."""
    if not set(map(type, schema)) <= _STRINGS and not all(isinstance(word, str) for word in schema):
        raise RequestError(f"the parameters of the tool {shown(name)} have a name that is no string, as JSON has none")
    properties = schema.get("properties")
    if isinstance(properties, Mapping) and max(map(len, map(str, properties)), default=0) > _LONGEST:
        longest = max(map(len, map(str, properties)))
        raise RequestError(
            f"a parameter of the tool {shown(name)} has a name of {longest} characters; {_LONGEST} are the most"
        )


def _inside(values: Iterable[Any], name: str) -> list[Any]:
    """The objects and arrays among these values. Raises `RequestError` for a number with too many digits."""
    inner: list[Any] = []
    for value in values:
        kind = type(value)
        if kind is dict or kind is list:
            inner.append(value)
        elif kind is str or kind is bool or value is None:
            continue
        elif isinstance(value, Mapping | list | tuple):
            inner.append(value)
        elif isinstance(value, int) and value.bit_length() > _BITS:
            raise RequestError(f"the parameters of the tool {shown(name)} hold a number of more than {_DIGITS} digits")
    return inner


def _nothing() -> dict[str, Any]:
    return {"type": "object", "properties": {}}


def _article(value: Any) -> str:
    if value is None:
        return "null"
    words = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return words.get(type(value), f"a value of type {type(value).__name__}")
