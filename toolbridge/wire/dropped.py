"""Tools that only servers of a wire's vendor know, such as Anthropic's web search: they cannot be offered to a model.

A model that is asked without them invents what they would have found, and the client cannot tell: Claude Code shows
invented results of its web search. So a request that needs them is refused.
"""

from toolbridge.errors import RequestError
from toolbridge.messages import ChatRequest

_WHY = "{} runs only on the servers of its vendor, and this bridge cannot run it; offer a tool that the client runs"
_MOST = 8
"""Types that are named at most."""
_LONGEST = 64
"""Characters of a type in a message, a header or a log line: a client may write anything there."""


def refuse_dropped(request: ChatRequest) -> None:
    """Refuse a request that offers only such tools, or that demands the call of such a tool. Raises `RequestError`."""
    forced = request.tool_choice.name
    if not request.dropped or request.tool_choice.mode == "none":
        return
    if forced and forced in request.dropped and all(tool.name != forced for tool in request.tools):
        raise RequestError(f"tool_choice: {_WHY.format(named((forced,)))}")
    if not request.tools:
        raise RequestError(f"tools: {_WHY.format(named(request.dropped))}")


def named(dropped: tuple[str, ...]) -> str:
    """The types of the tools that were left out, for a header, a log line or a message."""
    listed = ", ".join(_printable(kind) for kind in dropped[:_MOST])
    return f"{listed} and {len(dropped) - _MOST} more" if len(dropped) > _MOST else listed


def _printable(kind: str) -> str:
    return "".join(sign if sign.isascii() and sign.isprintable() and sign != "," else "?" for sign in kind[:_LONGEST])
