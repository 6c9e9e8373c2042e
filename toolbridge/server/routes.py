"""Which path is which: one table. The first row that fits a request names the answer.

    method      path                        backend                     answer
    GET, HEAD   /healthz                    -                           alive
    GET, HEAD   /readyz                     -                           ready
    POST        /v1/messages                any                         chat
    POST        /api/chat                   any                         chat
    POST        /v1/chat/completions        any                         chat
    POST        /v1/responses               any                         chat
    POST        /v1/responses/compact       any                         chat
    POST        /v1/messages/count_tokens   not of Anthropic's wire     token count
    GET         /v1/models                  any                         models
    GET         /v1/models/*                any                         models
    POST        /api/generate               not of Ollama's wire        chat
    POST        /api/show                   of Ollama's wire            show
    POST        /api/generate               of Ollama's wire            finished prompt
    GET, HEAD   /                           of Ollama's wire            passthrough
    any         /api/*                      of Ollama's wire            passthrough
    GET, HEAD   /                           not of Ollama's wire        ollama routes
    any         /api/*                      not of Ollama's wire        ollama routes
    any         /v1/*                       any                         passthrough

If only rows for other methods have the path, the answer is 405; if no row has it, 404; both as Ollama writes them. For
these answers the backend need not be known: a method and path with a row for some backend have a row for every backend.

Rows exclude each other, except those marked `wins`, which also fit where a later row would: the marks are the only
places where order matters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from toolbridge.models import Backend
from toolbridge.server.token_counts import PATH as COUNT
from toolbridge.wire import wires

Answer = Literal[
    "alive", "ready", "chat", "token count", "models", "finished prompt", "show", "passthrough", "ollama routes"
]

READS = ("GET", "HEAD")
_POST = ("POST",)


@dataclass(frozen=True, slots=True)
class Condition:
    """The backends that a row is for."""

    words: str
    holds: Callable[[Backend], bool]


_ANY = Condition("any", lambda _backend: True)
_OLLAMA = Condition("of Ollama's wire", lambda backend: backend.traits.native_routes)
_OTHER = Condition("not of Ollama's wire", lambda backend: not backend.traits.native_routes)
_COUNTLESS = Condition("not of Anthropic's wire", lambda backend: not backend.traits.counts_tokens)
"""Backends that cannot count tokens."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row: an answer, and the requests that get it."""

    answer: Answer
    methods: tuple[str, ...]
    """Empty for any method."""
    paths: tuple[str, ...]
    """`/api/*` stands for every path that begins with `/api/`."""
    backend: Condition | None = _ANY
    """None if the answer needs no backend; then the backend need not be recognised first."""
    wins: bool = False
    """Whether the row stands above others that would fit as well."""

    def has(self, path: str) -> bool:
        """Whether this is one of the row's paths."""
        return any(path.startswith(own[:-1]) if own.endswith("*") else path == own for own in self.paths)

    def takes(self, method: str) -> bool:
        """Whether this is one of the row's methods."""
        return not self.methods or method in self.methods

    def is_for(self, backend: Backend) -> bool:
        """Whether the row is for this backend."""
        return self.backend is None or self.backend.holds(backend)


def _paths(*, of_ollama: bool) -> tuple[str, ...]:
    """The paths of chats, on wires that an Ollama backend answers itself, or on the others."""
    own = [each for each in wires().values() if each.of_ollama is of_ollama]
    return tuple(path for each in own for path in (each.path, *each.also_at))


TABLE: tuple[Route, ...] = (
    Route("alive", READS, ("/healthz",), None),
    Route("ready", READS, ("/readyz",), None),
    Route("chat", _POST, _paths(of_ollama=False), wins=True),
    Route("token count", _POST, (COUNT,), _COUNTLESS, wins=True),
    Route("models", ("GET",), ("/v1/models", "/v1/models/*"), wins=True),
    # A server of another wire has no such route; its chat route serves in its place.
    Route("chat", _POST, _paths(of_ollama=True), _OTHER, wins=True),
    Route("show", _POST, ("/api/show",), _OLLAMA, wins=True),
    Route(
        "finished prompt", _POST, tuple(each.path for each in wires().values() if each.of_ollama), _OLLAMA, wins=True
    ),
    Route("passthrough", READS, ("/",), _OLLAMA),
    Route("passthrough", (), ("/api/*",), _OLLAMA),
    Route("ollama routes", READS, ("/",), _OTHER),
    Route("ollama routes", (), ("/api/*",), _OTHER),
    Route("passthrough", (), ("/v1/*",)),
)


@lru_cache(maxsize=64)
def find_routes(method: str, path: str) -> tuple[Route, ...]:
    """The rows that fit for some backend; `path` has single slashes. Clients ask for few paths, so they are kept."""
    return tuple(row for row in TABLE if row.takes(method) and row.has(path))


def known_methods(path: str) -> tuple[str, ...]:
    """The methods that rows with this path name; empty where no row has it."""
    return tuple(dict.fromkeys(method for row in TABLE if row.has(path) for method in row.methods))
