"""A client's body: in pieces, as they come, or whole, bounded, and with its Content-Encoding undone."""

import asyncio
import math
import sys
import zlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

from aiohttp import web

from toolbridge.budget import Budget
from toolbridge.errors import BodyTooLarge, RequestError
from toolbridge.limits import Limits
from toolbridge.server.aside import LIGHT, aside, by_size
from toolbridge.wire.request_json import read_json

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_IDENTITY = ("", "identity")
_WINDOWS: Mapping[str, int] = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The number that tells zlib which format to expect. Some clients send `deflate` without zlib's frame around it."""
_RAW = -15
_ZSTD = "zstd"
"""The encoding that Codex uses for servers at which it has an account."""
_PATIENCE = 60.0
"""Seconds that a client may pause in its body. This is no setting: every proxy on the way gives up a client that sends
nothing for so long, too. `timeouts.body` is for clients that send a byte now and then."""
_RATE = 1024
"""Bytes of a steady body that give back one second of its time. It may take longer than `timeouts.body` in all, as its
size is not known."""
BODY_SECONDS = web.AppKey("body seconds", float)
"""The setting `timeouts.body`, as a request finds it."""
_ANY_RATIO = 1 << 20
"""Bytes that a packed body may unpack to, however small it is."""


class UnknownEncoding(RequestError):
    """A body in a Content-Encoding that is not read here."""

    status = 415


class BodyStopped(RequestError):
    """A body that was announced and did not come."""

    status = 408


async def pieces(request: web.Request, *, steady: bool = False) -> AsyncIterator[bytes]:
    """The body as it comes. Raises `BodyStopped`, and `RequestError` if it breaks off or is coded for its way.

    Only the time counts in which the bridge waits for the client. Each piece of a `steady` body gives some of it back.
    """
    coding = request.headers.get("Transfer-Encoding", "chunked")
    if coding.strip().lower() != "chunked":
        raise RequestError(f"Transfer-Encoding {coding[:40]!r} is not read here; send the body plain, or chunked")
    content, loop = request.content, asyncio.get_running_loop()
    seconds = request.config_dict.get(BODY_SECONDS) or math.inf
    left = seconds
    while True:
        try:
            # A deadline costs more than all other steps together, and most bodies are here already.
            if content.is_eof():
                data = content.read_nowait()
            else:
                begun = loop.time()
                async with asyncio.timeout(min(_PATIENCE, left)):
                    data = await content.readany()
                left = max(0.0, left - (loop.time() - begun))
                if steady:
                    left = min(seconds, left + len(data) / _RATE)
        except TimeoutError:
            if left > _PATIENCE:
                raise BodyStopped(f"the body stopped: nothing more of it came for {_PATIENCE:g} s") from None
            slow = f"less than {_RATE} bytes of it came in a second" if steady else "it was not here in full"
            raise BodyStopped(f"the body comes too slowly: {slow} after {seconds:g} s (timeouts.body)") from None
        except web.RequestPayloadError:
            raise RequestError("the body broke off, or its Transfer-Encoding is not valid") from None
        if not data:
            return
        yield data


async def received_body(request: web.Request, limits: Limits) -> bytes:
    """The whole body. Raises `BodyTooLarge` if it is over the limit, packed or unpacked, and `RequestError`."""
    limit = limits.body
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _IDENTITY and encoding not in _WINDOWS and encoding != _ZSTD:
        raise UnknownEncoding(
            f"Content-Encoding {encoding[:40]!r} is not read here; send the body plain, or as gzip, deflate or zstd"
        )
    too_large = BodyTooLarge(f"the body is larger than {limit} bytes, which limits.body allows; send less")
    if (request.content_length or 0) > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    async for data in pieces(request):
        size += len(data)
        if size > limit:
            raise too_large
        parts.append(data)
    if encoding in _IDENTITY:
        return await aside(b"".join, parts) if size > LIGHT else b"".join(parts)
    return await aside(_unpacked, b"".join(parts), encoding, limits, too_large)


async def received_object(request: web.Request, limits: Limits) -> dict[str, Any]:
    """The JSON object in the body. Raises `RequestError`."""
    return await by_size(await received_body(request, limits), partial(read_json, budget=Budget(limits)))


def _unpacked(packed: bytes, encoding: str, limits: Limits, too_large: BodyTooLarge) -> bytes:
    """The body before it was packed. It may be as large as the limit and as its packed form makes likely, no larger."""
    unpacking = _unpacking(packed, encoding)
    most = min(limits.body, max(_ANY_RATIO, limits.ratio * len(packed)))
    try:
        body = unpacking.decompress(packed, most + 1)
    except (zlib.error, zstd.ZstdError):
        raise RequestError(f"the body is not what its Content-Encoding {encoding} says") from None
    if len(body) > limits.body:
        raise too_large
    if len(body) > most:
        raise BodyTooLarge(
            f"the body unpacks to more than {limits.ratio} times its size, which limits.ratio allows; send it plain"
        )
    if not unpacking.eof:
        raise RequestError(f"the body breaks off: its {encoding} data has no end")
    return body


def _unpacking(packed: bytes, encoding: str) -> "zlib._Decompress | zstd.ZstdDecompressor":
    if encoding == _ZSTD:
        return zstd.ZstdDecompressor()
    window = _WINDOWS[encoding]
    if encoding == "deflate" and packed[:1] and packed[0] & 0x0F != zlib.DEFLATED:
        window = _RAW
    return zlib.decompressobj(window)
