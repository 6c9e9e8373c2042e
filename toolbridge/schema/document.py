"""One client's schema as a document: questions about its parts, all drawn from one budget."""

from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.schema import questions


class Document:
    """What the references of a schema point into, and the budget that questions about it draw from.

    The questions are those of `shape`. Each raises `OverLimit` where the budget is drawn up.
    """

    __slots__ = ("budget", "root")

    def __init__(self, root: Any, budget: Budget) -> None:
        self.root = root
        self.budget = budget

    def resolve(self, schema: Any) -> Mapping[str, Any]:
        """The schema with its `$ref` followed."""
        return questions.resolve(schema, self.root, self.budget)

    def inlined(self, schema: Any) -> Mapping[str, Any]:
        """The schema with `$ref` followed in it and in its branches."""
        return questions.inlined(schema, self.root, self.budget)

    def properties(self, schema: Any) -> dict[str, Mapping[str, Any]]:
        """The members that a schema declares."""
        return questions.properties(schema, self.root, self.budget)

    def property_schema(self, name: str) -> Mapping[str, Any] | None:
        """The schema of one parameter of the document."""
        return questions.property_schema(self.root, name, self.root, self.budget)

    def required(self, schema: Any) -> tuple[str, ...]:
        """The members of a schema that an object must have."""
        return questions.required(schema, self.budget)

    def kinds(self, schema: Any) -> frozenset[str]:
        """What a value of a schema can be."""
        return questions.kinds(schema, self.root, self.budget)
