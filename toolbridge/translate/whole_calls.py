"""Puts the pieces of calls together, for wires on which a part of a call cannot be written."""

from toolbridge.events import Event, ToolCallArgsDelta, ToolCallEnd, ToolCallStart, merged


class WholeCalls:
    """Takes events and gives events: the pieces of a call wait until it ends. Ollama's frames hold only whole calls."""

    def __init__(self) -> None:
        self._pieces: dict[int, list[Event]] = {}
        """The pieces of calls that have not ended, by index."""

    def feed(self, events: list[Event]) -> list[Event]:
        """These events, with each call at the place of its end."""
        if not (self._pieces or any(type(event) is ToolCallStart for event in events)):
            return events
        out: list[Event] = []
        for event in events:
            if isinstance(event, ToolCallStart | ToolCallArgsDelta | ToolCallEnd):
                self._pieces.setdefault(event.index, []).append(event)
                if isinstance(event, ToolCallEnd):
                    out += self._pieces.pop(event.index)
            else:
                out.append(event)
        return merged(out)
