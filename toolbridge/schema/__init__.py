"""The only place that knows JSON schema, as far as a call needs it.

A notation with raw values gives every value as text; only the tool's schema says whether `7` is a number. `questions`
answers what a schema says, `document` does so on a budget, `raw` turns raw text into JSON by a schema, and `elements`
does the same with nested XML elements. `projected` leaves out of a schema what a server would refuse, and
`constraint` makes the schema that a backend is held to while it writes a call.
"""

from toolbridge.schema.constraint import arguments_constraint, calls_constraint
from toolbridge.schema.document import Document
from toolbridge.schema.elements import Node, element_to_json, node_to_json
from toolbridge.schema.projected import projected, projected_tools
from toolbridge.schema.questions import (
    KINDS,
    declares,
    inlined,
    is_text,
    items_schema,
    kinds,
    named_values,
    properties,
    property_schema,
    required,
    resolve,
)
from toolbridge.schema.raw import to_json, to_text

__all__ = [
    "KINDS",
    "Document",
    "Node",
    "arguments_constraint",
    "calls_constraint",
    "declares",
    "element_to_json",
    "inlined",
    "is_text",
    "items_schema",
    "kinds",
    "named_values",
    "node_to_json",
    "projected",
    "projected_tools",
    "properties",
    "property_schema",
    "required",
    "resolve",
    "to_json",
    "to_text",
]
