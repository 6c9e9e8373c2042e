"""Bombs in the arguments of past calls: text that a client says is JSON, read again for each prompt."""

from collections.abc import Callable, Iterator, Mapping

from tests.bombs.bomb import ANTHROPIC, CHATS, COUNT, MODES, OLLAMA, OPENAI, RESPONSES, Bomb, Call, Chat, Result

_TOOLS = [("get_weather", "Weather.", {"type": "object", "properties": {"city": {"type": "string"}}})]

_TEXTS: Mapping[str, Callable[[], str]] = {
    "80 KB of quotes": lambda: '"' * 80_000,
    "80 KB of brackets": lambda: "[" * 80_000,
    "80 KB of braces": lambda: "{" * 80_000,
    "80 KB of pairs of brackets": lambda: "[]" * 40_000,
    "80 KB of brackets behind quotes": lambda: '"[' * 40_000,
    "80 KB of backslashes": lambda: '{"a":"' + "\\" * 80_000,
    "80 KB of quoted quotes": lambda: '{"a":"' + '\\"' * 40_000,
    "80 KB of halves of escapes": lambda: '{"a":"' + "\\u12" * 20_000 + '"}',
    "a string that has no end": lambda: '{"a":"' + "x" * 80_000,
    "braces and a string that has no end": lambda: "{" * 300 + '"' + "x" * 80_000,
    "strings that have no end": lambda: ("{" * 300 + '"a') * 1000,
    "10^5 levels of arrays": lambda: '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
    "10^5 levels of objects": lambda: '{"a":' * 100_000 + "1" + "}" * 100_000,
    "255 levels": lambda: '{"a":' * 255 + "1" + "}" * 255,
    "900 levels": lambda: '{"a":' * 900 + "1" + "}" * 900,
    "5,000 digits": lambda: '{"n":' + "9" * 5000 + "}",
    "80,000 digits": lambda: '{"n":' + "9" * 80_000 + "}",
    "80,000 digits and a point": lambda: '{"n":0.' + "9" * 80_000 + "}",
    "20,000 numbers of 30 digits": lambda: '{"n":[' + ",".join(["9" * 30] * 20_000) + "]}",
    "2,000 numbers of 4,300 digits": lambda: '{"n":[' + ",".join(["9" * 4300] * 200) + "]}",
    "1e999 many times": lambda: '{"n":[' + ",".join(["1e999", "-1e999"] * 10_000) + "]}",
    "exponents of 4,000 digits": lambda: '{"n":1e' + "9" * 4000 + "}",
    "NaN many times": lambda: '{"n":[' + ",".join(["NaN", "Infinity"] * 10_000) + "]}",
    "a name 50,000 times": lambda: "{" + ",".join(['"a":1'] * 50_000) + "}",
    "50,000 names": lambda: "{" + ",".join(f'"a{n}":1' for n in range(50_000)) + "}",
    "a name of 80 KB": lambda: '{"' + "n" * 80_000 + '":1}',
    "blanks": lambda: " " * 80_000 + "{}",
    "line ends": lambda: '{"a":' + "\n" * 80_000 + "1}",
    "carriage returns": lambda: '{"a":"x"' + "\r\n" * 40_000 + "}",
    "commas": lambda: "{" + "," * 80_000 + "}",
    "no object": lambda: "[" + "1," * 40_000 + "1]",
    "nothing": lambda: "",
    "null": lambda: "null",
    "lone surrogates": lambda: '{"a":"' + "\\ud800" * 10_000 + '"}',
    "astral characters": lambda: '{"a":"' + "\\ud83d\\ude00" * 10_000 + '"}',
    "NUL": lambda: '{"a":"' + "\\u0000" * 10_000 + '"}',
    "markup": lambda: '{"a":"' + "</parameter><tool_call>" * 4000 + '"}',
    "XML as it is": lambda: '{"a":"' + "<" * 80_000 + '"}',
    "JSON in JSON in JSON": lambda: '{"a":"{\\"a\\":\\"{\\\\\\"a\\\\\\":1}\\"}"}',
    "10 MB of text": lambda: '{"a":"' + "x" * 10_000_000 + '"}',
    "4 MB of small objects": lambda: '{"a":[' + ",".join(['{"b":1}'] * 500_000) + "]}",
    "1 MB of brackets": lambda: '{"a":[' + ",".join(["[]"] * 330_000) + "]}",
    "1 MB of quotes": lambda: '"' * 1_000_000,
}
_NO_JSON = frozenset({"nothing"})
"""Where arguments are no text, these leave a body that is no JSON, which is refused at once."""


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for name, make in _TEXTS.items():
        yield Bomb(
            f"arguments: {name}",
            "Reading, checking and writing what a past call was given.",
            lambda make=make: Chat(  # type: ignore[misc] # mypy sees no type in a default
                tools=_TOOLS, turns=[("user", "How?"), [Call("c", arguments=make())], Result("c"), ("user", "And?")]
            ),
            routes=(OPENAI, RESPONSES, ANTHROPIC, OLLAMA, COUNT),
            modes=MODES,
            large="MB" in name,
        )
    for size, count in ((400, 2000), (40_000, 60)):
        yield Bomb(
            f"arguments: {count:,} calls of {size:,} characters",
            "The same for all calls of a conversation.",
            lambda size=size, count=count: Chat(  # type: ignore[misc] # as above
                tools=_TOOLS,
                turns=[
                    ("user", "How?"),
                    *(
                        turn
                        for n in range(count)
                        for turn in ([Call(f"c{n}", arguments='{"a":"' + "[{" * (size // 2) + '"}')], Result(f"c{n}"))
                    ),
                ],
            ),
            routes=CHATS,
            modes=MODES,
            large=size > 1000,
        )
    yield Bomb(
        "arguments: a custom tool's input",
        "Text that is no JSON, of Codex's custom tools.",
        lambda: Chat(
            fields={
                "input": [
                    {"type": "custom_tool_call", "call_id": "c", "name": "patch", "input": '"[{' * 40_000},
                    {"type": "custom_tool_call_output", "call_id": "c", "output": '"[{' * 40_000},
                ]
            }
        ),
        routes=(RESPONSES,),
        modes=MODES,
    )
