"""The errors of toolbridge, and the HTTP status of each.

    ToolbridgeError                     500
    ├── RequestError                    400   the client's body cannot be used; the message says what to change
    │   ├── BodyTooLarge                413
    │   ├── NotKept                     400   the response that the body refers to is not kept (any more)
    │   └── OverLimit                   400   more work than a limit allows; the message names the limit
    ├── NoCall                          400   the model did not make the call that its client demands
    ├── BackendError                    502   the backend failed in a way that no client can change
    │   ├── BackendUnreachable          502   no connection
    │   ├── BackendTimeout              504   no answer in time
    │   └── BackendAnswered             …     an answer with an error status, which goes on to the client
    ├── FrameError                      502   bytes that break the rules of the protocol, or exceed the limit
    ├── Misuse                          500   the library was called with a value or at a time that makes no sense
    └── LookupError
        ├── UnknownDialect              400
        │   └── CannotPrompt            400   a dialect that can be read but not asked for
        └── UnknownWire                 400

Exceptions of other libraries become these errors at one border each: `wire/` for bodies, `server/` for sockets.
`kind` is the `type` of an error on the wires of OpenAI and Anthropic; Ollama's wire has only the message.
"""

import reprlib

_SHOWN = reprlib.Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 80


def shown(value: object) -> str:
    """A value for an error message, as Python writes it; cut in the middle if long, as clients may send megabytes."""
    return _SHOWN.repr(value)


class ToolbridgeError(Exception):
    """The root of all errors that toolbridge raises on purpose."""

    status: int = 500
    kind: str = "api_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestError(ToolbridgeError):
    """A client's body cannot be used. The message names the field and says what to send instead."""

    status = 400
    kind = "invalid_request_error"


class NotKept(RequestError):
    """A body refers to an earlier response that is not kept. Agents know by the kind that they must send it again."""

    kind = "previous_response_not_found"


class BodyTooLarge(RequestError):
    """A body is larger than `Limits.body`."""

    status = 413


class OverLimit(RequestError):
    """A request would take more work than a limit of `Limits` allows. The message names the limit."""


class NoCall(ToolbridgeError):
    """The model was asked for a call as often as is allowed, and made none.

    The status and the kind are those of Groq's API. A status of 500 and above would make the packages of clients ask
    again, and each request is several attempts already.
    """

    status = 400
    kind = "tool_use_failed"


class BackendError(ToolbridgeError):
    """A backend failed in a way that no client can change."""

    status = 502


class BackendUnreachable(BackendError):
    """The backend could not be connected to: refused, no route, no such name, or too slow to connect."""


class BackendTimeout(BackendError):
    """The backend took the request and then sent nothing for too long."""

    status = 504


class BackendAnswered(BackendError):
    """The backend answered with an error status. Its message and its status go on to the client."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class FrameError(ToolbridgeError):
    """The backend sent bytes that are no frame of its protocol, or a frame larger than `Limits.frame`."""

    status = 502


class Misuse(ToolbridgeError, ValueError):
    """The library was called with a value that it does not know, or at a time that makes no sense.

    The message says what to write instead.
    """


def check_word(name: str, value: object, words: tuple[str, ...]) -> None:
    """Raise `Misuse` for a value that is not one of these words; `name` is what the caller calls it."""
    if value not in words:
        raise Misuse(f"{name} must be {', '.join(map(repr, words[:-1]))} or {words[-1]!r}, not {shown(value)}")


class UnknownDialect(ToolbridgeError, LookupError):
    """No dialect has this name; the message lists similar names."""

    status = 400
    kind = "invalid_request_error"


class CannotPrompt(UnknownDialect):
    """A dialect can be read but not asked for in a prompt; the message says why."""


class UnknownWire(ToolbridgeError, LookupError):
    """No wire has this name; the message lists the wires."""

    status = 400
    kind = "invalid_request_error"
