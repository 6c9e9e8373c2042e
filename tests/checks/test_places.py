"""What a schema says of each part of a tool's arguments."""

from typing import Any

import pytest

from tests.checks.schemas import place
from toolbridge.checks.places import ANYTHING

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def test_a_place_below_has_what_every_branch_demands() -> None:
    found = place({"properties": {"a": TEXT}, "allOf": [{"properties": {"a": {"minLength": 2}, "b": WHOLE}}]})
    assert found.member("a").fits("xy")
    assert not found.member("a").fits("x")
    assert found.member("b").kinds == {"integer"}
    assert found.member("c").kinds == ANYTHING.kinds


def test_of_several_branches_one_is_enough() -> None:
    found = place({"anyOf": [{"properties": {"a": TEXT}}, {"properties": {"a": WHOLE}}, {"type": "null"}]})
    assert found.member("a").kinds == {"string", "integer"}
    silent = place({"anyOf": [{"properties": {"a": TEXT}}, {"required": ["b"]}]})
    assert silent.member("a").fits(5)


def test_items_have_places_of_their_own_and_then_are_alike() -> None:
    found = place({"prefixItems": [TEXT, WHOLE], "items": {"type": "null"}})
    assert [found.item(index).kinds for index in (0, 1, 2, 1000)] == [{"string"}, {"integer"}, {"null"}, {"null"}]
    assert found.item(2) is found.item(1000)
    assert place({}).item(7).fits(object)


@pytest.mark.parametrize(
    ("schema", "texts"),
    [
        (TEXT, None),
        ({"enum": ["a", 1, "b"]}, ("a", "b")),
        ({"const": "a"}, ("a",)),
        ({"allOf": [TEXT, {"enum": ["a"]}]}, ("a",)),
        ({"anyOf": [{"enum": ["a"]}, {"const": "b"}, {"type": "integer"}]}, ("a", "b")),
        ({"anyOf": [{"enum": ["a"]}, TEXT]}, None),
    ],
)
def test_listed_texts(schema: dict[str, Any], texts: tuple[str, ...] | None) -> None:
    assert place(schema).texts == texts


def test_an_optional_member_is_needed_by_no_branch_and_takes_no_null() -> None:
    members = {"a": TEXT, "b": TEXT, "c": TEXT, "d": {"type": ["string", "null"]}, "e": {}}
    found = place({"properties": members, "required": ["a"], "anyOf": [{"required": ["b"]}, {}]})
    assert found.optional == {"c"}


@pytest.mark.parametrize(
    ("schema", "corrects"),
    [
        ({"properties": {"a": TEXT}}, True),
        ({"properties": {"a": TEXT}, "additionalProperties": False}, True),
        ({"properties": {"a": TEXT}, "additionalProperties": True}, False),
        ({"properties": {"a": TEXT}, "additionalProperties": TEXT}, False),
        ({"properties": {"a": TEXT}, "patternProperties": {"^x": {}}}, False),
        ({}, False),
    ],
)
def test_names_are_corrected_where_no_other_names_are_spoken_of(schema: dict[str, Any], corrects: bool) -> None:
    assert place(schema).corrects is corrects


def test_a_name_is_meant_if_one_declared_name_is_spelled_nearly_so() -> None:
    found = place({"properties": {"file_path": TEXT, "maxResults": TEXT, "a_b": TEXT, "ab": TEXT}})
    meant = {name: found.meant(name) for name in ("filePath", "File-Path", "max_results", "AB", "path", "")}
    assert meant == dict.fromkeys(("filePath", "File-Path"), "file_path") | {
        "max_results": "maxResults",
        "AB": None,
        "path": None,
        "": None,
    }


def test_the_beginning_of_a_name_leaves_once_it_can_only_be_a_needed_member() -> None:
    found = place({"properties": {"path": TEXT, "limit": WHOLE}, "required": ["path"]})
    assert [found.may_leave(begun) for begun in ("", "p", "path", "l", "x")] == [False, True, True, False, False]
    assert place({}).may_leave("x")
