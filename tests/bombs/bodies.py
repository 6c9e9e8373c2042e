"""Bombs in the bytes of a body: packed, deep, wide, odd, cut off."""

import functools
import gzip
import itertools
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.bombs.bomb import CHATS, COUNT, FINE, GENERATE, KINDS, OLLAMA, REFUSED, Bomb, Chat, written

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_ALL = (*CHATS, COUNT, GENERATE)
_MIB = 1 << 20
_GOOD = (
    b'{"model":"plain:1b","max_tokens":9,"stream":false,"messages":[{"role":"user","content":"hi"}],'
    b'"input":"hi","prompt":"hi"'
)
"""The beginning of a body that every route takes, without its end."""


def _filled(piece: bytes, size: int, name: bytes = b"x") -> bytes:
    """A body with one more field: an array full of something."""
    return _GOOD + b',"' + name + b'":[' + piece * (size // len(piece)) + b"0]}"


def _named(piece: Callable[[int], bytes], count: int) -> bytes:
    return _GOOD + b"," + b",".join(piece(n) for n in range(count)) + b"}"


@functools.cache
def _packed(encoding: str, piece: bytes, size: int, name: bytes = b"x") -> bytes:
    body = _filled(piece, size, name)
    match encoding:
        case "gzip":
            return gzip.compress(body, 9)
        case "deflate":
            return zlib.compress(body, 9)
        case _:
            return zstd.compress(body)


_WIDE: Mapping[str, tuple[bytes, ...]] = {
    "empty arrays": (b"[],",),
    "empty objects": (b"{},",),
    "empty texts": (b'"",',),
    "zeros": (b"0,",),
    "null": (b"null,",),
    "nested arrays": (b"[[[[[]]]]],",),
    "small objects": (b'{"a":{"b":[1]}},',),
}

_TEXTS: Mapping[str, Callable[[], bytes]] = {
    "10^6 levels of arrays": lambda: _GOOD + b',"x":' + b"[" * _MIB + b"]" * _MIB + b"}",
    "10^6 brackets and no end": lambda: _GOOD + b',"x":' + b"[" * _MIB,
    "10^5 levels of objects": lambda: _GOOD + b',"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "1,000 levels": lambda: _GOOD + b',"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "1,000 levels in arguments": lambda: _GOOD + b',"arguments":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "a name 200,000 times": lambda: _named(lambda _: b'"a":1', 200_000),
    "the messages 20,000 times": lambda: _named(lambda _: b'"messages":[{"role":"user","content":"x"}]', 20_000),
    "200,000 names": lambda: _named(lambda n: b'"a%d":1' % n, 200_000),
    "200,000 names of one hash in other languages": lambda: _named(lambda n: b'"' + _alike(n) + b'":1', 60_000),
    "the model's name in every case": lambda: _named(lambda n: b'"' + _cased(n) + b'":"m"', 32),
    "a million and one values": lambda: _filled(b"1,", 2_000_000),
    "4 MB of escapes": lambda: _GOOD + b',"x":"' + b"\\u0041" * 700_000 + b'"}',
    "4 MB of halves of pairs": lambda: _GOOD + b',"x":"' + b"\\ud83d" * 700_000 + b'"}',
    "halves of pairs where text is read": lambda: (
        b'{"model":"m","messages":[{"role":"user","content":"'
        + b"\\ud83d" * 50_000
        + b'"}],"prompt":"\\udc00","input":"\\udc00","max_tokens":1,"stream":false}'
    ),
    "4 MB of blanks": lambda: b" " * (4 * _MIB) + _GOOD + b"}",
    "4 MB of line ends behind it": lambda: _GOOD + b"}" + b"\n" * (4 * _MIB),
    "a number of a million digits": lambda: _GOOD + b',"seed":' + b"9" * _MIB + b"}",
    "a number of 4,301 digits": lambda: _GOOD + b',"seed":' + b"9" * 4301 + b"}",
    "a number of a million digits in arguments": lambda: _GOOD + b',"arguments":' + b"9" * _MIB + b"}",
    "200,000 numbers of 20 digits": lambda: _GOOD + b',"arguments":[' + b"98765432109876543210," * 200_000 + b"0]}",
    "100,000 floats of 40 digits": lambda: (
        _GOOD + b',"arguments":[' + b"0.9876543210987654321098765432109876543210," * 100_000 + b"0]}"
    ),
    "bytes that are no UTF-8": lambda: _GOOD + b',"x":"' + b"\xff\xfe" * 500_000 + b'"}',
    "UTF-16": lambda: (_GOOD + b"}").decode().encode("utf-16"),
    "a byte order mark": lambda: b"\xef\xbb\xbf" + _GOOD + b"}",
    "a text of 16 MB without an end": lambda: _GOOD + b',"x":"' + b"x" * (16 * _MIB),
    "a text of quotes without an end": lambda: _GOOD + b',"x":"' + b'\\"' * (2 * _MIB),
    "no JSON of 16 MB": lambda: b"x" * (16 * _MIB),
    "commas": lambda: b"{" + b"," * _MIB,
    "colons": lambda: b'{"a"' + b":" * _MIB,
    "nothing": lambda: b"",
    "an array": lambda: b"[" + b"{}," * 100_000 + b"{}]",
    "NUL": lambda: b"\0" * _MIB,
}


def _alike(number: int) -> bytes:
    """Names of one hash where a hash is a polynomial of its characters (`Aa` and `BB` in Java's)."""
    return b"".join((b"Aa", b"BB")[(number >> bit) & 1] for bit in range(16))


def _cased(number: int) -> bytes:
    return bytes(c ^ 0x20 if (number >> at) & 1 else c for at, c in enumerate(b"model"))


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for (name, (piece,)), field in itertools.product(_WIDE.items(), ("x", "input", "arguments", "messages", "tools")):
        yield Bomb(
            f"wide: 3 MB of {name} in {field}",
            "Reading a body of many small values, with the slow reader where one is needed.",
            lambda piece=piece, field=field: _filled(piece, 3 * _MIB, field.encode()),  # type: ignore[misc] # mypy sees no type in a default
            routes=_ALL,
            modes=("",),
            large=field not in ("x", "input") or name not in ("empty arrays", "zeros", "small objects"),
        )
    for name, (piece,) in _WIDE.items():
        yield Bomb(
            f"wide: 63 MB of {name}",
            "The largest body that is taken.",
            lambda piece=piece: _filled(piece, 63 * _MIB, b"input"),  # type: ignore[misc] # as above
            routes=_ALL,
            modes=("",),
            large=True,
        )
    for name, make in _TEXTS.items():
        yield Bomb(
            f"body: {name}",
            "Reading a body that is odd, deep or long.",
            make,
            routes=_ALL,
            modes=("",),
            large=any(word in name for word in ("16 MB", "4 MB", "200,000")),
        )
    yield from _packings()
    for name, fields in _FIELDS.items():
        yield Bomb(
            f"field: {name}",
            "Reading a field of the request, or writing it for another backend.",
            lambda fields=fields: Chat(fields=fields),  # type: ignore[misc] # as above
            routes=_ALL,
            modes=("", "prompt"),
        )
    for zeros, end in itertools.product((24, 40, 5000), ("x", "s", ".", "0", "h0", "\u00b5")):
        yield Bomb(
            f"keep_alive: {zeros:,} zeros and {end!r}",
            "A pattern for durations that tries every way to read the zeros.",
            lambda zeros=zeros, end=end: written(  # type: ignore[misc] # as above
                {"model": "m", "messages": [], "prompt": "", "keep_alive": "0" * zeros + end}
            ),
            routes=(OLLAMA, GENERATE),
            modes=("",),
        )
    for name, value in {
        "units": "1h" * 40_000,
        "signs": "+-" * 40_000,
        "points": "0." * 40_000,
        "units of nothing": "0ns0us0ms" * 9000,
        "blanks": " " * 80_000 + "0",
    }.items():
        yield Bomb(
            f"keep_alive: {name}",
            "A pattern for durations, and what reads them.",
            lambda value=value: written({"model": "m", "messages": [], "prompt": "", "keep_alive": value}),  # type: ignore[misc] # as above
            routes=(OLLAMA, GENERATE),
            modes=("",),
        )


def _nest(levels: int) -> dict[str, Any]:
    return {"a": _nest(levels - 1)} if levels else {}


_FIELDS: Mapping[str, dict[str, Any]] = {
    "100,000 words to stop at": {
        "stop": ["x" * 5] * 100_000,
        "stop_sequences": ["x" * 5] * 100_000,
        "options": {"stop": ["x"] * 100_000},
    },
    "a word of 1 MB to stop at": {"stop": "x" * 1_000_000, "stop_sequences": ["x" * 1_000_000]},
    "100,000 biases": {"logit_bias": {str(n): 1 for n in range(100_000)}},
    "metadata in metadata": {"metadata": _nest(240)},
    "100,000 names of metadata": {"metadata": {f"k{n}": "v" for n in range(100_000)}},
    "100,000 options": {"options": {f"o{n}": n for n in range(100_000)}},
    "10,000 unknown fields": {f"unknown_{n}": n for n in range(10_000)},
    "a model of 1 MB": {"model": "m" * 1_000_000},
    "a model of colons": {"model": ":" * 100_000},
    "a model of slashes": {"model": "/" * 100_000},
    "a model of dashes": {"model": "-" * 100_000},
    "a model of digits": {"model": "qwen" + "3.5-" * 20_000 + "b"},
    "a model of blanks": {"model": " " * 100_000},
    "a model of dots": {"model": "a." * 50_000 + ":latest"},
    "a model with a lone surrogate": {"model": "\ud800"},
    "a model of stars": {"model": "*" * 2000},
    "a user of 1 MB": {"user": "u" * 1_000_000},
    "a system of 1 MB": {"system": "s" * 1_000_000, "instructions": "s" * 1_000_000},
    "100,000 things to include": {"include": ["reasoning.encrypted_content"] * 100_000},
    "a limit of 5,000 digits": {
        "max_tokens": 10**4000,
        "max_completion_tokens": 10**4000,
        "max_output_tokens": 10**4000,
    },
    "numbers without an end": {"temperature": 1e308, "seed": -(10**400), "top_p": -0.0, "n": 10**18},
    "a million replies": {"n": 1_000_000},
    "think of 1 MB": {
        "think": "t" * 1_000_000,
        "reasoning_effort": "t" * 1_000_000,
        "reasoning": {"effort": "t" * 1_000_000},
    },
    "a format of 1 MB": {"format": "f" * 1_000_000, "response_format": {"type": "f" * 1_000_000}},
    "everything wrong": {
        name: [[{"a": name}]]
        for name in ("stream", "options", "format", "think", "keep_alive", "tool_choice", "metadata", "n", "stop")
    },
    "everything null": dict.fromkeys(
        ("stream", "options", "format", "think", "keep_alive", "tool_choice", "tools", "n", "stop")
    ),
    "a truncation of everything": {
        "truncate": [1] * 1000,
        "shift": {},
        "truncation": "x" * 10_000,
        "previous_response_id": "r" * 100_000,
    },
}


def _packings() -> Iterator[Bomb]:
    for encoding, (name, (piece,)), field in itertools.product(
        ("gzip", "deflate", "zstd"), _WIDE.items(), ("x", "input")
    ):
        yield Bomb(
            f"packed: 60 MB of {name} in {field} as {encoding}",
            "64 KB that unpack to a body as large as is taken.",
            lambda encoding=encoding, piece=piece, field=field: _packed(encoding, piece, 60 * _MIB, field.encode()),  # type: ignore[misc] # mypy sees no type in a default
            routes=_ALL,
            modes=("",),
            headers={"Content-Encoding": encoding},
            large=True,
        )
    read_here = tuple(route for route in _ALL if route != GENERATE)
    for encoding, size, (routes, kinds) in itertools.product(
        ("gzip", "deflate", "zstd"),
        (80, 8, 400),
        # An Ollama backend gets the body of `/api/generate` as it came.
        ((read_here, KINDS), ((GENERATE,), KINDS[1:])),
    ):
        yield Bomb(
            f"packed: {size} MB of text as {encoding}{' for /api/generate' * (routes == (GENERATE,))}",
            "A ratio of a thousand and more.",
            lambda encoding=encoding, size=size: _text(encoding, size),  # type: ignore[misc] # as above
            routes=routes,
            kinds=kinds,
            modes=("",),
            headers={"Content-Encoding": encoding},
            allowed=REFUSED if size > 64 else FINE,
            names="limits." if size > 64 else "",
            large=size != 80 or encoding != "gzip",
        )
    packed = gzip.compress(b'{"model":"plain:1b","messages":[]}')
    small: Mapping[str, tuple[str, bytes]] = {
        "in itself": ("gzip", gzip.compress(gzip.compress(packed))),
        "without its end": ("gzip", packed[:-9]),
        "many members": ("gzip", packed * 2000),
        "nothing but members": ("gzip", gzip.compress(b"") * 50_000),
        "a head of 1 MB": ("gzip", b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * _MIB),
        "flags": ("gzip", b"\x1f\x8b\x08\xff" + b"\xff" * 100_000),
        "stored blocks of nothing": ("deflate", b"\x78\x9c" + b"\0\0\0\xff\xff" * 200_000),
        "zstd frames to skip": ("zstd", (b"\x50\x2a\x4d\x18" + b"\0" * 4) * 100_000),
        "zstd with a window of gigabytes": ("zstd", b"\x28\xb5\x2f\xfd\x00\xff" + b"\0" * 100),
        "zstd that says gigabytes": ("zstd", b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8 + b"\0" * 16),
        "named twice": ("gzip, gzip", gzip.compress(packed)),
        "a name of 8 KB": ("gzip" * 2000, packed),
    }
    for name, (encoding, data) in small.items():
        yield Bomb(
            f"packed: {name}",
            "Unpacking what is no packed body.",
            lambda data=data: data,  # type: ignore[misc] # as above
            routes=_ALL,
            modes=("",),
            headers={"Content-Encoding": encoding},
            allowed=FINE,
        )


@functools.cache
def _text(encoding: str, size: int) -> bytes:
    """A body of so many megabytes of text, packed without being held whole."""
    head, piece = _GOOD + b',"x":"', b"x" * _MIB
    packing: Any = (
        zstd.ZstdCompressor() if encoding == "zstd" else zlib.compressobj(9, wbits=31 if encoding == "gzip" else 15)
    )
    parts = [packing.compress(head), *(packing.compress(piece) for _ in range(size)), packing.compress(b'"}')]
    return b"".join([*parts, packing.flush()])
