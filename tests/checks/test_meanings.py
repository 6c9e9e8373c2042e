"""What values may have meant that do not fit their place."""

import json
from typing import Any

import pytest

from tests.checks.schemas import place
from toolbridge.checks.arguments import rewritten
from toolbridge.checks.levels import Effort
from toolbridge.checks.meanings import alike, meanings

TEXT, WHOLE, NUMBER, BOOL = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
TEXTS = {"type": "array", "items": TEXT}
WHOLES = {"type": "array", "items": WHOLE}
UNITS = {"enum": ["celsius", "fahr-enheit", None]}
POINT = {"type": "object", "properties": {"x": WHOLE}, "required": ["x"]}


def read(text: str, schema: dict[str, Any]) -> list[str]:
    at = place(schema)
    assert not at.fits(json.loads(text))
    return meanings(text, json.loads(text), at, lambda meaning: rewritten(meaning, at, Effort())[0])


@pytest.mark.parametrize(
    ("text", "schema", "found"),
    [
        ('"30"', WHOLE, ["30"]),
        ('" 30 "', WHOLE, ["30"]),
        ('"30.0"', WHOLE, ["30"]),
        ('"30.5"', WHOLE, []),
        ('"30.50"', NUMBER, ["30.50"]),
        ('"123456789012345678901234567890"', WHOLE, ["123456789012345678901234567890"]),
        ('"1e3"', NUMBER, ["1e3"]),
        ('"0x10"', WHOLE, []),
        ('"030"', WHOLE, []),
        ('"thirty"', WHOLE, []),
        ('""', WHOLE, []),
        ('"30"', {"type": "integer", "maximum": 10}, []),
        ('"true"', BOOL, ["true"]),
        ('"False"', BOOL, ["false"]),
        ("1", BOOL, ["true"]),
        ("2", BOOL, []),
        ('"yes"', BOOL, []),
        ('"None"', {"type": ["integer", "null"]}, ["null"]),
        ("5", TEXT, ['"5"']),
        ("5.50", TEXT, ['"5.50"']),
        ("true", TEXT, ['"true"']),
        ("null", TEXT, []),
        ('{"a": [1]}', TEXT, ['"{\\"a\\": [1]}"']),
        ('"a"', TEXTS, ['["a"]']),
        ('"5"', WHOLES, ["[5]"]),
        ("5", TEXTS, ['["5"]']),
        ('"[\\"a\\", \\"b\\"]"', TEXTS, ['["a", "b"]']),
        ("\"['a', 'b']\"", TEXTS, ['["a", "b"]']),
        ('"[1, \\"2\\"]"', WHOLES, ["[1, 2]"]),
        ('"[1"', WHOLES, []),
        ('"[\\"a"', TEXTS, ['["[\\"a"]']),
        ('{"x": 1}', {"type": "array", "items": POINT}, ['[{"x": 1}]']),
        ('"{\\"x\\": \\"1\\"}"', POINT, ['{"x": 1}']),
        ('"{}"', POINT, []),
        ('"Celsius"', UNITS, ['"celsius"']),
        ('"FAHR ENHEIT"', UNITS, ['"fahr-enheit"']),
        ('"kelvin"', UNITS, []),
        ('"null"', UNITS, ["null"]),
        ('"A"', {"enum": ["a", "a "]}, ['"a"', '"a "']),
        ('"5"', {"anyOf": [WHOLE, WHOLES]}, ["5", "[5]"]),
        ("null", TEXTS, []),
    ],
)
def test_the_readings_of_a_value(text: str, schema: dict[str, Any], found: list[str]) -> None:
    assert read(text, schema) == found


def test_spellings_of_a_word_are_alike() -> None:
    assert alike(" Fahr_Enheit ") == alike("fahr-enheit") == "fahr enheit"
    assert alike("Straße") == alike("STRASSE")
