"""Which headers go where; over HTTP they are judged in `test_passthrough` and `test_smuggling`."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from toolbridge.server.headers import asking, framed, is_text, onward, own_bytes, reply_headers


def given(**headers: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize(
    "name",
    [
        "Connection",
        "Keep-Alive",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
        "Host",
        "Origin",
        "Expect",
        "X-Toolbridge-Tools",
        "Cookie",
        "Referer",
        "X-Forwarded-For",
        "X-HTTP-Method-Override",
        "X-Original-URL",
    ],
)
def test_what_concerns_one_connection_a_browser_a_proxy_or_us_does_not_go_on(name: str) -> None:
    assert onward(CIMultiDictProxy(CIMultiDict({name: "x", "X-Mine": "yes"}))) == {"X-Mine": "yes"}


def test_what_connection_names_and_what_the_caller_drops_does_not_go_on() -> None:
    headers = given(Connection="keep-alive, X-Hop", X_Hop="1", Authorization="mine", X_Mine="yes")
    assert onward(headers) == {"Authorization": "mine", "X-Mine": "yes"}
    assert onward(headers, frozenset({"authorization"})) == {"X-Mine": "yes"}


def test_a_header_that_comes_twice_goes_on_twice() -> None:
    twice = CIMultiDict([("X-Mine", "a"), ("X-Mine", "b")])
    assert onward(CIMultiDictProxy(twice)).getall("X-Mine") == ["a", "b"]


def test_a_value_that_is_no_text_does_not_go_on() -> None:
    assert onward(given(X_Odd="\udcff", X_Mine="\u00e5")) == {"X-Mine": "\u00e5"}
    assert (is_text("\u00e5"), is_text("\udcff")) == (True, False)


def test_a_question_of_the_bridge_says_who_asks_and_no_more() -> None:
    headers = given(Authorization="a", x_api_key="b", anthropic_version="c", User_Agent="d", X_Mine="e", Cookie="f")
    assert asking(headers) == {
        "Authorization": "a",
        "x-api-key": "b",
        "anthropic-version": "c",
        "Accept-Encoding": "identity",
    }


FRAMING = {"Content-Length": "7", "Transfer-Encoding": "chunked", "Host": "there", "Connection": "close"}


def test_no_caller_writes_the_framing() -> None:
    assert framed(FRAMING | {"X-Mine": "yes"}, body=True) == {"X-Mine": "yes"}
    assert framed(FRAMING, body=True, length=5) == {"Content-Length": "5"}


def test_a_request_without_a_body_describes_none() -> None:
    packed = {"Content-Encoding": "gzip", "Digest": "x", "X-Mine": "yes"}
    assert framed(packed, body=False) == {"X-Mine": "yes"}
    assert framed(packed, body=True) == packed


def test_an_answer_has_one_length_or_comes_in_chunks() -> None:
    assert reply_headers(given(Content_Length="7", X_Kept="yes")) == {"Content-Length": "7", "X-Kept": "yes"}
    both = given(Content_Length="7", Transfer_Encoding="chunked", X_Kept="yes")
    assert reply_headers(both) == {"X-Kept": "yes"}


def test_a_body_of_our_own_has_nothing_of_the_other_ones_description() -> None:
    headers = CIMultiDict({"Content-Length": "7", "ETag": "x", "Content-Encoding": "gzip", "Content-Type": "a/b"})
    assert own_bytes(headers) == {"Content-Type": "a/b"}
