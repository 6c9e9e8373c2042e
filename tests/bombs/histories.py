"""Bombs in the conversation: turns, calls and results, many, alike, unmatched, or in parts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.bombs.bomb import (
    ANTHROPIC,
    CHATS,
    COUNT,
    GENERATE,
    MODES,
    OLLAMA,
    OPENAI,
    RESPONSES,
    Bomb,
    Call,
    Chat,
    Result,
    Turn,
)

_TOOLS = [("get_weather", "Weather.", {"type": "object", "properties": {"city": {"type": "string"}}})]
_ASK: Turn = ("user", "How is Oslo?")
_PNG = "iVBORw0KGgo="


def _pairs(count: int, identity: Callable[[int], str] = lambda n: f"c{n}") -> list[Turn]:
    turns: list[Turn] = [_ASK]
    for n in range(count):
        turns += [[Call(identity(n))], Result(identity(n))]
    return [*turns, _ASK]


_TURNS: Mapping[str, Callable[[], Sequence[Turn]]] = {
    "6,000 results in one turn": lambda: [
        _ASK,
        [Call(f"c{n}") for n in range(6000)],
        *(Result(f"c{n}") for n in range(6000)),
    ],
    "6,000 results in one turn, backwards": lambda: [
        _ASK,
        [Call(f"c{n}") for n in range(6000)],
        *(Result(f"c{n}") for n in reversed(range(6000))),
    ],
    "4,900 calls in one turn and no result": lambda: [_ASK, [Call(f"c{n}") for n in range(4900)], _ASK],
    "80,000 calls in one turn": lambda: [_ASK, [Call(f"c{n}") for n in range(80_000)], Result("c5")],
    "4,900 calls of one id": lambda: _pairs(4900, lambda _: "same"),
    "4,900 calls without an id": lambda: _pairs(4900, lambda _: ""),
    "4,900 calls": lambda: _pairs(4900),
    "9,000 results for no call": lambda: [_ASK, *(Result(f"c{n}") for n in range(9000))],
    "9,000 results for the first call": lambda: [_ASK, [Call("c")], *(Result("c") for _ in range(9000))],
    "4,900 results for calls long ago": lambda: [
        _ASK,
        *([Call(f"c{n}")] for n in range(4900)),
        *(Result(f"c{n}") for n in range(4900)),
    ],
    "ids of 4 KB": lambda: _pairs(300, lambda n: "i" * 4096 + str(n)),
    "9,900 user turns": lambda: [("user", f"Say {n}.") for n in range(9900)],
    "80,000 user turns": lambda: [("user", "Hi.") for _ in range(80_000)],
    "10,001 turns": lambda: [(("user", "assistant")[n % 2], "Hi.") for n in range(10_001)],
    "9,900 system turns": lambda: [("system", f"Be {n}.") for n in range(9900)],
    "9,900 developer turns": lambda: [("developer", f"Be {n}.") for n in range(9900)],
    "9,900 turns of nothing": lambda: [("user", "") for _ in range(9900)],
    "9,900 turns of no role": lambda: [("", "x") for _ in range(9900)],
    "9,900 turns of an unknown role": lambda: [("x" * 1000, "x") for _ in range(9900)],
    "9,900 assistant turns": lambda: [_ASK, *(("assistant", f"It is {n}.") for n in range(9900))],
    "two words by turns": lambda: [("user" if n % 2 else "system", "a" * 100) for n in range(9900)],
    "200 results of 50 KB": lambda: [
        _ASK,
        *(turn for n in range(200) for turn in ([Call(f"c{n}")], Result(f"c{n}", "word " * 10_000))),
    ],
    "a name that is in no list, 4,000 times": lambda: [
        _ASK,
        *(
            turn
            for n in range(4000)
            for turn in ([Call(f"c{n}", f"unknown_{n}")], Result(f"c{n}", name=f"unknown_{n}"))
        ),
    ],
    "names of 4 KB": lambda: [
        _ASK,
        *(turn for n in range(200) for turn in ([Call(f"c{n}", "n" * 4096 + str(n))], Result(f"c{n}"))),
    ],
}


def _parts(kind: str, count: int) -> list[dict[str, Any]]:
    return [{"type": kind, "text": "a"} for _ in range(count)]


_TEXT = {OLLAMA: "text", OPENAI: "text", ANTHROPIC: "text", RESPONSES: "input_text", COUNT: "text"}


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for name, make in _TURNS.items():
        yield Bomb(
            f"history: {name}",
            "Joining turns, and finding the call of each result.",
            lambda make=make: Chat(tools=_TOOLS, turns=make()),  # type: ignore[misc] # mypy sees no type in a default
            routes=(*CHATS, COUNT),
            modes=MODES,
            large="80,000" in name or "50 KB" in name,
        )
    for count in (9_000, 100_000):
        yield Bomb(
            f"parts: {count:,} in one turn",
            "Joining the parts of one message.",
            lambda count=count: (
                lambda route: Chat(tools=_TOOLS, turns=[("user", _parts(_TEXT[route], count))]).body(route)
            ),  # type: ignore[misc] # as above
            routes=(*CHATS, COUNT),
            large=count > 10_000,
        )
        yield Bomb(
            f"parts: {count:,} in one result",
            "Joining the parts of one result.",
            lambda count=count: (
                lambda route: Chat(  # type: ignore[misc] # as above
                    tools=_TOOLS, turns=[_ASK, [Call("c")], Result("c", _parts(_TEXT[route], count))]
                ).body(route)
            ),
            routes=(*CHATS, COUNT),
            large=count > 10_000,
        )
    deep: Any = "rain"
    for _ in range(200):
        deep = [{"type": "tool_result", "tool_use_id": "c", "content": deep}]
    yield Bomb(
        "parts: results in results, 200 levels",
        "Reading parts in parts.",
        lambda: Chat(tools=_TOOLS, turns=[_ASK, [Call("c")], Result("c", deep)]),
        routes=(*CHATS, COUNT),
    )
    yield Bomb(
        "parts: of every wrong sort",
        "Parts that are none.",
        lambda: Chat(
            turns=[
                ("user", [None, 5, "x", [], {}, {"type": []}, {"type": "x" * 1000}, {"type": "text", "text": 5}] * 1000)
            ]
        ),
        routes=(*CHATS, COUNT),
    )
    for count, size in ((2000, 12), (200, 100_000)):
        yield Bomb(
            f"pictures: {count} of {size:,} characters",
            "Reading, checking and writing pictures.",
            lambda count=count, size=size: lambda route: _pictured(route, count, size),  # type: ignore[misc] # as above
            routes=(*CHATS, GENERATE),
            modes=("prompt", "auto"),
            large=size > 1000,
        )
    for name, url in _URLS.items():
        yield Bomb(
            f"picture: {name}",
            "Reading a data URL.",
            lambda url=url: Chat(turns=[("user", [{"type": "image_url", "image_url": {"url": url}}] * 3)]),  # type: ignore[misc] # as above
            routes=(OPENAI, OLLAMA),
        )
    for route, fields in _THOUGHTS.items():
        yield Bomb(
            f"thoughts: 5,000 on {route}",
            "Reasoning of turns long gone.",
            lambda fields=fields: Chat(fields=fields),  # type: ignore[misc] # as above
            routes=(route,),
        )
    yield Bomb(
        "parts: 100,000 tokens of context",
        "The numbers of an old conversation.",
        lambda: Chat(fields={"context": list(range(100_000))}),
        routes=(GENERATE,),
    )
    yield Bomb(
        "parts: images that are none",
        "Wrong images.",
        lambda: Chat(fields={"images": [None, 5, "", "%%%", {}, []] * 3000}),
        routes=(GENERATE,),
    )


_URLS: Mapping[str, str] = {
    "semicolons": "data:" + ";" * 80_000 + "," + _PNG,
    "commas": "data:image/png;base64" + "," * 80_000,
    "parameters": "data:image/png;" + "a=b;" * 20_000 + "base64," + _PNG,
    "no end": "data:image/png;base64" + "A" * 80_000,
    "blanks": "data:image/png;base64," + " " * 80_000,
    "line ends": "data:image/png;base64," + "AA\r\n" * 20_000,
    "percent": "data:image/png;base64," + "%41" * 30_000,
    "nested": "data:" * 20_000,
    "padding": "data:image/png;base64," + "=" * 80_000,
    "upper case": "DATA:IMAGE/PNG;BASE64," + _PNG,
    "a type of 80 KB": "data:" + "x" * 80_000 + ";base64," + _PNG,
    "an address of 80 KB": "http://" + "a." * 40_000 + "example/x.png",
    "slashes": "http:" + "/" * 80_000,
}

_THOUGHTS: Mapping[str, dict[str, Any]] = {
    OLLAMA: {
        "messages": [{"role": "assistant", "content": "", "thinking": "<think>" * 10}] * 5000
        + [{"role": "user", "content": "x"}]
    },
    OPENAI: {
        "messages": [{"role": "assistant", "content": None, "reasoning": "Hm", "reasoning_content": "Hm"}] * 5000
        + [{"role": "user", "content": "x"}]
    },
    ANTHROPIC: {
        "messages": [{"role": "user", "content": "x"}]
        + [{"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm", "signature": "s"}]}] * 5000
    },
    RESPONSES: {"input": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]}] * 5000},
}


def _pictured(route: str, count: int, size: int) -> bytes:
    data = _PNG * max(1, size // 12)
    url = f"data:image/png;base64,{data}"
    match route:
        case "/api/chat":
            fields: dict[str, Any] = {"messages": [{"role": "user", "content": "x", "images": [data] * count}]}
        case "/api/generate":
            fields = {"images": [data] * count}
        case "/v1/messages":
            source = {"type": "base64", "media_type": "image/png", "data": data}
            fields = {"messages": [{"role": "user", "content": [{"type": "image", "source": source}] * count}]}
        case "/v1/responses":
            fields = {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}] * count}]}
        case _:
            fields = {
                "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}] * count}]
            }
    tools = _TOOLS if route != GENERATE else []
    return Chat(tools=tools, fields=fields).body(route)
