"""The digest of a request's keys: nothing else of the request changes it."""

import pytest
from multidict import CIMultiDict

from toolbridge.server.whose import whose


def test_requests_without_a_key_share_one_name() -> None:
    assert whose({}) == whose({"User-Agent": "them/1.0", "X-Request-Id": "7"}) == ""


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "api-key", "Cookie"])
def test_each_kind_of_key_tells_clients_apart(name: str) -> None:
    assert whose({name: "mine"}) != whose({name: "yours"})
    assert whose({name: "mine"}) == whose({name.upper(): "mine", "User-Agent": "them/1.0"}) != ""


def test_a_key_in_another_header_is_another_key() -> None:
    assert whose({"Authorization": "mine"}) != whose({"x-api-key": "mine"})
    both = CIMultiDict([("Authorization", "mine"), ("x-api-key", "mine")])
    assert whose(both) not in (whose({"Authorization": "mine"}), whose({"x-api-key": "mine"}))


def test_the_name_holds_nothing_of_the_key_and_is_short() -> None:
    name = whose({"Authorization": "Bearer sk-secret" * 1000})
    assert len(name) == 32
    assert "secret" not in name


def test_a_key_that_is_no_text_is_a_key_too() -> None:
    assert whose({"Authorization": "\udcff"}) != whose({"Authorization": "\udcfe"})
