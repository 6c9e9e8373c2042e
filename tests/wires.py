"""The names of the wires, as tests go through them."""

from collections.abc import Mapping
from typing import get_args

from toolbridge.traits import WireName
from toolbridge.wire import wires

NAMES: tuple[str, ...] = get_args(WireName)
"""Wires by which backends are asked."""
CLIENTS: tuple[str, ...] = tuple(name for name in wires() if name not in NAMES)
"""Wires that clients alone speak to the bridge."""
PATHS: Mapping[str, str] = {name: each.path for name, each in wires().items() if not each.of_ollama}
"""The paths at which the bridge takes a conversation, whatever the backend is, by wire."""
