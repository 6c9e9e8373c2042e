"""The names that a bridge answers to, by where it listens; `test_access` asks over HTTP with many more."""

from socket import gethostname

import pytest

from toolbridge.server.hosts import Hosts, is_loopback
from toolbridge.server.settings import ServerSettings

LOCAL = ServerSettings()
OPEN = ServerSettings(host="0.0.0.0")


@pytest.mark.parametrize(
    ("host", "local", "network"),
    [
        ("localhost:3100", True, True),
        (gethostname(), True, True),
        ("127.0.0.1", True, True),
        ("[::1]:3100", True, True),
        ("192.168.1.7", True, True),
        ("8.8.8.8", False, True),
        ("bridge.local", True, True),
        ("bridge.lan", False, True),
        ("toolbridge", False, True),
        ("bridge.example.com", False, False),
        ("bridge.local.example.com", False, False),
        ("", True, True),
        ("evil.example@localhost", False, False),
        ("localhost/x", False, False),
        ("[::1", False, False),
        ("localhost:", True, True),
        ("localhost.", True, True),
    ],
)
def test_a_name_is_let_in_that_no_stranger_can_own(host: str, local: bool, network: bool) -> None:
    assert (Hosts(LOCAL).allow(host), Hosts(OPEN).allow(host)) == (local, network)


def test_the_operator_adds_names_and_whole_ends() -> None:
    hosts = Hosts(ServerSettings(allowed_hosts=("llm.example.com", "*.lan.example")))
    assert hosts.allow("LLM.example.com:443")
    assert hosts.allow("a.b.lan.example")
    assert not hosts.allow("lan.example")
    assert not hosts.allow("x.llm.example.com")


def test_a_star_lets_in_every_name_that_is_one() -> None:
    hosts = Hosts(ServerSettings(allowed_hosts=("*",)))
    assert hosts.allow("evil.example")
    assert not hosts.allow("evil.example/x")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("LocalHost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
