"""Bombs in the list of tools: how many there are, how they are called, what is said of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.bombs.bomb import CHATS, MODES, OLLAMA, OPENAI, Bomb, Chat, objects

_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_NO_NAMES: tuple[Any, ...] = ("", " ", None, 5, [], {}, True)
Tools = Sequence[tuple[Any, Any, Any]]


def _named(names: Sequence[str], schema: Any = _SCHEMA, said: str = "It does.") -> Tools:
    return [(name, said, schema) for name in names]


_LISTS: Mapping[str, Callable[[], Tools]] = {
    "10 fresh tools": lambda: _named([f"fresh_{n}" for n in range(10)]),
    "28 fresh tools": lambda: _named([f"another_fresh_{n}" for n in range(28)]),
    "200 fresh tools": lambda: _named([f"yet_another_{n}" for n in range(200)]),
    "1,000 tools": lambda: _named([f"of_a_thousand_{n}" for n in range(1000)]),
    "1,001 tools": lambda: _named([f"one_too_many_{n}" for n in range(1001)]),
    "2,000 tools": lambda: _named([f"of_two_thousand_{n}" for n in range(2000)]),
    "20,000 tools": lambda: _named([f"t{n}" for n in range(20_000)], {}),
    "1,000 tools of one name": lambda: _named(["same"] * 1000),
    "900 names that share 120 characters": lambda: _named(["n" * 120 + f"{n:08}" for n in range(900)]),
    "900 names of which each begins the next": lambda: _named(["n" * (1 + n % 128) + str(n) for n in range(900)]),
    "900 names that differ in case": lambda: _named([f"{'aA'[n % 2]}{n // 2:07}" for n in range(900)]),
    "900 names of dashes, blanks and underscores": lambda: _named(
        ["-_ "[n % 3].join("abcdefgh") + str(n) for n in range(900)]
    ),
    "900 names of metacharacters": lambda: _named([f"(a+)+$[^{n}]|.*" for n in range(900)]),
    "900 names of markup": lambda: _named([f"<tool_call>{n}</tool_call>" for n in range(900)]),
    "names of 64 KB": lambda: _named(["n" * 65_536 + str(n) for n in range(8)]),
    "a name of 4 MB": lambda: _named(["n" * (4 << 20)]),
    "names of line ends": lambda: _named(["\n" * 1000 + str(n) for n in range(50)]),
    "names of astral characters": lambda: _named(["\U0001f600" * 60 + str(n) for n in range(300)]),
    "names with lone surrogates": lambda: _named([f"\ud800{n}" for n in range(300)]),
    "names of every sort of word that is not one": lambda: [(name, "", {}) for name in _NO_NAMES],
    "descriptions of 1 MB": lambda: _named([f"d{n}" for n in range(3)], said="word " * 200_000),
    "8 MB of descriptions": lambda: _named([f"e{n}" for n in range(8)], said="x" * (1 << 20)),
    "descriptions of blanks": lambda: _named([f"f{n}" for n in range(10)], said=" " * 40_000 + "x"),
    "descriptions of blanks before line ends": lambda: _named(
        [f"g{n}" for n in range(10)], said=(" " * 400 + "\n") * 100
    ),
    "descriptions of tabs": lambda: _named([f"h{n}" for n in range(10)], said="\t" * 80_000 + "."),
    "descriptions of brackets": lambda: _named([f"i{n}" for n in range(10)], said="{[(" * 30_000),
    "descriptions of indented lines": lambda: _named([f"j{n}" for n in range(10)], said="\n        a" * 10_000),
    "900 tools with 20 parameters": lambda: _named(
        [f"k{n}" for n in range(900)],
        {"type": "object", "properties": {f"p{n}": {"type": "string", "description": "It is."} for n in range(20)}},
    ),
}


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for name, make in _LISTS.items():
        large = "MB" in name or "20,000" in name
        yield Bomb(
            f"tools: {name}",
            "Compiling, sorting and writing what is offered; nothing of it may be kept for long.",
            lambda make=make: Chat(tools=make()),  # type: ignore[misc] # mypy sees no type in a default
            routes=CHATS,
            modes=MODES,
            large=large,
        )
    yield Bomb(
        "tools: many that the prompt says are there already",
        "Functions and tools beside each other, with a choice of a tool that is not there.",
        lambda: Chat(
            tools=_named([f"l{n}" for n in range(500)]),
            fields={
                "functions": [{"name": f"l{n}", "parameters": _SCHEMA} for n in range(500)],
                "tool_choice": {"type": "function", "function": {"name": "x" * 100_000}},
            },
        ),
        routes=(OPENAI,),
    )
    yield Bomb(
        "tools: a list of what is none",
        "Values of every sort where a tool stands.",
        lambda: Chat(fields={"tools": [None, 5, "x", [], {}, [[]], {"function": []}, {"type": "function"}] * 5000}),
    )
    yield Bomb(
        "tools: in each other",
        "A tool whose parameters are a list of tools.",
        lambda: Chat(tools=[("a", "b", {"properties": {str(n): objects("a", "b", _SCHEMA) for n in range(500)}})]),
        routes=(OLLAMA, OPENAI),
    )
    yield Bomb(
        "choice: 100,000 allowed tools",
        "A choice that lists what is allowed.",
        lambda: Chat(
            tools=_named(["get_weather"]),
            fields={
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "auto",
                        "tools": [{"type": "function", "function": {"name": f"x{n}"}} for n in range(100_000)],
                    },
                    "tools": [{"type": "function", "name": f"x{n}"} for n in range(100_000)],
                    "mode": "auto",
                }
            },
        ),
        routes=(OPENAI, "/v1/responses"),
        large=True,
    )
