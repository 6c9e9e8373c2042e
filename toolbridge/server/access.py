"""Which requests are let in: by method, Host header, origin and key, and by whether they change the backend.

Where Ollama has a rule, the bridge has the same rule. The bridge answers only to its own names (`hosts`), so that no
web page reaches it through a name whose owner points it here. A list lets pages of other origins in. Clients must show
a key if the operator set keys. A request that changes the backend may need a key of its own, or be refused to everybody
(`management`).
"""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.events import Error
from toolbridge.server.error_answers import error_answer, not_allowed
from toolbridge.server.exchange import Exchange
from toolbridge.server.hosts import Hosts, is_loopback
from toolbridge.server.management import changes
from toolbridge.server.settings import Settings

_LOCAL_ORIGIN = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d{1,5})?"
    r"|(?:app|file|tauri|vscode-webview|vscode-file)://.*"
)
"""The origins that Ollama allows by default."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""The methods that are answered or go on. To TRACE a backend would answer with the request, and our key in it
(RFC 9110, 9.3.8); CONNECT is for proxies; the effect of other methods is not known."""
_OURS = "X-Toolbridge-Mode, X-Toolbridge-Calls, X-Toolbridge-Dropped-Tools, X-Request-Id"
"""The headers of answers that scripts of other origins may read."""
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
"""Ollama's headers, and the headers of Anthropic's clients and ours, which Ollama's list lacks."""
_FOREIGN = "this bridge is not known by the name in the Host header; server.allowed_hosts adds names to its own"
_GUARDED = "what changes the models or the server behind this bridge is not open to everybody; see security.manage"
UNLOCKED = ("/healthz", "/readyz")
"""Paths that need no key: machines without a key ask them."""
_ORIGIN_MOST = 512
"""Characters of the longest origin that may be let in; a host's name has 253 at most."""


class Access:
    """Decides by the settings."""

    def __init__(self, settings: Settings) -> None:
        own = settings.security
        self._managers = [key.encode() for key in own.managers]
        self._keys = [key.encode() for key in own.keys]
        if self._keys:
            self._keys += self._managers  # a key that lets a client manage lets it ask, too
        self._guards = own.manage != "all"
        origins = settings.server.cors_origins
        self._any_origin = "*" in origins
        self._origins = [origin.lower().split("*") for origin in origins]
        self._hosts = Hosts(settings.server)

    def takes_key(self, request: web.Request) -> bool:
        """Whether the key that a client shows is a key of the bridge, and not of the backend."""
        return bool(self._keys) or (bool(self._managers) and _shows(request, self._managers))

    def trusts(self, request: web.Request) -> bool:
        """Whether a client may know where the backend is: it shows a key or, without keys, is on this machine."""
        return _shows(request, self._keys) if self._keys else is_loopback(request.remote or "")

    def refusal(self, request: web.Request, exchange: Exchange) -> web.Response | None:
        """The answer to a request that goes no further, such as a preflight; None for a request that goes on."""
        if request.method not in METHODS:
            refused = not_allowed(METHODS)
            refused.force_close()
            return refused
        if not (self._hosts.allow(request.headers.get("Host", "")) and self._aims_here(request)):
            return error_answer(exchange.wire, Error(_FOREIGN, "permission_error", 403))
        if (origin := _foreign_origin(request)) is not None:
            if not self._lets_in(origin):
                return web.Response(status=403)
            if request.method == "OPTIONS":
                return web.Response(status=204, headers=_PREFLIGHT)
        if self._keys and exchange.path not in UNLOCKED and not _shows(request, self._keys):
            error = Error("an API key of this bridge is needed: Authorization: Bearer …", "authentication_error", 401)
            return error_answer(exchange.wire, error, {"WWW-Authenticate": "Bearer"})
        if self._guards and changes(request.method, exchange.path) and not _shows(request, self._managers):
            return error_answer(exchange.wire, Error(_GUARDED, "permission_error", 403))
        return None

    def _aims_here(self, request: web.Request) -> bool:
        """Whether the target is meant for the bridge.

        A target with a host in it (`GET http://host/api/tags`) outweighs the Host header (RFC 9112, 3.2.2).
        """
        target = request.raw_path
        return target.startswith(("/", "*")) or self._hosts.allow(request.url.host or "")

    def dress(self, request: web.Request, headers: CIMultiDict[str]) -> None:
        """Add the headers that let a page of another origin read the answer."""
        origin = _foreign_origin(request)
        if origin is not None and self._lets_in(origin):
            headers["Access-Control-Allow-Origin"] = "*" if self._any_origin else origin
            headers["Access-Control-Expose-Headers"] = _OURS
            if not self._any_origin:
                headers.add("Vary", "Origin")

    def _lets_in(self, origin: str) -> bool:
        low = origin.lower()
        return len(low) <= _ORIGIN_MOST and (
            self._any_origin
            or _LOCAL_ORIGIN.fullmatch(low) is not None
            or any(_fits(low, parts) for parts in self._origins)
        )


def _shows(request: web.Request, keys: Sequence[bytes]) -> bool:
    # Every pair is compared, so that the time does not tell which key is nearly right.
    return sum(hmac.compare_digest(shown, key) for shown in _shown_keys(request) for key in keys) > 0


def _shown_keys(request: web.Request) -> Iterator[bytes]:
    """OpenAI's clients and Anthropic's newer clients send a bearer token, Anthropic's older clients `x-api-key`."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        yield token.strip().encode("utf-8", "surrogateescape")
    yield request.headers.get("x-api-key", "").encode("utf-8", "surrogateescape")


def _foreign_origin(request: web.Request) -> str | None:
    origin = request.headers.get("Origin")
    host = request.headers.get("Host", "")
    if not origin or origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower()):
        return None
    return origin


def _fits(origin: str, parts: list[str]) -> bool:
    """Whether an origin consists of these parts in this order, with any text between them.

    The parts are a pattern such as `https://*.example`, cut at its stars. A regular expression would search the rest of
    the text again from every place where an earlier star may end.
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
