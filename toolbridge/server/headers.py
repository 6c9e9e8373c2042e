"""Which headers go to the backend, and which come back.

    onward(given)                a client's request goes on, without the headers of one connection, of a browser, of us
    asking(given)                the bridge asks because of a client's request, with the headers that say who asks
    framed(given, body, length)  anything leaves; the headers that tell one message from the next are written here alone
    reply_headers(given)         the backend's answer goes to the client
    own_bytes(headers)           these headers go with a body that the bridge has written

`Upstream.ask` sends everything through `framed`, so no caller can give a request a length that its body does not have:
the rest of the body would be read as the next request of the connection, which belongs to another client.
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
"""Headers that say where a message ends and whom it is for. They never go on as they were given."""
_OF_A_BODY = frozenset({"content-encoding", "content-md5", "content-range", "digest", "content-digest"})
"""Headers that describe the bytes of a request's body, and mean nothing without a body."""
_OURS = frozenset({"host", "origin", "expect", "x-toolbridge-tools"})
"""Headers of a request that end here: a backend on loopback refuses foreign hosts and origins, and an `Expect` has been
answered."""
_BROWSERS = frozenset({"cookie", "cookie2", "referer", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"})
"""Headers by which a browser tells about its owner and about the page that asks. The page's Origin ends here too."""
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
"""Headers of proxies in front of us. They name the client behind the proxy, or another method or path than the request
was let in with. A backend must not believe a client that sends them by itself."""
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
"""Headers by which a backend recognises a client, and decides what the client may see."""


def onward(given: CIMultiDictProxy[str], dropped: frozenset[str] = frozenset()) -> CIMultiDict[str]:
    """The headers of a client's request as they go on; `dropped` names more that end here, in lower case."""
    return without(ONE_CONNECTION | _OURS | _BROWSERS | _PROXIES | named(given) | dropped, given)


def asking(given: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers of a question of the bridge, taken from those of the request because of which it asks."""
    sent = CIMultiDict((name, value) for name, value in given.items() if name.lower() in _WHO)
    sent["Accept-Encoding"] = "identity"
    return sent


def framed(given: Mapping[str, str], *, body: bool, length: int | None = None) -> CIMultiDict[str]:
    """These headers with our framing; `length` is the length of a body in pieces, if it is known.

    The rest is written with the message: the host, the length of a body in bytes, and that pieces come in chunks.
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
    """The headers without these names, and without values that are no text, as those could not be written again."""
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in dropped and (value.isascii() or is_text(value))
    )


def named(headers: CIMultiDictProxy[str]) -> frozenset[str]:
    """The headers that `Connection` names: they concern one connection only."""
    values = headers.getall("Connection", ())
    return frozenset(name.strip().lower() for value in values for name in value.split(","))


def is_text(value: str) -> bool:
    """Whether a value came as UTF-8; aiohttp keeps other bytes as halves of surrogate pairs."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
