"""The backend's answer to `/api/show`, with the capabilities that the bridge adds, and no other byte changed.

Which fields Ollama's clients read here is not known. So only the value of `capabilities` is replaced in the text; the
rest is never decoded and written again.
"""

import json

from toolbridge.json_text import JsonText
from toolbridge.model_converter import write_show
from toolbridge.server.json_answers import json_value
from toolbridge.wire.codec import json_text

_DECODER = json.JSONDecoder()
_BLANK = " \t\n\r"
_DEEPEST = 1024
"""How deep orjson reads, which has read the answer before."""


def enriched(show: bytes) -> bytes:
    """A show answer with the bridge's capabilities in place of the backend's; every other byte is as it was.

    An answer that is no JSON object comes back unchanged.
    """
    described = json_value(show)
    if not isinstance(described, dict):
        return show
    ours = write_show(described)["capabilities"]
    if ours == described.get("capabilities"):
        return show
    text = show.decode()
    try:
        spans, end = _spans(text)
    except ValueError:
        return show
    written = json_text(ours)
    if "capabilities" in spans:
        begin, until = spans["capabilities"]
        return (text[:begin] + written + text[until:]).encode()
    comma = "," if spans else ""
    return f'{text[:end]}{comma}"capabilities":{written}{text[end:]}'.encode()


def _spans(text: str) -> tuple[dict[str, tuple[int, int]], int]:
    """The span of each name's value in the text of an object, and the place where another name can be added.

    If a name stands there twice, the last value counts, as for every reader of JSON.
    """
    spans: dict[str, tuple[int, int]] = {}
    at = _skip(text, 0) + 1
    end = at
    while text[at := _skip(text, at)] != "}":
        if text[at] == ",":
            at = _skip(text, at + 1)
        name, at = _DECODER.raw_decode(text, at)
        begin = _skip(text, _skip(text, at) + 1)
        at = _past(text, begin)
        spans[name] = begin, at
        end = at
    return spans, end


def _past(text: str, begin: int) -> int:
    """The place behind the value that begins here.

    How deep a value the library's decoder reads depends on the version of Python, and on how deep its caller stands.
    What is too deep for it is read without recursion.
    """
    try:
        return _DECODER.raw_decode(text, begin)[1]
    except RecursionError:
        return JsonText(depth=_DEEPEST).feed(text, begin, len(text))


def _skip(text: str, at: int) -> int:
    while text[at] in _BLANK:
        at += 1
    return at
