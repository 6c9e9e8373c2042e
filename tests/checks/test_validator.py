"""Schemas compiled by jsonschema-rs."""

import subprocess
import sys

import pytest

from toolbridge.checks.validator import compiled, fault_of, takes, warm_up
from toolbridge.schema.plain import Plain


def test_a_fault_names_the_place_and_quotes_no_value() -> None:
    schema = {"properties": {"a/b": {"items": {"type": "integer"}}}, "required": ["a/b"]}
    validator = compiled(Plain(schema))
    assert fault_of(validator, {"a/b": [1, "secret"]}) == ("/a~1b/1", 'a value is not of type "integer"')
    assert fault_of(validator, {}) == ("", '"a/b" is a required property')
    assert fault_of(validator, {"a/b": [1]}) is None


@pytest.mark.parametrize("value", ["\ud800", {"\ud800": 1}, 10**400])
def test_a_value_that_json_schema_does_not_know_fits(value: object) -> None:
    assert takes(compiled(Plain({"type": ["string", "object", "number"]})))(value)
    assert fault_of(compiled(Plain({"type": ["string", "object", "number"]})), value) is None


def test_a_schema_that_cannot_be_compiled_takes_every_value() -> None:
    broken = compiled(Plain({"pattern": "(?!a)"}))
    assert broken is None
    assert takes(broken)(5)
    assert fault_of(broken, 5) is None


def test_nothing_is_fetched() -> None:
    assert compiled(Plain({"$ref": "http://127.0.0.1:1/schema.json"})) is None


def test_patterns_are_linear_and_bounded() -> None:
    assert compiled(Plain({"pattern": "(a{1000}){1000}"})) is None
    validator = compiled(Plain({"pattern": "^(a+)+$"}))
    assert not takes(validator)("a" * 100_000 + "!")


def test_the_library_is_loaded_when_it_is_used() -> None:
    code = (
        "import sys; import toolbridge.checks; assert 'jsonschema_rs' not in sys.modules;"
        "from toolbridge.checks.validator import warm_up; warm_up(); assert 'jsonschema_rs' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    warm_up()
