"""The ways of asking that the bench compares: each makes the request that goes out from a client's and a notation."""

from collections.abc import Callable

from toolbridge.messages import ChatRequest
from toolbridge.tool_prompt import inject

Ask = Callable[[ChatRequest, str], ChatRequest]

VARIANTS: dict[str, Ask] = {"full": inject}
