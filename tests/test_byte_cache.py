"""The cache that is bounded by bytes, and that no other cache of the package holds foreign text without a bound."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from toolbridge.budget import Budget, Kind
from toolbridge.byte_cache import ByteCache, digest
from toolbridge.errors import OverLimit
from toolbridge.limits import MIB, Limits
from toolbridge.tool_prompt import block, example_calls, tool_prompt

PACKAGE = Path(__file__).resolve().parent.parent / "toolbridge"

BOUNDED = {
    "dialect_choice._names": "takes nothing",
    "dialects.__init__.dialects": "takes nothing",
    "server.hosts.self.allow": "64 Host headers, a line of 64 KiB each at the most",
    "server.routes.find_routes": "64 methods and paths, a line of 4 KiB each at the most",
    "tool_prompt.defuse._asked": "64 forms, which are the dialects' own",
    "tool_prompt.defuse._expressions": "64 forms, which are the dialects' own",
    "tool_prompt.defuse._plain_names": "64 sets of the names of tools, limits.tools of 128 characters each",
    "tool_prompt.forgeries._claims": "64 notations, with tools and without",
    "scanner._kept": "512 sets of literals, which are the dialects' own",
    "scanner._known": "512 sets of literals, which are the dialects' own",
    "scanner._compiled": "256 sets of beginnings of literals, which are the dialects' own",
    "reply_parser.state._lookout": "64 notations, in each of a few modes",
    "wire.__init__.wires": "takes nothing",
}
"""Each cache by the number of its entries, with the bound on how large one can be. Any other is a `ByteCache`."""


def caches() -> Iterator[str]:
    """Every use of `lru_cache` and `cache`, by the function it is of or the name it is given."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                used, name = [*node.decorator_list], node.name
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                used = [node.value]
                name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            else:
                continue
            names = {ast.unparse(inner) for one in used for inner in ast.walk(one)}
            if names & {"lru_cache", "cache", "functools.lru_cache", "functools.cache"}:
                yield f"{module}.{name}"


@pytest.mark.parametrize("name", sorted(caches()))
def test_a_cache_by_number_says_how_large_an_entry_can_be(name: str) -> None:
    assert name in BOUNDED, f"{name} holds so many entries of any size: use ByteCache, or state the bound"


def test_what_is_kept_is_found_and_what_is_not_is_none() -> None:
    kept: ByteCache[str] = ByteCache(10_000)
    assert kept.keep(("a",), "x", ["x"]) == "x"
    assert kept.find(("a",)) == "x"
    assert kept.find(("b",)) is None


def test_entries_leave_oldest_first_once_there_are_too_many_bytes() -> None:
    kept: ByteCache[str] = ByteCache(10_000)
    for number in range(6):
        kept.keep((number,), "x", ["x" * 1_500])
        kept.find((0,))
    assert kept.size <= 10_000
    assert [kept.find((number,)) is not None for number in range(6)] == [True, False, True, True, True, True]


def test_an_entry_that_would_take_the_place_of_all_others_is_not_kept() -> None:
    kept: ByteCache[str] = ByteCache(10_000)
    kept.keep(("small",), "x", ["x"])
    assert kept.keep(("large",), "y", ["y" * 3_000]) == "y"
    assert kept.find(("large",)) is None
    assert kept.find(("small",)) == "x"


def test_an_entry_that_comes_again_counts_once() -> None:
    kept: ByteCache[str] = ByteCache(10_000)
    kept.keep(("a",), "x", ["x" * 100])
    size = kept.size
    kept.keep(("a",), "y", ["y" * 100])
    assert (kept.size, len(kept), kept.find(("a",))) == (size, 1, "y")
    kept.clear()
    assert (kept.size, len(kept)) == (0, 0)


def test_a_digest_tells_texts_apart_by_where_they_end() -> None:
    assert len({digest(["ab", "c"]), digest(["a", "bc"]), digest(["abc"]), digest([])}) == 4
    assert digest(["\ud800"]) == digest(["\ud800"])


def test_prompts_are_kept_up_to_a_number_of_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert block._BLOCKS.most == 8 * MIB
    kept: ByteCache[block._Block] = ByteCache(100_000)
    monkeypatch.setattr(block, "_BLOCKS", kept)
    for number in range(40):
        tool_prompt([{"name": f"get_{number}", "description": "Words. " * 1_000}])
    assert 1 < len(kept) < 40
    assert kept.size <= 100_000


def test_an_example_holds_nothing_of_the_tools_but_its_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: ByteCache[block._ExampleCalls] = ByteCache(MIB)
    monkeypatch.setattr(block, "_EXAMPLES", kept)
    for number in range(10):
        about = f"Get {number}." + " Words." * 10_000
        schema = {"properties": {"city": {"type": "string"}}, "required": ["city"]}
        assert example_calls([{"name": "get_weather", "description": about, "parameters": schema}])
    assert len(kept) == 10
    assert kept.size < 20_000


def test_who_is_answered_from_the_cache_pays_as_much() -> None:
    schema = {"properties": {name: {"type": "string"} for name in "abcdefgh"}, "required": ["a"]}
    tools = [{"name": "get_words", "parameters": schema}]
    spent = []
    for _ in range(2):
        budget = Budget()
        tool_prompt(tools, budget=budget)
        example_calls(tools, budget=budget)
        spent.append([budget.left(kind) for kind in get_args(Kind)])
    assert spent[0] == spent[1]
    few = Budget(Limits(visits=Limits().visits - budget.left("visits") - 1))
    tool_prompt(tools, budget=few)
    with pytest.raises(OverLimit, match=r"limits\.visits"):
        example_calls(tools, budget=few)
