"""The address of the backend and the authorities that it is trusted by: mistakes are told at start."""

from pathlib import Path

import pytest

from tests.server.test_settings import told
from toolbridge.server.settings import Settings


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://host:11434/v1", "http://host:11434"),
        ("host:11434/v1/", "http://host:11434"),
        ("http://host:11434/api", "http://host:11434"),
        ("http://host:11434/api/chat", "http://host:11434"),
        ("https://host/llm/v1/chat/completions", "https://host/llm"),
        ("https://host/v1/messages", "https://host"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api"),
    ],
)
def test_the_path_of_an_api_behind_the_address_is_told_with_the_address_to_set(url: str, base: str) -> None:
    message = told(lambda: Settings(backends={"url": url}))
    assert message.startswith("backends.url must not end with /")
    assert message.endswith(f"the bridge adds the path of each API itself; set it to {base}")
    assert Settings(backend=base).backend.url == base


@pytest.mark.parametrize(
    "url", ["https://openrouter.ai/api", "https://api.groq.com/openai", "http://h/models", "http://h/v1x"]
)
def test_a_path_of_the_servers_own_is_taken(url: str) -> None:
    assert Settings(backend=url).backend.url == url


def test_certificates_that_cannot_be_read_are_told_at_start(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    assert told(lambda: Settings(backends={"ca": str(path)})) == (
        f"backends.ca cannot be read: {path}: No such file or directory"
    )
    path.write_text("no certificate")
    assert told(lambda: Settings(backends={"ca": str(path)})).endswith(
        f"a file of PEM certificates, which {path} is not"
    )
    kept = Path(__file__).parents[1] / "data" / "tls" / "authority.pem"
    assert Settings(backends={"ca": str(kept)}).backend.ca == str(kept)
