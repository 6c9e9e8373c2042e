"""Schemas as they are, with what they refer to: each definition once for one tool."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolbridge.budget import Budget
from toolbridge.errors import OverLimit
from toolbridge.limits import Limits
from toolbridge.schema import Document
from toolbridge.tool_prompt.definitions import Definitions

POINT = {"type": "object", "properties": {"x": {"type": "number"}}}


def definitions(limits: Limits | None = None, **defs: Any) -> Definitions:
    return Definitions(Document({"$defs": defs}, Budget(limits)))


def refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def test_a_schema_without_references_stays_as_it_is() -> None:
    assert definitions().whole(POINT) == POINT


def test_titles_and_addresses_say_nothing_to_a_model() -> None:
    schema = {"$schema": "s", "$id": "i", "$comment": "c", "title": "Point", "type": "object"}
    assert definitions().whole(schema) == {"type": "object"}
    assert definitions().whole({"properties": {"title": POINT}}) == {"properties": {"title": POINT}}


def test_a_definition_comes_with_the_first_schema_that_leads_to_it() -> None:
    tool = definitions(Point=POINT)
    assert tool.whole({"items": refer("Point")}) == {"items": refer("Point"), "$defs": {"Point": POINT}}
    assert tool.whole({"items": refer("Point")}) == {"items": refer("Point")}


def test_definitions_that_lead_to_others_bring_them() -> None:
    tool = definitions(Line={"properties": {"from": refer("Point")}}, Point=POINT)
    assert tool.whole(refer("Line"))["$defs"] == {"Line": {"properties": {"from": refer("Point")}}, "Point": POINT}


def test_a_definition_that_holds_itself_is_written_once() -> None:
    node = {"properties": {"next": refer("Node")}}
    assert definitions(Node=node).whole(refer("Node")) == {**refer("Node"), "$defs": {"Node": node}}


def test_references_that_end_alike_get_names_of_their_own() -> None:
    root = {"$defs": {"A": {"const": 1}}, "definitions": {"A": {"const": 2}}}
    tool = Definitions(Document(root, Budget()))
    written = tool.whole({"anyOf": [refer("A"), {"$ref": "#/definitions/A"}]})
    assert written == {"anyOf": [refer("A"), refer("A_2")], "$defs": {"A": {"const": 1}, "A_2": {"const": 2}}}


def test_the_whole_document_is_a_definition_too() -> None:
    written = Definitions(Document({"type": "object"}, Budget())).whole({"$ref": "#"})
    assert written == {"$ref": "#/$defs/#", "$defs": {"#": {"type": "object"}}}


def test_a_chain_that_is_longer_than_the_stack_is_deep_is_written_whole() -> None:
    links: dict[str, Any] = {f"D{number}": {"not": refer(f"D{number + 1}")} for number in range(2_000)}
    written = definitions(**links, D2000={"type": "string"}).whole(refer("D0"))
    assert len(written["$defs"]) == 2_001


def test_what_is_copied_is_drawn_from_the_budget() -> None:
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        definitions(Limits(visits=10)).whole({"enum": list(range(1_000))})


NAMES = st.sampled_from(["A", "B", "C"])
SCHEMAS = st.recursive(
    st.just({"type": "string"}) | NAMES.map(refer),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: {"anyOf": parts}),
)


@given(st.dictionaries(NAMES, SCHEMAS, min_size=3), st.lists(SCHEMAS, max_size=4))
def test_every_reference_leads_to_a_definition_and_no_definition_comes_twice(
    defs: dict[str, Any], schemas: list[Any]
) -> None:
    tool = definitions(**defs)
    known: list[str] = []
    for schema in schemas:
        written = tool.whole(schema)
        known += written.get("$defs", {})
        assert references(written) <= set(known)
    assert len(known) == len(set(known))


def references(schema: Any) -> set[str]:
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    inner = set().union(*map(references, parts))
    return inner | ({schema["$ref"].rpartition("/")[2]} if isinstance(schema, dict) and "$ref" in schema else set())
