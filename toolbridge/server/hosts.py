"""The names by which clients may ask the bridge: the Host header is checked, as any web page can point its name at us.

A browser sends a page's requests to the address to which the page's name leads. The owner of the name may choose
127.0.0.1, or any machine of a home network (DNS rebinding). Then page and bridge are one origin for the browser, and
only the Host header shows the difference. So the bridge lets in only names that no stranger can own: an address,
`localhost`, this machine's name, names under ends that the public DNS does not have, and names that the operator adds.

On loopback the rules are Ollama's own. A bridge that listens for other machines also lets in names of one word, which
container networks (`http://toolbridge:3100`) and home routers give: nobody can register such a name.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import urlsplit

from toolbridge.server.settings import ServerSettings

_HOST = re.compile(r"(?:[\w.-]*|[0-9a-f:.]+|\[[0-9a-f:.]+(?:%\w+)?\])(?::\d{0,5})?", re.ASCII | re.IGNORECASE)
"""A host with or without a port, and nothing else: `evil.example@localhost` could be read in two ways."""
_LOCAL_NAMES = (".localhost", ".local", ".internal")
"""The ends that Ollama lets in."""
_PRIVATE_NAMES = (*_LOCAL_NAMES, ".home.arpa", ".intranet", ".private", ".corp", ".home", ".lan", ".svc")
"""Ends that the public DNS does not have (RFC 8375; RFC 6762, appendix G), and the end of Kubernetes' services."""


class Hosts:
    """The names of one bridge."""

    def __init__(self, server: ServerSettings) -> None:
        self._any = "*" in server.allowed_hosts
        self._is_local = is_loopback(server.host)
        self._names = {"localhost", gethostname().lower(), server.host.lower()}
        self._names |= {name for name in server.allowed_hosts if not name.startswith("*")}
        ends = tuple(name[1:] for name in server.allowed_hosts if name.startswith("*."))
        self._ends = (_LOCAL_NAMES if self._is_local else _PRIVATE_NAMES) + ends
        self.allow = lru_cache(maxsize=64)(self._allow)
        """Whether a host, with or without a port, is one of these names."""

    def _allow(self, host: str) -> bool:
        if not _HOST.fullmatch(host):
            return False
        if self._any:
            return True
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
            return name in self._names or name.endswith(self._ends) or not (self._is_local or "." in name)
        if name in self._names or not self._is_local:
            return True
        return address.is_loopback or address.is_private or address.is_unspecified


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens on this address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
