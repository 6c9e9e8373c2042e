"""Whose headers go to the backend: a client's, for what is the client's, and ours for what the bridge asks by itself.

    onward(given)               of a request that goes on: all but what belongs to one connection, to a browser, to us
    asking(given)               of a question that the bridge asks because of a client: who that client is, no more
    framed(given, body, length) of anything that leaves: what tells one message from the next is written here alone

`Upstream.ask` sends everything through `framed`, so no caller can give a request a length that its body does not have:
the rest of one would be read as the next request of the connection, which is somebody else's.
"""

from collections.abc import Mapping

from multidict import CIMultiDict, CIMultiDictProxy, MultiMapping

ONE_CONNECTION = frozenset(
    {
        "connection",
        "http2-settings",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that concern one connection only (RFC 9110, 7.6.1)."""
_FRAMING = ONE_CONNECTION | {"content-length", "expect", "host"}
"""Where a message ends and whom it is for: never as it was given."""
_OF_A_BODY = frozenset({"content-encoding", "content-md5", "content-range", "digest", "content-digest"})
"""What describes the bytes of a body, and means nothing without one."""
_OURS = frozenset({"host", "origin", "expect", "x-toolbridge-tools"})
"""Headers of a request that end here: a backend on loopback refuses foreign hosts and origins, and what was expected
has been answered."""
_BROWSERS = frozenset({"cookie", "cookie2", "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"})
"""What a browser tells of its owner and of the page that asks, whose Origin ends here too."""
_PROXIES = frozenset(
    {
        "forwarded",
        "via",
        "x-forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-forwarded-server",
        "x-forwarded-ssl",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-real-ip",
        "x-rewrite-url",
    }
)
"""Words of proxies in front of us, which the backend has no reason to believe of a client: who is behind it, and that
another method or path was meant than the one that was let through."""
_BODY = frozenset({"content-length", "content-encoding", "content-md5", "digest", "etag", "accept-ranges"})
"""Headers that describe the bytes of an answer's body, and are no longer true of other bytes."""
_WHO = frozenset(
    {
        "anthropic-beta",
        "anthropic-version",
        "api-key",
        "authorization",
        "openai-organization",
        "openai-project",
        "x-api-key",
    }
)
"""By what a backend judges who asks, and what they may see."""


def onward(given: CIMultiDictProxy[str], dropped: frozenset[str] = frozenset()) -> CIMultiDict[str]:
    """The headers of a client's request as they go on; `dropped` are names, in lower case, of more that end here."""
    return without(ONE_CONNECTION | _OURS | _BROWSERS | _PROXIES | named(given) | dropped, given)


def asking(given: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers of a question that the bridge asks, of those of the request because of which it asks."""
    sent = CIMultiDict((name, value) for name, value in given.items() if name.lower() in _WHO)
    sent["Accept-Encoding"] = "identity"
    return sent


def framed(given: Mapping[str, str], *, body: bool, length: int | None = None) -> CIMultiDict[str]:
    """Headers whose framing is ours; `length` is that of a body in pieces, where it is known.

    What is missing here is written with the message: the host, the length of bytes, that pieces come in chunks.
    """
    dropped = _FRAMING if body else _FRAMING | _OF_A_BODY
    sent = CIMultiDict((name, value) for name, value in given.items() if name.lower() not in dropped)
    if length is not None:
        sent["Content-Length"] = str(length)
    return sent


def reply_headers(given: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers of the backend's answer as they go to the client."""
    # A length beside chunks is not the body's (RFC 9112, 6.3).
    length = frozenset({"content-length"} if "Transfer-Encoding" in given else ())
    return without(ONE_CONNECTION | named(given) | length, given)


def own_bytes(headers: CIMultiDict[str]) -> CIMultiDict[str]:
    """These headers for a body that the bridge writes: without those that describe the bytes of another body."""
    return without(_BODY, headers)


def without(dropped: frozenset[str], headers: MultiMapping[str]) -> CIMultiDict[str]:
    """Headers but for these; nor those with bytes that are no text, which could not be written again."""
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in dropped and (value.isascii() or is_text(value))
    )


def named(headers: CIMultiDictProxy[str]) -> frozenset[str]:
    """Headers that `Connection` says are for one connection only."""
    values = headers.getall("Connection", ())
    return frozenset(name.strip().lower() for value in values for name in value.split(","))


def is_text(value: str) -> bool:
    """Whether what came as bytes was UTF-8; aiohttp keeps others as halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
