"""The table of paths, row by row: the answer to each request, and that order matters only where a row says so."""

from collections.abc import Iterator
from itertools import combinations, product
from typing import get_args

import pytest

from toolbridge.models import Backend
from toolbridge.server import routes
from toolbridge.server.access import METHODS
from toolbridge.server.routes import READS, TABLE, Answer, Route, find_routes, known_methods
from toolbridge.traits import WireName

BACKENDS = [Backend("http://127.0.0.1:9", wire=wire) for wire in get_args(WireName)]
PATHS = sorted(
    {path.replace("*", more) for row in TABLE for path in row.paths for more in ("", "a", "a/b")}
    | {"/nothing", "/api", "/v1", "/apis/tags", "/API/tags", "/metrics", ""}
)
"""Paths of every row, and some that no row has."""


def every_request() -> Iterator[tuple[str, str, Backend]]:
    return product(METHODS, PATHS, BACKENDS)


def fitting(method: str, path: str, backend: Backend) -> list[Route]:
    return [row for row in find_routes(method, path) if row.is_for(backend)]


def name_of(row: Route) -> str:
    return f"{TABLE.index(row)}-{row.answer}"


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_every_row_answers_something(row: Route) -> None:
    assert any(fitting(*request)[:1] == [row] for request in every_request())


def test_order_matters_only_above_the_rows_that_say_so() -> None:
    overlaps = {TABLE.index(one) for request in every_request() for one, _ in combinations(fitting(*request), 2)}
    assert overlaps == {place for place, row in enumerate(TABLE) if row.wins}


def test_whether_there_is_a_row_depends_on_no_backend() -> None:
    for method, path in product(METHODS, PATHS):
        answered = {bool(fitting(method, path, backend)) for backend in BACKENDS}
        assert answered == {bool(find_routes(method, path))}


def test_a_row_that_needs_no_backend_stands_alone() -> None:
    """The bridge does not look at the other rows then."""
    for method, path in product(METHODS, PATHS):
        rows = find_routes(method, path)
        assert all(row.backend is not None for row in rows) or len(rows) == 1


def test_the_page_at_the_head_of_the_file_shows_the_table_as_it_is() -> None:
    lines = [f"    {'method':<12}{'path':<28}{'backend':<28}answer"]
    for row in TABLE:
        methods = ", ".join(row.methods) or "any"
        backend = row.backend.words if row.backend else "-"
        lines += [f"    {methods:<12}{path:<28}{backend:<28}{row.answer}" for path in row.paths]
    assert "\n".join(lines) + "\n\n" in (routes.__doc__ or ""), "\n".join(lines)


OLLAMA, OPENAI, ANTHROPIC = BACKENDS


@pytest.mark.parametrize(
    ("method", "path", "backend", "answer"),
    [
        ("HEAD", "/healthz", OLLAMA, "alive"),
        ("GET", "/readyz", OPENAI, "ready"),
        ("POST", "/api/chat", OPENAI, "chat"),
        ("GET", "/api/chat", OLLAMA, "passthrough"),
        ("GET", "/api/chat", OPENAI, "ollama routes"),
        ("POST", "/v1/responses", ANTHROPIC, "chat"),
        ("POST", "/v1/responses/compact", OLLAMA, "chat"),
        ("GET", "/v1/responses/compact", OLLAMA, "passthrough"),
        ("DELETE", "/v1/responses", OPENAI, "passthrough"),
        ("POST", "/v1/messages/count_tokens", OLLAMA, "token count"),
        ("POST", "/v1/messages/count_tokens", ANTHROPIC, "passthrough"),
        ("GET", "/v1/models", OLLAMA, "models"),
        ("GET", "/v1/models/hf.co/acme/tiny", OPENAI, "models"),
        ("DELETE", "/v1/models/tiny", OPENAI, "passthrough"),
        ("GET", "/v1/modelsx", OPENAI, "passthrough"),
        ("POST", "/api/generate", OLLAMA, "finished prompt"),
        ("POST", "/api/generate", ANTHROPIC, "chat"),
        ("POST", "/api/show", OLLAMA, "show"),
        ("POST", "/api/show", OPENAI, "ollama routes"),
        ("GET", "/", OLLAMA, "passthrough"),
        ("HEAD", "/", OPENAI, "ollama routes"),
        ("DELETE", "/api/delete", OLLAMA, "passthrough"),
        ("GET", "/v1/", OLLAMA, "passthrough"),
    ],
)
def test_a_request_is_answered_by_its_row(method: str, path: str, backend: Backend, answer: Answer) -> None:
    assert fitting(method, path, backend)[0].answer == answer


@pytest.mark.parametrize(
    ("path", "methods"), [("/healthz", READS), ("/", READS), ("/nothing", ()), ("/api", ()), ("/v1/anything", ())]
)
def test_a_path_without_a_row_for_the_method_is_known_by_its_methods(path: str, methods: tuple[str, ...]) -> None:
    assert known_methods(path) == methods


def test_a_path_below_another_takes_any_method() -> None:
    for method in METHODS:
        assert find_routes(method, "/api/tags")
        assert find_routes(method, "/v1/anything")
