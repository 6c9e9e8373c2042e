"""Who may ask: the Host header, web pages of other origins, and API keys. All as Ollama does it, where it does.

A bridge bound to loopback answers only to local names, so that no web page reaches it through a name that its owner
points at 127.0.0.1. Pages of other origins are let in by a list; keys are asked for where the operator set some.
"""

import hmac
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.events import Error
from toolbridge.server.exchange import Exchange
from toolbridge.server.faults import fault
from toolbridge.server.settings import Settings

_LOCAL_ORIGIN = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d{1,5})?"
    r"|(?:app|file|tauri|vscode-webview|vscode-file)://.*"
)
"""Ollama's default list."""
_HOST = re.compile(r"(?:[\w.-]*|[0-9a-f:.]+|\[[0-9a-f:.]+(?:%\w+)?\])(?::\d{0,5})?", re.ASCII | re.IGNORECASE)
"""A host with or without a port, and nothing beside: `evil.example@localhost` is read in two ways."""
_LOCAL_NAMES = (".localhost", ".local", ".internal")
_PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS",
    "Access-Control-Allow-Headers": "Authorization,Content-Type,User-Agent,Accept,X-Requested-With,X-Request-Id,"
    "X-Toolbridge-Tools,OpenAI-Beta,x-api-key,anthropic-version,anthropic-beta,"
    "anthropic-dangerous-direct-browser-access,x-stainless-arch,x-stainless-async,x-stainless-custom-poll-interval,"
    "x-stainless-helper-method,x-stainless-lang,x-stainless-os,x-stainless-package-version,"
    "x-stainless-poll-helper,x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,"
    "x-stainless-timeout",
    "Access-Control-Max-Age": "43200",
}
"""Ollama's, and with them what its own list lacks: the headers of Anthropic's clients and ours."""
UNLOCKED = ("/healthz", "/readyz")
"""Paths that need no key: they are asked by machines that have none."""
_ORIGIN_MOST = 512
"""Characters of an origin that is looked at: a host's name has 253 at most."""


class Access:
    """What the settings say about it."""

    def __init__(self, settings: Settings) -> None:
        self._keys = [key.encode() for key in settings.security.keys]
        origins = settings.server.cors_origins
        self._any_origin = "*" in origins
        self._origins = [origin.lower().split("*") for origin in origins]
        self._checks_host = is_loopback(settings.server.host)

    @property
    def has_keys(self) -> bool:
        """Whether clients must show a key, which then is for us and not for the backend."""
        return bool(self._keys)

    def refusal(self, request: web.Request, exchange: Exchange) -> web.Response | None:
        """The answer to a request that goes no further, a preflight among them; None for one that does."""
        if self._checks_host and not (_is_local(request.headers.get("Host", "")) and _aims_here(request)):
            return web.Response(status=403)
        if (origin := _foreign_origin(request)) is not None:
            if not self._lets_in(origin):
                return web.Response(status=403)
            if request.method == "OPTIONS":
                return web.Response(status=204, headers=_PREFLIGHT)
        if self._keys and exchange.path not in UNLOCKED and not self._shows_key(request):
            error = Error("an API key of this bridge is needed: Authorization: Bearer …", "authentication_error", 401)
            return fault(exchange.wire, error, {"WWW-Authenticate": "Bearer"})
        return None

    def dress(self, request: web.Request, headers: CIMultiDict[str]) -> None:
        """Add to an answer what lets a page of another origin read it."""
        origin = _foreign_origin(request)
        if origin is not None and self._lets_in(origin):
            headers["Access-Control-Allow-Origin"] = "*" if self._any_origin else origin
            headers["Access-Control-Expose-Headers"] = "X-Toolbridge-Mode, X-Request-Id"
            if not self._any_origin:
                headers.add("Vary", "Origin")

    def _lets_in(self, origin: str) -> bool:
        low = origin.lower()
        return len(low) <= _ORIGIN_MOST and (
            self._any_origin
            or _LOCAL_ORIGIN.fullmatch(low) is not None
            or any(_fits(low, parts) for parts in self._origins)
        )

    def _shows_key(self, request: web.Request) -> bool:
        # Every pair is compared, so that the time taken tells nothing.
        return sum(hmac.compare_digest(shown, key) for shown in _shown_keys(request) for key in self._keys) > 0


def _shown_keys(request: web.Request) -> Iterator[bytes]:
    """OpenAI's clients and newer ones of Anthropic's send a bearer token, older ones `x-api-key`."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        yield token.strip().encode("utf-8", "surrogateescape")
    yield request.headers.get("x-api-key", "").encode("utf-8", "surrogateescape")


def _foreign_origin(request: web.Request) -> str | None:
    origin = request.headers.get("Origin")
    if not origin or origin.partition("://")[2] == request.headers.get("Host", ""):
        return None
    return origin


def _fits(origin: str, parts: list[str]) -> bool:
    """Whether an origin has these parts in this order, with anything between them: `https://*.example`, cut at `*`.

    As an expression it would go over the text once for each star in each place of the star before it.
    """
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return origin == first
    pos, end = len(first), len(origin) - len(last)
    if pos > end or not (origin.startswith(first) and origin.endswith(last)):
        return False
    for part in parts[1:-1]:
        if (found := origin.find(part, pos, end)) < 0:
            return False
        pos = found + len(part)
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on this address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _aims_here(request: web.Request) -> bool:
    """A target with a host in it (`GET http://host/api/tags`) outweighs the Host header (RFC 9112, 3.2.2)."""
    target = request.raw_path
    return target.startswith(("/", "*")) or _is_local(request.url.host or "")


@lru_cache(maxsize=64)
def _is_local(host: str) -> bool:
    if not _HOST.fullmatch(host):
        return False
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if not name:
        return True
    try:
        address = ip_address(name)
    except ValueError:
        name = name.rstrip(".")
        return name in ("localhost", gethostname().lower()) or name.endswith(_LOCAL_NAMES)
    return address.is_loopback or address.is_private or address.is_unspecified
