"""Every expression of the package: where it is written, what it is, and how it is used.

Expressions that stand in a module (in tables, too, and in what a dialect is made of) are found in the loaded module.
Those that a function writes down are found in its source. Those that a function puts together from names or tools are
made by `tests/computed_patterns.py`; a place in the source that is in neither fails the test.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import toolbridge

_CALLS = {
    "compile": (),
    "match": ("match",),
    "fullmatch": ("fullmatch",),
    "search": ("search",),
    "sub": ("every",),
    "subn": ("every",),
    "split": ("every",),
    "findall": ("every",),
    "finditer": ("every",),
}
"""The functions of `re`, and the methods of an expression, by what of `tests.regex_steps.Steps` they cost."""
_ANY_USE = ("fullmatch", "every")
"""For an expression of which the source does not tell: what costs most."""
_TABLES = {
    "toolbridge.plan._TOOLS_REFUSED": ("search",),
    "toolbridge.plan._SYSTEM_REFUSED": ("search",),
    "toolbridge.plan._THINKING_REFUSED": ("search",),
}
"""Expressions in tables, and what is done with them."""
_ONLY_MATCHED = frozenset({"take", "_taken"})
"""Functions that are given an expression and match it at a position."""


@dataclass(frozen=True, slots=True)
class Found:
    """One expression."""

    where: str
    """Its module and its name, or the function that writes it down."""
    pattern: str | bytes
    flags: int
    uses: tuple[str, ...]


def modules() -> Iterator[ModuleType]:
    """All of the package."""
    for found in pkgutil.walk_packages(toolbridge.__path__, "toolbridge."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


@cache
def tree_of(module: ModuleType) -> ast.Module:
    """The source of a module."""
    return ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))


@cache
def every_pattern() -> tuple[Found, ...]:
    """All of them, each once."""
    found: dict[tuple[Any, ...], Found] = {}
    for module in modules():
        for one in (*_global(module), *_written(module)):
            found.setdefault((one.pattern, one.flags, one.uses), one)
    return tuple(found.values())


def _global(module: ModuleType) -> Iterator[Found]:
    for name, value in vars(module).items():
        if name.startswith("__"):
            continue
        for pattern in _inside(value, module.__name__, set()):
            where = f"{module.__name__}.{name}"
            yield Found(where, pattern.pattern, pattern.flags, _TABLES.get(where) or _uses(module, name))


def _inside(value: Any, home: str, seen: set[int]) -> Iterator[re.Pattern[Any]]:
    """The expressions in a value: in tables, and in objects that the package made."""
    if isinstance(value, re.Pattern):
        yield value
        return
    if id(value) in seen or isinstance(value, str | bytes | int | float | type | ModuleType):
        return
    seen.add(id(value))
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif type(value).__module__.startswith("toolbridge"):
        names = [*getattr(value, "__dict__", ()), *getattr(type(value), "__slots__", ())]
        inner = [getattr(value, name, None) for name in names]
    else:
        return
    for one in inner:
        yield from _inside(one, home, seen)


def _uses(module: ModuleType, name: str) -> tuple[str, ...]:
    """How a module uses one of its names: any way, unless every mention says otherwise."""
    uses: set[str] = set()
    known: set[int] = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute) and (own := _named(node.value, name)) is not None:
            known.add(id(own))
            uses.update(_CALLS.get(node.attr, _ANY_USE))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ONLY_MATCHED:
            for argument in node.args:
                if isinstance(argument, ast.Name) and argument.id == name:
                    known.add(id(argument))
                    uses.add("match")
    mentions = {
        id(node)
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    }
    return tuple(sorted(uses)) if mentions and mentions == known else _ANY_USE


def _named(node: ast.expr, name: str) -> ast.Name | None:
    """The mention of a name in what a method is called of: `NAME`, `NAME[…]`, or `(NAME if … else …)`."""
    match node:
        case ast.Name() if node.id == name:
            return node
        case ast.Subscript():
            return _named(node.value, name)
        case ast.IfExp():
            return _named(node.body, name) or _named(node.orelse, name)
    return None


def _written(module: ModuleType) -> Iterator[Found]:
    for where, call in calls_in_functions(module):
        pattern = value_of(call.args[0], module)
        if pattern is not None:
            flags = next((value_of(one.value, module) for one in call.keywords if one.arg == "flags"), 0) or 0
            yield Found(where, pattern, re.compile(pattern, flags).flags, _CALLS[_function(call)] or _ANY_USE)


def calls_in_functions(module: ModuleType) -> Iterator[tuple[str, ast.Call]]:
    """The calls of `re` that are made when a function runs, with the names of their functions."""

    def within(node: ast.AST, path: str, *, inside: bool) -> Iterator[tuple[str, ast.Call]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from within(child, f"{path}.{child.name}", inside=not isinstance(child, ast.ClassDef))
                continue
            if inside and isinstance(child, ast.Call) and _function(child):
                yield path, child
            yield from within(child, path, inside=inside)

    yield from within(tree_of(module), module.__name__, inside=False)


def computed_sites() -> set[str]:
    """The functions that put an expression together as they run."""
    return {
        where
        for module in modules()
        for where, call in calls_in_functions(module)
        if value_of(call.args[0], module) is None
    }


def _function(call: ast.Call) -> str:
    """Which function of `re` (or of `fnmatch`) this calls; the empty string for any other."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="re"), attr=name) if name in _CALLS:
            return name
        case ast.Name(id="fnmatch" | "fnmatchcase"):
            return "fullmatch"
    return ""


def value_of(node: ast.expr, module: ModuleType) -> Any:
    """What an expression of Python comes to, if it needs nothing but its module."""
    try:
        return eval(compile(ast.Expression(node), "pattern", "eval"), dict(vars(module)))  # noqa: S307 - our own source
    except NameError:
        return None
