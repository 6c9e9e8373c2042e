"""Why there is no connection to the backend, and what an operator can do about it."""

import errno
import os
import ssl
from urllib.parse import urlsplit

import aiohttp

_WHERE = "Check that it is running and that backends.url (--backend) is its address"
_ADVICE = {
    errno.EHOSTUNREACH: "Check the address in backends.url (--backend), and that its machine is on",
    errno.ENETUNREACH: "Check the address in backends.url (--backend), and the network of this machine",
}
"""What to do about an error of the system's, by its number; for the others `_WHERE`."""
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE", "HTTP_REQUEST")
"""OpenSSL's words where the other side speaks no TLS."""


def too_slow(seconds: float) -> str:
    """The words for a connection that was not there in time."""
    return (
        f"it did not answer within {seconds:g} s (timeouts.connect). Check the address in backends.url (--backend), "
        "that its machine is on, and that no firewall closes its port"
    )


def no_connection(problem: aiohttp.ClientConnectorError, url: str) -> str:
    """The words for a connection to `url` that failed: the cause, and what can be done."""
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return "there is no such host. Check the name in backends.url (--backend)"
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return _untrusted(problem.certificate_error)
    inner = problem.os_error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return _untrusted(inner)
    if isinstance(inner, ssl.SSLError):
        return _no_tls(inner, url)
    number = inner.errno if isinstance(inner.errno, int) and inner.errno > 0 else 0
    return f"{os.strerror(number) if number else inner}. {_ADVICE.get(number, _WHERE)}"


def _untrusted(error: Exception) -> str:
    said = getattr(error, "verify_message", "") or str(error)
    if "mismatch" in said or "not valid for" in said:
        return (
            f"its certificate is for another name ({said}). Set backends.url (--backend) to a name of the certificate"
        )
    return (
        f"its certificate is not trusted ({said}). If a private authority signed it, set backends.ca to a file with "
        "the certificate of the authority"
    )


def _no_tls(error: ssl.SSLError, url: str) -> str:
    said = error.reason or str(error)
    if any(word in said for word in _PLAIN):
        plain = f"http://{urlsplit(url).netloc}"
        return f"it does not speak TLS ({said}). If it speaks plain HTTP, set backends.url (--backend) to {plain}"
    return f"TLS failed ({said}). Check that backends.url (--backend) is its address, and its certificate"
