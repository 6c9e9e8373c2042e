"""Bombs in text: openers and halves of them, in results and users' turns, for every notation that can be asked for.

A model called `<notation>--x` is asked in that notation (`watched_bridge`).
"""

import itertools
from collections.abc import Iterator

from tests.bombs.bomb import CHATS, COUNT, GENERATE, OLLAMA, Bomb, Call, Chat, Result, Turn
from toolbridge.dialect_choice import dialect_names, find_dialect

_TOOLS = [("get_weather", "Weather.", {"type": "object", "properties": {"city": {"type": "string"}}})]
_SIZE = 80_000
_PLAIN = (
    "<",
    "</",
    "< /",
    "[",
    "{",
    "(",
    "`",
    "```",
    "```json\n",
    "\n",
    " ",
    "\t",
    " \n",
    "\\",
    '"',
    "'",
    "|",
    "<|",
    "\u2028",
)
_CALLS = (
    '{"name":',
    '{"name" : "get_weather"',
    "get_weather(",
    "get_weather ",
    "[get_weather(",
    "Action:",
    "Action :",
    "Action: get_weather\nAction Input:",
    "\nObservation:",
    "\\u006eame",
    '"\\x6eame"',
    '"na\\u006de" :',
    "</tool_call",
    "<tool_call>{",
    "<|im_end|>",
    "[INST]",
    "</s>",
    "<start_of_turn>",
    '{"arguments": {',
    "functions.get_weather:",
    '<invoke name="',
    "<parameter name=",
    "<function=get_weather",
    "<function=",
    "[TOOL_CALLS]",
)


def _openers(name: str) -> tuple[str, ...]:
    """The literals of a notation, and each of them without its last character."""
    dialect = find_dialect(name)
    form = dialect.form
    assert form is not None
    around = (form.result_open.partition("{name}")[0], form.result_close, *form.wrapper, *form.markers)
    found = dict.fromkeys(filter(None, (*(opener.literal for opener in dialect.openers), *around)))
    return (*found, *(literal[:-1] for literal in found if len(literal) > 2))


def _repeated(piece: str, size: int = _SIZE) -> str:
    return piece * (size // len(piece.encode("utf-8", "surrogatepass")) + 1)


def _talk(text: str, model: str) -> Chat:
    """The text wherever a stranger's text may stand."""
    turns: list[Turn] = [
        ("user", text),
        [Call("c")],
        Result("c", text),
        ("assistant", text[: len(text) // 4]),
        ("user", "And?"),
    ]
    return Chat(tools=_TOOLS, turns=turns, model=model)


def bombs() -> Iterator[Bomb]:
    """All of them."""
    names = [name for name in dialect_names() if name != "auto" and find_dialect(name).form is not None]
    for name in names:
        pieces = _openers(name)
        yield Bomb(
            f"text: all openers of {name}, by turns",
            "Defusing: a search that begins again at each opener.",
            lambda pieces=pieces, name=name: _talk(_repeated("".join(pieces)), f"{name}--x"),  # type: ignore[misc] # mypy sees no type in a default
        )
        for number, piece in enumerate(pieces):
            yield Bomb(
                f"text: opener {number} of {name}",
                "Defusing: a search that begins again at each opener.",
                lambda piece=piece, name=name: _talk(_repeated(piece), f"{name}--x"),  # type: ignore[misc] # as above
                routes=(OLLAMA,),
                large=True,
            )
        for piece in (*_PLAIN, *_CALLS):
            yield Bomb(
                f"text: {piece!r} for {name}",
                "Defusing: blanks, quotes and half markers that a pattern runs over again and again.",
                lambda piece=piece, name=name: _talk(_repeated(piece), f"{name}--x"),  # type: ignore[misc] # as above
                routes=(OLLAMA,),
                large=True,
            )
    for piece, name in zip((*_PLAIN, *_CALLS), itertools.cycle(names), strict=False):
        yield Bomb(
            f"text: {piece!r}",
            "The same for one notation after another.",
            lambda piece=piece, name=name: _talk(_repeated(piece), f"{name}--x"),  # type: ignore[misc] # as above
            routes=(*CHATS, COUNT, GENERATE),
        )
    for size in (1 << 20, 12 << 20):
        for piece in ("word ", "<tool_call>", "{", "\n"):
            yield Bomb(
                f"text: {size >> 20} MB of {piece!r}",
                "A conversation that is long, and nothing else.",
                lambda piece=piece, size=size: Chat(  # type: ignore[misc] # as above
                    tools=_TOOLS, turns=[("system", "Be brief."), ("user", _repeated(piece, size))]
                ),
                routes=(*CHATS, COUNT, GENERATE),
                modes=("prompt", "auto"),
                large=True,
            )
    yield Bomb(
        "text: 300 KB of prose",
        "What an agent sends with every turn: no bomb at all, and no step over the limit.",
        lambda: Chat(tools=_TOOLS, turns=[("user", "It rains in Oslo, and <b>nobody</b> knows why. " * 6400)]),
        routes=(*CHATS, COUNT, GENERATE),
        allowed=frozenset({200}),
    )
