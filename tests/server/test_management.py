"""Which requests may change the backend."""

from itertools import product

import pytest

from toolbridge.server.management import changes
from toolbridge.server.routes import TABLE


@pytest.mark.parametrize(
    ("method", "path", "change"),
    [
        ("POST", "/api/chat", False),
        ("POST", "/v1/responses", False),
        ("POST", "/v1/messages/count_tokens", False),
        ("GET", "/api/delete", False),
        ("HEAD", "/api/blobs/sha256:0", False),
        ("OPTIONS", "/api/delete", False),
        ("POST", "/api/pull", True),
        ("POST", "/api/show/", True),
        ("POST", "/api/%63hat", True),
        ("DELETE", "/api/chat", True),
        ("PUT", "/v1/chat/completions", True),
        ("PATCH", "/v1/models/tiny", True),
        ("POST", "/v1/load_lora_adapter", True),
        ("POST", "/api/of/the/next/version", True),
    ],
)
def test_whatever_is_neither_read_nor_a_known_use_is_a_change(method: str, path: str, change: bool) -> None:
    assert changes(method, path) is change


def test_a_path_that_the_bridge_answers_by_itself_changes_nothing() -> None:
    for row in TABLE:
        for method, path in product(row.methods, row.paths):
            assert path.endswith("*") or not changes(method, path)
