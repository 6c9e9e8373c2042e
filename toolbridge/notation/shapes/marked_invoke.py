r"""Blocks of `invoke` elements with one token in all of their tags: DeepSeek's DSML and GigaChat's copy of it.

    <｜DSML｜tool_calls>
    <｜DSML｜invoke name="get_weather">
    <｜DSML｜parameter name="city" string="true">Oslo</｜DSML｜parameter>
    <｜DSML｜parameter name="days" string="false">2</｜DSML｜parameter>
    </｜DSML｜invoke>
    </｜DSML｜tool_calls>

`string` says whether a value is text or JSON. Where `string` is missing, the schema says it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from toolbridge.notation.dialect import Opener
from toolbridge.notation.reading import Reading
from toolbridge.notation.shapes.elements import Tags, block, call
from toolbridge.scanner import Grammar

_GAPS = ("", " ")
"""The text between the token and the name of a tag."""


@dataclass(frozen=True)
class MarkedInvoke:
    """One notation: its token, and the names of its blocks. Of two names that begin alike the longer stands first."""

    token: str
    blocks: tuple[str, ...]

    @property
    def openers(self) -> tuple[Opener, ...]:
        """The openers: the token, with the names that may follow it."""
        names = ("invoke", *(f"{name}>" for name in self.blocks))
        return (Opener(f"<{self.token}", tuple(gap + name for gap, name in product(_GAPS, names))),)

    @property
    def closers(self) -> tuple[str, ...]:
        """The close tags of blocks and calls."""
        return (*self._block_closers, *(tags.call_close for tags in self._tags.values()))

    @cached_property
    def _block_closers(self) -> tuple[str, ...]:
        return tuple(f"</{self.token}{gap}{name}>" for gap, name in product(_GAPS, self.blocks))

    @cached_property
    def _tags(self) -> Mapping[str, Tags]:
        return {
            gap: Tags(
                call=f"<{self.token}{gap}invoke",
                call_close=f"</{self.token}{gap}invoke>",
                parameter=f"<{self.token}{gap}parameter",
                parameter_close=f"</{self.token}{gap}parameter>",
                block_close=self._block_closers,
                text="string",
            )
            for gap in _GAPS
        }

    def read(self, reading: Reading, _opener: str) -> Grammar:
        """Read one block, or one call that stands alone."""
        scanner = reading.scanner
        tags = self._tags[(yield from scanner.maybe(" "))]
        if (yield from scanner.maybe("invoke")):
            yield from call(reading, tags)
            return
        yield from scanner.literal(*(f"{name}>" for name in self.blocks))
        yield from block(reading, self._block_closers, tags.calls, lambda _: call(reading, tags))
