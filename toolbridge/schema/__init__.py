"""The one place that knows JSON schema, as far as a call needs it.

A tag notation gives every value as raw text; only the tool's schema says whether `7` is a number. `shape` is what a
schema says, `document` asks it with a budget, `raw` turns raw text into JSON by it, `elements` nested XML elements.
"""

from toolbridge.schema.document import Document
from toolbridge.schema.elements import Node, element_to_json, node_to_json
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
    "declares",
    "element_to_json",
    "inlined",
    "is_text",
    "items_schema",
    "kinds",
    "named_values",
    "node_to_json",
    "properties",
    "property_schema",
    "required",
    "resolve",
    "to_json",
    "to_text",
]
