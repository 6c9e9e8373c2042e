"""`toolbridge dialects`: the list, one of them, and both as JSON."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from toolbridge.cli import main
from toolbridge.cli.samples import description, sample
from toolbridge.dialect_choice import dialect_names, find_dialect
from toolbridge.dialects import dialects

NAMES = [name for name in dialect_names() if name != "auto"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dialects", *arguments], prog_name="toolbridge")


def told(*arguments: str) -> Any:
    answer = run(*arguments, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def test_all_are_listed_with_a_sample_and_whether_they_can_be_asked_for() -> None:
    output = run().output
    for name in NAMES:
        dialect = find_dialect(name)
        heading = f"\n{name}: " + (f"only read: {dialect.unpromptable}" if not dialect.form else "asked for and read")
        first, *_ = sample(dialect).splitlines()
        assert f"{heading}\n    {first}" in f"\n{output}"
    assert "\nauto: " in output
    assert f"{len(NAMES)} notations are read" in output


def test_as_json_the_list_has_an_object_for_each() -> None:
    listed = told()
    assert [one["name"] for one in listed] == NAMES
    for one in listed:
        dialect = find_dialect(one["name"])
        assert one["promptable"] == (dialect.form is not None)
        assert bool(one["why_not"]) != one["promptable"]
        assert one["sample"] == sample(dialect)


@pytest.mark.parametrize("name", NAMES)
def test_one_is_shown_with_what_its_file_says_and_the_prompt_that_asks_for_it(name: str) -> None:
    answer, one = run(name), told(name)
    assert answer.exit_code == 0
    assert description(dialects()[name]) in answer.output
    assert f"`{name}`" in answer.output
    if one["promptable"]:
        assert one["prompt"] in answer.output
        assert "- city (string, required): The city's name" in one["prompt"]
    else:
        assert one["prompt"] is None
        assert f"It is not asked for: {one['why_not']}." in answer.output


def test_one_says_by_what_its_models_are_known() -> None:
    output = run("glm").output
    assert "a chat template with <arg_key> and <tool_call>" in output
    assert "architecture glm4moe" in output
    assert told("glm")["templates"] == [{"holds": ["<arg_key>", "<tool_call>"], "lacks": []}]


def test_auto_is_explained() -> None:
    assert run("auto").output.startswith("auto: ")
    assert told("auto")["name"] == "auto"


def test_an_unknown_name_is_a_mistake_that_names_near_ones() -> None:
    answer = run("herms")
    assert answer.exit_code == 2
    assert "did you mean hermes" in answer.output
