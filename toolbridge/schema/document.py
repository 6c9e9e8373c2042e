"""A client's schema as a document: questions about its parts, which all draw from one budget."""

from collections.abc import Mapping
from typing import Any

from toolbridge.budget import Budget
from toolbridge.schema import questions


class Document:
    """A schema that references point into, and the budget that questions about it draw from.

    The questions are those of the module `questions`. Each raises `OverLimit` once the budget is used up.
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
        """The members that a schema declares, each with its schema."""
        return questions.properties(schema, self.root, self.budget)

    def property_schema(self, name: str) -> Mapping[str, Any] | None:
        """The schema of one parameter of the document."""
        return questions.property_schema(self.root, name, self.root, self.budget)

    def required(self, schema: Any) -> tuple[str, ...]:
        """The members of a schema that an object must have."""
        return questions.required(schema, self.budget)

    def kinds(self, schema: Any) -> frozenset[str]:
        """The kinds of value that a schema allows."""
        return questions.kinds(schema, self.root, self.budget)
