"""The project's order, read from its files: what may import what, how long a file may be, what no file may hold."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolbridge.wire import wires

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "toolbridge"

FLOORS = (
    ("limits", "errors", "budget", "events", "messages", "strict_turns", "traits", "models"),
    (
        "byte_cache",
        "frames",
        "lenient",
        "pieces",
        "words",
        "scanner",
        "json_text",
        "json_string",
        "schema",
        "functions",
        "tools",
    ),
    ("wire", "notation", "dialects"),
    (
        "model_converter",
        "model_cards",
        "dialect_choice",
        "reply_parser",
        "tool_prompt",
        "loops",
        "mended_history",
        "refusals",
        "checks",
        "plan",
    ),
    ("translate", "__init__"),
    ("server", "cli", "__main__"),
)
"""From the ground up. A name is a file or a package; it imports from floors below, and on its own from names before."""

STRANGERS = {frozenset({"wire", "dialects"}), frozenset({"wire", "notation"})}
"""Names that never import each other, in either direction."""

SHELL = {"server", "cli", "__main__"}
SHELL_ONLY = {"asyncio", "aiohttp", "structlog", "uvloop"}
HEAVY = ("aiohttp", "pydantic", "lxml", "jsonschema", "jsonschema_rs", "json_repair")
"""What `import toolbridge` must not load, as it costs more than the rest together."""

LAZY = "__init__"
"""The one exemption: this file's `__getattr__` and its block for type checkers reach up to the shell, for `Settings`
and `create_app`, which are loaded on first use."""

LONGEST = 450
"""Lines of a file; above, there is a second noun in it."""

SHIPPED = ("toolbridge", "tests", "docs", "examples", "benchmarks", ".ci")
TEXT = {".js", ".py", ".md", ".toml", ".sh", ".json", ".ndjson", ".txt", ".sse", ".yaml", ".yml", ""}

FORBIDDEN = (
    *(
        re.escape(".".join(host))
        for host in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("crates", "io"))
    ),
    *(rf"(?<![\w.~-])/{folder}/" for folder in ("work", "root", "builds")),
)
"""Hosts of registries and folders of one machine, written so that this file does not hold them itself."""

POSITION = {name: (floor, place) for floor, names in enumerate(FLOORS) for place, name in enumerate(names)}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def floor_name(module: str) -> str:
    return module.partition(".")[0]


def dotted(path: Path) -> str:
    """`toolbridge/wire/ollama.py` is `wire.ollama`, a package its own folder, the whole package `__init__`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    if parts[-1] == "__init__" and len(parts) > 1:
        parts = parts[:-1]
    return ".".join(parts)


MODULES = {dotted(path): path for path in sources("toolbridge")}


def is_loaded_later(node: ast.stmt) -> bool:
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef) and node.name == "__getattr__"


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every name that a file imports anywhere in it, dotted and absolute, with its line; the exemption left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    exempt = {node for top in tree.body if dotted(path) == LAZY and is_loaded_later(top) for node in ast.walk(top)}
    for node in ast.walk(tree):
        if node in exempt:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if inner.removeprefix("toolbridge.") in MODULES else base), node.lineno


def own(path: Path) -> Iterator[tuple[str, int]]:
    """The modules of toolbridge that a file imports, as `dotted` calls them."""
    for name, line in imported(path):
        if name == "toolbridge":
            yield "__init__", line
        elif name.startswith("toolbridge."):
            yield name.removeprefix("toolbridge."), line


def test_every_file_stands_on_a_floor_and_every_floor_names_only_files_that_exist() -> None:
    assert {floor_name(name) for name in MODULES} == POSITION.keys()


def test_a_family_imports_no_family_and_what_families_share_knows_none_of_them() -> None:
    """A file in `dialects/` may be taken away, and every other family is read as before."""
    found = [
        f"{MODULES[name].relative_to(ROOT)}:{line} imports toolbridge.{other}"
        for name in MODULES
        if floor_name(name) in ("dialects", "notation")
        for other, line in own(MODULES[name])
        if floor_name(other) == "dialects"
    ]
    assert found == []


@pytest.mark.parametrize("name", MODULES)
def test_a_file_imports_only_from_below(name: str) -> None:
    top = floor_name(name)
    for other, line in own(MODULES[name]):
        below = floor_name(other)
        where = f"{MODULES[name].relative_to(ROOT)}:{line} imports toolbridge.{other}"
        assert below in POSITION, f"{where}, which stands on no floor"
        assert frozenset({top, below}) not in STRANGERS, f"{where}: the two never import each other"
        assert top == below or POSITION[below] < POSITION[top], f"{where}, which is not below it"


def test_no_file_imports_itself_over_others() -> None:
    graph = {name: {other for other, _ in own(path) if other in MODULES} for name, path in MODULES.items()}
    while leaves := {name for name, others in graph.items() if not others}:
        graph = {name: others - leaves for name, others in graph.items() if name not in leaves}
    assert graph == {}, "these wait for each other in a circle (or for one that does)"


CLOSED = {"Reading": "notation.reading", "Spoken": "notation.spoken", "State": "reply_parser.state"}
"""Classes whose attributes only their own file assigns: whoever holds one asks it with a verb."""


def holders(tree: ast.AST) -> set[str]:
    """The names by which a file holds such an object: its parameters of these types, and attributes named alike."""
    names = {"reading", "_reading", "state", "_state"}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None and ast.unparse(node.annotation) in CLOSED:
            names.add(node.arg)
    return names


