"""Past turns of a conversation, as the writers of several wires put them into a request."""

import json
from typing import Any

from toolbridge.errors import RequestError, shown
from toolbridge.events import ToolCall
from toolbridge.messages import Image, Message

_MEDIA_TYPES = (
    ("iVBOR", "image/png"),
    ("/9j/", "image/jpeg"),
    ("UklGR", "image/webp"),
    ("R0lGOD", "image/gif"),
)
"""How the base64 of each media type begins."""
_DEFAULT_MEDIA_TYPE = "image/png"


def turn_text(message: Message) -> str:
    """The text of a turn, for a wire without a field for failure: a result that failed begins with "Error"."""
    if not message.is_error or message.content.lower().startswith("error"):
        return message.content
    return f"Error: {message.content}"


def argument_values(call: ToolCall) -> Any:
    """The arguments of a past call as Python values, integers of any size. Raises `RequestError`."""
    try:
        return json.loads(call.arguments_json)
    except (ValueError, RecursionError):
        raise RequestError(f"the arguments of a past call of {shown(call.name)} are no JSON that can be read") from None


def media_type(image: Image) -> str:
    """The media type of a picture, as the client named it or as the base64 begins."""
    sniffed = (kind for beginning, kind in _MEDIA_TYPES if image.data.startswith(beginning))
    return image.media_type or next(sniffed, _DEFAULT_MEDIA_TYPE)


def image_address(image: Image) -> str:
    """The address of a picture on the web, or a `data:` URI that holds the picture."""
    return f"data:{media_type(image)};base64,{image.data}" if image.url is None else image.url
