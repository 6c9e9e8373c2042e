"""Why a connection to the backend broke, in words for people: ours and the system's, and no library's.

    the backend at http://… broke off its answer: its Content-Encoding is not valid

The messages of aiohttp name its own classes and methods ("Response payload is not completed: <TransferEncodingError:
400, …>"), which help no client and no operator. They stay in the exceptions' chain.
"""

import os
import ssl

import aiohttp
from aiohttp import http_exceptions

_ENDED = "the connection ended"
_PAYLOADS: tuple[tuple[type[BaseException], str], ...] = (
    (http_exceptions.ContentEncodingError, "its Content-Encoding is not valid"),
    (http_exceptions.ContentLengthError, "it is shorter than its Content-Length"),
    (http_exceptions.TransferEncodingError, "its last chunk is missing"),
)
"""What ails a body, by the exception of aiohttp that lies under the `ClientPayloadError`."""


def reason(problem: BaseException) -> str:
    """The words for an exception of aiohttp's client, or for an error of the system."""
    if isinstance(problem, aiohttp.ClientPayloadError):
        return next((words for kind, words in _PAYLOADS if isinstance(problem.__cause__, kind)), _ENDED)
    if isinstance(problem, http_exceptions.LineTooLong):
        return "a line of its head is too long"
    if isinstance(problem, http_exceptions.ContentEncodingError):
        return "its Content-Encoding is not valid"
    if isinstance(problem, aiohttp.ClientResponseError | http_exceptions.HttpProcessingError):
        inner = problem.__cause__
        return reason(inner) if isinstance(inner, http_exceptions.LineTooLong) else "what it sent is no valid HTTP"
    if isinstance(problem, OSError):
        return _of_system(problem) or _ENDED
    return reason(problem.__cause__) if problem.__cause__ is not None else _ENDED


def _of_system(problem: OSError) -> str:
    """The system's words for its error, or those of TLS, whose numbers mean other errors to the system; or no words."""
    if isinstance(problem, ssl.SSLError):
        words = (getattr(problem, "reason", "") or "").replace("_", " ").lower()
        return f"TLS failed ({words})" if words else "TLS failed"
    return os.strerror(problem.errno) if isinstance(problem.errno, int) and problem.errno > 0 else ""
