"""Bombs in a tool's schema: references that go in circles, fans, trees, and names in every place a walk looks at."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.bombs.bomb import ANTHROPIC, CHATS, MODES, OLLAMA, OPENAI, Body, Bomb, Chat

_ME = {"$ref": "#"}


def tool(schema: Any, name: str = "get_weather") -> Chat:
    """A chat with one tool of this schema."""
    return Chat(tools=[(name, "Weather.", schema)])


def _object(**more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"city": {"type": "string"}}} | more


def _large(size: int) -> dict[str, Any]:
    """A definition of some so many bytes."""
    names = {f"field_{n:04}": {"type": "string", "description": f"Field number {n} of it."} for n in range(size // 75)}
    return {"type": "object", "properties": names}


def _chain(levels: int, word: str, end: Any) -> Any:
    """A schema in a schema, by one keyword: `{"not": {"not": …}}`."""
    for _ in range(levels):
        end = {word: end}
    return end


def _nested(levels: int, wrap: Callable[[Any], Any], end: Any) -> Any:
    for _ in range(levels):
        end = wrap(end)
    return end


def _doubling(levels: int, word: str) -> dict[str, Any]:
    """Definitions of which each refers to the next one twice: 2^levels leaves in a few hundred bytes."""
    defs: dict[str, Any] = {
        f"d{n}": {word: [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(levels)
    }
    return _object(**{"$defs": defs | {f"d{levels}": {"type": "string"}}, word: [{"$ref": "#/$defs/d0"}]})


def _doubling_fields(levels: int) -> dict[str, Any]:
    defs: dict[str, Any] = {
        f"d{n}": {"type": "object", "properties": {x: {"$ref": f"#/$defs/d{n + 1}"} for x in "ab"}}
        for n in range(levels)
    }
    return {"type": "object", "properties": {"x": {"$ref": "#/$defs/d0"}}, "$defs": defs}


_CIRCLES: Mapping[str, Any] = {
    "properties": _object(properties={f"p{n}": _ME for n in range(40)}),
    "enum beside properties": _object(
        enum=[f"value {n}" for n in range(30)], properties={f"p{n}": _ME for n in range(20)}
    ),
    "const beside properties": _object(const={"a": 1}, properties={f"p{n}": _ME for n in range(20)}),
    "allOf": _object(allOf=[_ME] * 50),
    "anyOf": _object(anyOf=[_ME] * 50),
    "oneOf": _object(oneOf=[_ME] * 50),
    "allOf in a property": _object(properties={"a": {"allOf": [_ME] * 50}}),
    "anyOf in a property": _object(properties={f"a{n}": {"anyOf": [_ME] * 9} for n in range(9)}),
    "items": _object(properties={f"a{n}": {"type": "array", "items": _ME} for n in range(20)}),
    "prefixItems": _object(properties={f"a{n}": {"type": "array", "prefixItems": [_ME] * 9} for n in range(9)}),
    "additionalProperties": _object(properties={f"a{n}": {"additionalProperties": _ME} for n in range(20)}),
    "patternProperties": _object(patternProperties={f"^x{n}": _ME for n in range(40)}),
    "dependentSchemas": _object(dependentSchemas={f"x{n}": _ME for n in range(40)}),
    "if then else": _object(**{"if": _ME, "then": _ME, "else": _ME}),
    "not": _object(**{"not": _ME}),
    "contains": _object(properties={"a": {"contains": _ME}}),
    "propertyNames": _object(propertyNames=_ME),
    "unevaluatedProperties": _object(unevaluatedProperties=_ME),
    "a pair of definitions": _object(
        **{
            "properties": {f"p{n}": {"$ref": "#/$defs/a"} for n in range(20)},
            "$defs": {
                "a": {"properties": {f"q{n}": {"$ref": "#/$defs/b"} for n in range(20)}},
                "b": {"properties": {f"r{n}": {"$ref": "#/$defs/a"} for n in range(20)}},
            },
        }
    ),
    "a reference to itself": {"$ref": "#"},
    "references in a ring": _object(
        **{
            "properties": {"a": {"$ref": "#/$defs/0"}},
            "$defs": {str(n): {"$ref": f"#/$defs/{(n + 1) % 500}"} for n in range(500)},
        }
    ),
    "$dynamicRef and $recursiveRef": _object(properties={"a": {"$dynamicRef": "#"}, "b": {"$recursiveRef": "#"}}),
}

_FANS: Mapping[str, Any] = {
    "doubling allOf": _doubling(40, "allOf"),
    "doubling anyOf": _doubling(40, "anyOf"),
    "doubling oneOf": _doubling(40, "oneOf"),
    "doubling properties": _doubling_fields(40),
    "a large definition for every parameter": {
        "type": "object",
        "properties": {f"p{n}": {"$ref": "#/$defs/d"} for n in range(200)},
        "$defs": {"d": _large(150_000)},
    },
    "a large definition in every anyOf": {
        "type": "object",
        "properties": {f"p{n}": {"anyOf": [{"$ref": "#/$defs/d"}, {"type": "null"}]} for n in range(200)},
        "$defs": {"d": _large(60_000)},
    },
    "a large definition in every array": {
        "type": "object",
        "properties": {f"p{n}": {"type": "array", "items": {"$ref": "#/$defs/d"}} for n in range(200)},
        "$defs": {"d": _large(60_000)},
    },
    "a large enum for every parameter": {
        "type": "object",
        "properties": {f"p{n}": {"$ref": "#/$defs/d"} for n in range(300)},
        "$defs": {"d": {"enum": [f"value-{n}" for n in range(4000)]}},
    },
    "a long description for every parameter": {
        "type": "object",
        "properties": {f"p{n}": {"$ref": "#/$defs/d"} for n in range(1000)},
        "$defs": {"d": {"type": "string", "description": "word " * 10_000}},
    },
    "a long default for every parameter": {
        "type": "object",
        "properties": {f"p{n}": {"$ref": "#/$defs/d"} for n in range(1000)},
        "$defs": {"d": {"type": "string", "default": "x" * 50_000, "examples": ["y" * 50_000]}},
    },
    "required 16,000 times": _object(required=[f"name_{n}" for n in range(16_000)]),
    "16,000 parameters, all required": {
        "type": "object",
        "properties": {f"name_{n}": {"type": "string"} for n in range(16_000)},
        "required": [f"name_{n}" for n in range(16_000)],
    },
    "one name required 50,000 times": _object(required=["city"] * 50_000),
    "4,000 values beside 4,000 properties": _object(
        enum=[{"a": n} for n in range(4000)], properties={f"p{n}": {} for n in range(4000)}
    ),
    "100,000 values": _object(properties={"a": {"enum": [f"v{n}" for n in range(100_000)]}}),
    "100,000 equal values": _object(properties={"a": {"enum": ["v"] * 100_000}}),
    "20,000 values that are objects": _object(properties={"a": {"enum": [{"v": n} for n in range(20_000)]}}),
    "80,000 braces for values": _object(properties={"a": {"enum": ["{"] * 80_000}}),
    "one value of 80,000 braces": _object(properties={"a": {"enum": ["{" * 80_000]}}),
    "brackets and bars in values": _object(properties={"a": {"enum": ['"|"', "(", "[", " | "] * 20_000}}),
    "20,000 types": _object(properties={"a": {"type": ["string", "null", "integer"] * 7000}}),
    "20,000 words of anyOf": _object(properties={"a": {"anyOf": [{"const": n} for n in range(20_000)]}}),
    "40,000 blanks": _object(properties={"a": {"type": "string", "description": " " * 40_000 + "x"}}),
    "40,000 blanks and line ends": _object(properties={"a": {"type": "string", "description": " \n" * 40_000 + "x"}}),
    "40,000 tabs then text": _object(description="a" + "\t" * 40_000 + "b"),
    "80,000 line ends": _object(properties={"a": {"description": "\n" * 80_000}}),
    "a name of 100,000 characters": _object(properties={"x" * 100_000: {"type": "string"}}),
    "5,000 names of 128 characters that share all but the last": _object(
        properties={"x" * 120 + f"{n:08}": {"type": "string"} for n in range(5000)}
    ),
    "names with metacharacters": _object(
        properties={
            f"(a+)+{mark}{n}": {"type": "string"} for n, mark in itertools.product(range(200), "()[]{}*+?|^$\\.-")
        }
    ),
    "a pattern that never ends": _object(properties={"a": {"type": "string", "pattern": "^(a+)+$" * 2000}}),
    "2,000 digits in every bound": _object(
        properties={"a": {"type": "integer", "minimum": 10**2000, "maximum": 1e308}}
    ),
    "30,000 numbers of 20 digits": _object(properties={"a": {"enum": [10**20 + n for n in range(30_000)]}}),
    "10,000 numbers of 300 digits": _object(properties={"a": {"enum": [10**300 + n for n in range(10_000)]}}),
    "20,000 halves of characters": _object(properties={"a": {"enum": ["\ud800"] * 20_000}}),
    "objects in objects, 240 levels": _nested(
        240, lambda inner: {"type": "object", "properties": {"a": inner}}, {"type": "string"}
    ),
    "objects in objects, 400 levels": _nested(
        400, lambda inner: {"type": "object", "properties": {"a": inner}, "required": ["a"]}, {}
    ),
    "arrays in arrays, 400 levels": _object(
        properties={"a": _nested(400, lambda inner: {"type": "array", "items": inner}, {"type": "string"})}
    ),
    "anyOf in anyOf, 200 levels": _object(properties={"a": _nested(200, lambda inner: {"anyOf": [inner, {}]}, {})}),
    "allOf in allOf, 200 levels": _nested(
        200, lambda inner: {"allOf": [inner, inner]} if inner == {} else {"allOf": [inner]}, {}
    ),
    "additionalProperties in each other": _object(additionalProperties=_chain(300, "additionalProperties", {})),
    "not in not": _object(**{"not": _chain(300, "not", {})}),
    "a tree of anyOf, 3 wide and 8 deep": _nested(
        8, lambda inner: {"anyOf": [inner, inner, inner]}, {"type": "string"}
    ),
}

_POINTERS: Mapping[str, str] = {
    "a thousand levels": "#" + "/a/b" * 1000,
    "a thousand escapes": "#/" + "~0~1" * 1000,
    "percent of percent": "#/" + "%25" * 5000,
    "halves of escapes": "#/" + "~" * 5000 + "%" * 5000,
    "the whole schema by its own names": "#/properties/a/items/../..",
    "array places": "#/allOf/00000000000000000000001",
    "a place of 5,000 digits": "#/allOf/" + "9" * 5000,
    "another document": "https://127.0.0.1:9/schema.json#/a",
    "a file": "file:///etc/passwd",
    "64 KB of it": "#/$defs/" + "x" * 65_000,
    "a lone surrogate": "#/\ud800",
    "no text": "",
}


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for name, schema in _CIRCLES.items():
        yield _one(f"circle: {name}", "A walk that follows a reference to where it came from.", schema)
    for name, schema in _FANS.items():
        yield _one(f"fan: {name}", "A walk, a search or a text that grows with the product of two lists.", schema)
    for name, pointer in _POINTERS.items():
        schema = _object(properties={f"p{n}": {"$ref": pointer} for n in range(50)}, allOf=[{"$ref": pointer}])
        yield _one(f"pointer: {name}", "Looking up a reference, for each place where it stands.", schema)
    for name in ("properties", "enum beside properties", "allOf", "anyOf"):
        yield Bomb(
            f"circle in a format: {name}",
            "The schema of the answer, which is written out in another wire's words.",
            _formatted(_CIRCLES[name]),
            routes=(OLLAMA, OPENAI, ANTHROPIC),
            modes=("auto",),
        )


def _one(name: str, attacks: str, schema: Any) -> Bomb:
    return Bomb(name, attacks, lambda: tool(schema), routes=CHATS, modes=MODES)


def _formatted(schema: Any) -> Callable[[], Body]:
    words: dict[str, dict[str, Any]] = {
        OLLAMA: {"format": schema},
        OPENAI: {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}},
        ANTHROPIC: {"output_config": {"format": {"type": "json_schema", "schema": schema}}},
    }
    return lambda: lambda route: Chat(fields=words[route]).body(route)
