"""Bombs in the head of a request: its headers, its path, its query; and routes that are no chats."""

from collections.abc import Callable, Iterator, Mapping

from tests.bombs.bomb import FINE, OLLAMA, Bomb, written

_BODY = b'{"model":"plain:1b","stream":false,"messages":[{"role":"user","content":"hi"}]}'
_MOST = 60_000
"""Bytes of a head that the bridge still reads."""

_HEADERS: Mapping[str, dict[str, str]] = {
    "60 KB of X-Toolbridge-Tools": {"X-Toolbridge-Tools": "p" * _MOST},
    "blanks in X-Toolbridge-Tools": {"X-Toolbridge-Tools": "a" + " " * _MOST + "b"},
    "60 KB of Origin": {"Origin": "http://" + "a." * (_MOST // 2)},
    "an Origin of slashes": {"Origin": "http:" + "/" * _MOST},
    "an Origin of digits": {"Origin": "http://127.0.0.1:" + "9" * _MOST},
    "an Origin of brackets": {"Origin": "http://" + "[" * 1000},
    "60 KB of Host": {"Host": "a." * (_MOST // 2)},
    "a Host of digits": {"Host": "127.0.0.1:" + "9" * _MOST},
    "a Host of brackets": {"Host": "[" * 5000 + "]" * 5000},
    "a Host of colons": {"Host": ":" * _MOST},
    "60 KB of Accept": {"Accept": "a/b;q=0.1," * (_MOST // 10)},
    "60 KB of Connection": {"Connection": "close," + "x," * (_MOST // 2 - 10)},
    "60 KB of Authorization": {"Authorization": "Bearer " + " " * (_MOST - 100) + "x"},
    "60 KB of Content-Type": {"Content-Type": "application/json;" + "a=b;" * (_MOST // 4 - 10)},
    "a Content-Type of quotes": {"Content-Type": 'application/json; charset="' + '\\"' * (_MOST // 2 - 50)},
    "60 KB of Cookie": {"Cookie": "a=b; " * (_MOST // 5)},
    "60 KB of X-Forwarded-For": {"X-Forwarded-For": "1.1.1.1, " * (_MOST // 9)},
    "an Expect that is none": {"Expect": "x" * 10_000},
    "60 KB of Access-Control-Request-Headers": {
        "Access-Control-Request-Headers": "x," * (_MOST // 2),
        "Origin": "http://localhost",
    },
    "90 headers": {f"X-{n}": "v" * 500 for n in range(90)},
    "2,000 headers": {f"X-{n}": "v" for n in range(2000)},
    "a Range of ranges": {"Range": "bytes=" + "0-1," * 10_000},
    "an anthropic-beta of 60 KB": {"anthropic-beta": "b," * (_MOST // 2)},
}

_PATHS: Mapping[str, str] = {
    "60 KB of slashes": "/" * _MOST,
    "60 KB of slashes before a chat": "/" * (_MOST - 20) + "api/chat",
    "60 KB of dots": "/api/" + "../" * (_MOST // 3 - 5),
    "60 KB of %2f": "/api/" + "%2f" * (_MOST // 3 - 5),
    "60 KB of %2e%2e/": "/api/" + "%2e%2e/" * (_MOST // 7 - 5),
    "60 KB of %25": "/api/" + "%25" * (_MOST // 3 - 5),
    "60 KB of bad escapes": "/api/" + "%zz%" * (_MOST // 4 - 5),
    "60 KB of bytes that are no text": "/api/" + "%ff%fe" * (_MOST // 6 - 5),
    "a name of 60 KB": "/v1/models/" + "m" * (_MOST - 50),
    "60 KB of query": "/api/chat?" + "a=b&" * (_MOST // 4 - 10),
    "60 KB of ampersands": "/api/chat?" + "&" * (_MOST - 50),
    "60 KB of semicolons": "/api/chat;" + "a=b;" * (_MOST // 4 - 10),
    "60 KB of escapes in a query": "/v1/messages?beta=" + "%25" * (_MOST // 3 - 20),
    "absolute": "http://127.0.0.1/" + "x" * _MOST,
    "a fragment": "/api/chat#" + "x" * _MOST,
    "a star": "*",
    "80 KB": "/" + "x" * 80_000,
}
_METHODS = ("GET", "POST", "HEAD", "DELETE", "OPTIONS", "PUT", "TRACE", "X" * 5000)

_OTHERS: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "show with a name of 1 MB": ("/api/show", lambda: written({"model": "m" * 1_000_000})),
    "show with 100,000 fields": ("/api/show", lambda: written({f"k{n}": n for n in range(100_000)})),
    "show with what is no JSON": ("/api/show", lambda: b"[" * 1_000_000),
    "embed of 100,000 texts": ("/api/embed", lambda: written({"model": "m", "input": ["x"] * 100_000})),
    "embed of a text of 2 MB": ("/api/embed", lambda: written({"model": "m", "input": "x" * (2 << 20)})),
    "embed of everything wrong": (
        "/api/embed",
        lambda: written({"model": [], "input": [None, {}, [], 5] * 1000, "dimensions": "x"}),
    ),
    "embed of arrays in arrays": ("/api/embed", lambda: b'{"model":"m","input":' + b"[" * 500 + b"]" * 500 + b"}"),
    "embeddings of a prompt of 2 MB": ("/api/embeddings", lambda: written({"model": "m", "prompt": "x" * (2 << 20)})),
    "embeddings of 100,000 tokens": ("/v1/embeddings", lambda: written({"model": "m", "input": list(range(100_000))})),
    "completions of 1 MB": ("/v1/completions", lambda: written({"model": "m", "prompt": "x" * (1 << 20)})),
    "pull with a name of 1 MB": ("/api/pull", lambda: written({"model": "m" * 1_000_000})),
    "a blob whose digest is 50 KB": ("/api/blobs/sha256:" + "0" * 50_000, lambda: b"x"),
    "generate with raw and everything": (
        "/api/generate",
        lambda: written(
            {"model": "plain:1b", "prompt": "x" * 500_000, "raw": True, "suffix": "y" * 500_000, "stream": False}
        ),
    ),
}


def bombs() -> Iterator[Bomb]:
    """All of them."""
    for name, headers in _HEADERS.items():
        yield Bomb(
            f"header: {name}",
            "Reading and passing on a header.",
            lambda: _BODY,
            routes=(OLLAMA,),
            modes=("",),
            headers=headers,
        )
    for name, path in _PATHS.items():
        for method in ("GET", "POST"):
            yield Bomb(
                f"path: {name} by {method}",
                "Reading, mending and passing on a path.",
                lambda: _BODY,
                routes=(path,),
                modes=("",),
                method=method,
                allowed=FINE,
            )
    for method in _METHODS:
        yield Bomb(
            f"method: {method[:20]}",
            "A method that nobody needs here.",
            lambda: b"",
            routes=("/api/chat", "/", "/readyz", "/api/tags"),
            modes=("",),
            method=method,
            allowed=FINE | {501},
        )
    for name, (route, make) in _OTHERS.items():
        # Nobody makes as many vectors as a bomb has texts, least of all the backends here.
        allowed = FINE | {502} if "embed" in route else FINE
        yield Bomb(f"route: {name}", "Routes beside the chats.", make, routes=(route,), modes=("",), allowed=allowed)
