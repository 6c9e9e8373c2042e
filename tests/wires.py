"""The names of the wires, as tests go through them."""

from typing import get_args

from toolbridge.traits import WireName
from toolbridge.wire import wires

NAMES: tuple[str, ...] = get_args(WireName)
"""Wires by which backends are asked."""
CLIENTS: tuple[str, ...] = tuple(name for name in wires() if name not in NAMES)
"""Wires that clients alone speak to the bridge."""
