"""Requests that are made to cost more than they should, by what they attack. `python -m tests.bombs` throws them."""

from collections.abc import Callable, Iterator, Mapping

from tests.bombs import arguments, bodies, heads, histories, schemas, texts, tool_lists
from tests.bombs.bomb import Bomb

GROUPS: Mapping[str, Callable[[], Iterator[Bomb]]] = {
    "schemas": schemas.bombs,
    "tools": tool_lists.bombs,
    "histories": histories.bombs,
    "arguments": arguments.bombs,
    "texts": texts.bombs,
    "bodies": bodies.bombs,
    "heads": heads.bombs,
}
