"""A schema compiled by jsonschema-rs, which is loaded when a call is checked for the first time.

Formats are not looked at, as the standard makes them notes. Patterns are matched in linear time. Nothing is fetched.
"""

from collections.abc import Callable
from typing import Protocol

from toolbridge.schema.plain import Plain

_PATTERN_SIZE = 1 << 16
"""Bytes that a compiled pattern may take: a larger one takes too long to compile."""
_QUOTED = "a value"
"""What stands in messages in place of the values of a call."""
_UNTOLD = (UnicodeEncodeError, OverflowError, RecursionError)
"""Errors for values of which JSON Schema says nothing: texts with half a surrogate pair, numbers beyond all bounds."""


class Validator(Protocol):
    """What is used of a validator of jsonschema-rs."""

    def is_valid(self, instance: object) -> bool:
        """Whether the value fits."""

    def validate(self, instance: object) -> None:
        """Raise a `ValueError` that tells where and why, if the value does not fit."""


def warm_up() -> None:
    """Load the library, and the standard's own schemas with it, which takes some 60 ms."""
    compiled(Plain({"type": "object"}))


def compiled(schema: Plain) -> Validator | None:
    """The validator of a schema in plain words (`schema.plain`), or None if the library does not take the schema."""
    import jsonschema_rs  # noqa: PLC0415  loaded when used

    options = jsonschema_rs.RegexOptions(size_limit=_PATTERN_SIZE)
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, validate_formats=False, offline=True, mask=_QUOTED, pattern_options=options
        )
    except (ValueError, OverflowError):
        return None


def takes(validator: Validator | None) -> Callable[[object], bool]:
    """Whether a value fits; every value does without a validator."""

    def fits(value: object) -> bool:
        try:
            return validator is None or validator.is_valid(value)
        except _UNTOLD:
            return True

    return fits


def fault_of(validator: Validator | None, value: object) -> tuple[str, str] | None:
    """Where a value does not fit, as a JSON pointer, and why, in words that quote the schema and no value; or None."""
    if validator is None:
        return None
    try:
        validator.validate(value)
    except _UNTOLD:
        return None
    except ValueError as error:
        steps = getattr(error, "instance_path", ())
        where = "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)
        return where, str(getattr(error, "message", error))
    return None
