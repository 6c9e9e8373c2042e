"""What can go wrong, and the status that says so.

    ToolbridgeError                     500
    ├── RequestError                    400   the client's body cannot be used; the message says what to mend
    │   ├── BodyTooLarge                413
    │   └── OverLimit                   400   more work than a limit allows; the message names the limit
    ├── BackendError                    502   the backend did something no client can mend
    │   ├── BackendUnreachable          502   no connection
    │   ├── BackendTimeout              504   no answer in time
    │   └── BackendAnswered             …     an answer with an error status, kept as it is
    ├── FrameError                      502   bytes that are not what the protocol says, or over the limit
    └── LookupError
        ├── UnknownDialect              400
        │   └── CannotPrompt            400   a dialect that is read but never asked for
        └── UnknownWire                 400

Foreign exceptions are turned into these at one border each: `wire/` for bodies, `server/upstream.py` for sockets.
`kind` is the word that OpenAI's and Anthropic's envelopes carry as `type`; the Ollama wire has only the message.
"""

import reprlib

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 80


def shown(value: object) -> str:
    """A value in an error message, as Python writes it, cut in the middle: a client may have sent megabytes of it."""
    return _SHOWN.repr(value)


class ToolbridgeError(Exception):
    """The root of everything raised here on purpose."""

    status: int = 500
    kind: str = "api_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestError(ToolbridgeError):
    """A client's body that cannot be used. The message names the field and says what to send instead."""

    status = 400
    kind = "invalid_request_error"


class BodyTooLarge(RequestError):
    """A body over `Limits.body`."""

    status = 413


class OverLimit(RequestError):
    """A request that would take more work than one of `Limits` allows. The message names the limit."""


class BackendError(ToolbridgeError):
    """A backend that failed in a way no client can mend."""

    status = 502


class BackendUnreachable(BackendError):
    """No connection to the backend: refused, no route, no such name, or not within the connect timeout."""


class BackendTimeout(BackendError):
    """The backend took the request and then said nothing for too long."""

    status = 504


class BackendAnswered(BackendError):
    """An error status from the backend, with its own readable message; the status goes on to the client."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class FrameError(ToolbridgeError):
    """Bytes from a backend that are no frame of its protocol, or a frame over `Limits.frame`."""

    status = 502


class UnknownDialect(ToolbridgeError, LookupError):
    """No dialect has this name; the message lists near ones."""

    status = 400
    kind = "invalid_request_error"


class CannotPrompt(UnknownDialect):
    """A dialect that is read but cannot be asked for in a prompt; the message says why."""


class UnknownWire(ToolbridgeError, LookupError):
    """No wire has this name; the message lists those there are."""

    status = 400
    kind = "invalid_request_error"
