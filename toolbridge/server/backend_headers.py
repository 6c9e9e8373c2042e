"""The headers of a request to the backend, with the right key in them.

    headers.of_client(request)    a client's request goes on, and its headers with it
    headers.of_bridge()           the bridge asks by itself, and no client has a part in it

A key that is configured for the backend always wins. A client's own key goes on only if it is not a key of the bridge.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web
from multidict import CIMultiDict

from toolbridge.models import Backend
from toolbridge.server.headers import onward

_KEYS = frozenset({"authorization", "x-api-key"})


@dataclass(frozen=True, slots=True)
class BackendHeaders:
    """The headers for one backend."""

    backend: Backend
    keeps_key: Callable[[web.Request], bool]
    """Whether the key that a request shows is meant for the bridge and ends here."""

    def of_bridge(self) -> CIMultiDict[str]:
        """The headers of a question that the bridge asks by itself: its key for the backend, if there is a key."""
        return self._with_our_key(CIMultiDict())

    def of_client(self, request: web.Request) -> CIMultiDict[str]:
        """The headers of a client's request as they go to the backend."""
        ends_here = self.backend.api_key is not None or self.keeps_key(request)
        headers = self._with_our_key(onward(request.headers, _KEYS if ends_here else frozenset()))
        shown = headers.get("x-api-key")
        if "x-api-key" not in self.backend.traits.key_headers and shown and "Authorization" not in headers:
            # Clients of Anthropic's wire send only this header; servers of the other wires look for the key there.
            headers["Authorization"] = f"Bearer {shown}"
        return headers

    def _with_our_key(self, headers: CIMultiDict[str]) -> CIMultiDict[str]:
        key, traits = self.backend.api_key, self.backend.traits
        if key is not None:
            for name in traits.key_headers:
                headers[name] = f"Bearer {key}" if name == "Authorization" else key
        for name, value in traits.fixed_headers.items():
            headers.setdefault(name, value)
        return headers
