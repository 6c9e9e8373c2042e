"""Schemas for the tests of checks."""

from collections.abc import Mapping
from typing import Any

from toolbridge.checks.places import Place
from toolbridge.schema.plain import Plain, plain


def place(schema: Mapping[str, Any]) -> Place:
    """The place that a schema describes."""
    return Place(plained(schema))


def arguments_of(schema: Mapping[str, Any]) -> Place:
    """The place of all arguments of a tool."""
    return Place(Plain({"type": ["object"]}, plained(schema)))


def plained(schema: Mapping[str, Any]) -> Plain:
    """The schema in the words of the standard."""
    found = plain(schema)
    assert found is not None
    return found