def assigned(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Every attribute that a file assigns, deletes or adds to."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node


def assigned_by_others() -> Iterator[str]:
    """The places where a file assigns an attribute of a closed class that is not its own."""
    for name, path in MODULES.items():
        if floor_name(name) in ("notation", "dialects", "reply_parser", "tool_prompt") and name not in CLOSED.values():
            tree = ast.parse(path.read_text(encoding="utf-8"))
            held = holders(tree)
            for node in assigned(tree):
                if ast.unparse(node.value).rpartition(".")[2] in held:
                    yield f"{path.relative_to(ROOT)}:{node.lineno} assigns {ast.unparse(node)}"


def test_nobody_assigns_to_a_reading_or_a_state_but_its_own_file() -> None:
    assert list(assigned_by_others()) == []


@pytest.mark.parametrize("name", [name for name in MODULES if floor_name(name) not in SHELL])
def test_sockets_and_loops_stay_in_the_shell(name: str) -> None:
    found = {floor_name(other) for other, _ in imported(MODULES[name])} & SHELL_ONLY
    assert not found, f"{name} imports {found}; only toolbridge/server and toolbridge/cli may"


@pytest.mark.parametrize(
    "code",
    [
        "import toolbridge",
        "import toolbridge; parser = toolbridge.ReplyParser(); parser.feed('It rains.'); parser.finish()",
        "import toolbridge; toolbridge.parse_reply('<tool_calls><invoke name=\"now\"></invoke></tool_calls>')",
    ],
    ids=["import", "prose", "a call"],
)
def test_the_library_loads_nothing_heavy(code: str) -> None:
    report = f"{code}\nimport sys\nprint(*({set(HEAVY)} & sys.modules.keys()))"
    answer = subprocess.run([sys.executable, "-c", report], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout.split()) == (0, []), answer.stderr


@pytest.mark.parametrize(
    "path", sources("toolbridge", "tests", "examples", "benchmarks"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_a_file_is_not_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def compared(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The texts that are compared with something, by an operator or by a case, each with its line."""
    for node in ast.walk(tree):
        sides: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            sides = [node.value]
        for side in sides:
            held = side.elts if isinstance(side, ast.Tuple | ast.List | ast.Set) else [side]
            yield from (
                (each.value, each.lineno)
                for each in held
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('a == "ollama"', ["ollama"]),
        ('a in ("ollama", b)', ["ollama"]),
        ('match a:\n case "openai" | "x": pass', ["openai", "x"]),
        ('f("ollama")', []),
        ('{"ollama": 1}[a]', []),
    ],
)
def test_the_search_for_compared_texts_itself(code: str, found: list[str]) -> None:
    assert sorted(text for text, _ in compared(ast.parse(code))) == found


@pytest.mark.parametrize("name", MODULES)
def test_no_name_of_a_wire_is_compared_outside_its_folder(name: str) -> None:
    """Whatever differs between wires is a field of `Wire`, or of `Traits`: a name that is compared is a fact astray."""
    path = MODULES[name]
    own_folder = name.split(".")[1] if name.startswith("wire.") else ""
    found = [
        f"{path.relative_to(ROOT)}:{line} compares {text!r}"
        for text, line in compared(ast.parse(path.read_text(encoding="utf-8")))
        if text in wires() and wires()[text].read_request.__module__.split(".")[2] != own_folder
    ]
    assert found == []


def shipped() -> Iterator[Path]:
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            yield path
    for folder in SHIPPED:
        found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
        yield from (path for path in found if "node_modules" not in path.parts)


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    pattern = re.compile("|".join(FORBIDDEN))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {hit[0]}"
        for path in shipped()
        if path.suffix in TEXT
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (hit := pattern.search(line))
    ]
    assert found == []


SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b")
CODED = re.compile(
    r"#\s*(?:noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\]|pragma: no (?:cover|branch))"
)


def is_reasoned(comment: str) -> bool:
    """Whether each silenced check in a comment is named by its code, and words are left that say why."""
    rest, coded = CODED.subn("", comment)
    return coded == len(SILENCED.findall(comment)) and (not coded or len(re.findall(r"[a-z]+", rest)) > 1)


@pytest.mark.parametrize(
    ("comment", "reasoned"),
    [
        ("# plain", True),
        ("# noqa", False),
        ("# noqa: S310", False),
        ("# noqa: S310, S311 - loopback only", True),
        ("# type: ignore", False),
        ("# type: ignore[misc]", False),
        ("# type: ignore[misc]  # the stub is wrong", True),
        ("# type: ignore[misc]  # noqa  # the stub is wrong", False),
    ],
)
def test_the_rule_for_silenced_checks_itself(comment: str, reasoned: bool) -> None:
    assert is_reasoned(comment) == reasoned


def comments() -> Iterator[tuple[str, str]]:
    """Every comment of the project's Python files, after the place where it stands."""
    for path in sources("toolbridge", "tests", "examples", "benchmarks"):
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            if token.type == tokenize.COMMENT:
                yield f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string}", token.string


def test_a_silenced_check_has_its_code_and_its_reason() -> None:
    found = [where for where, comment in comments() if not is_reasoned(comment)]
    assert found == []


UNFINISHED = re.compile("|".join(rf"\b{first}{rest}\b" for first, rest in (("TO", "DO"), ("FIX", "ME"), ("X", "XX"))))


def test_nothing_is_left_for_later_in_a_comment() -> None:
    found = [where for where, comment in comments() if UNFINISHED.search(comment)]
    assert found == []
