"""Calls of the prompt's example: a reply that makes one of them has only copied the prompt."""

from toolbridge.budget import Budget
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest
from toolbridge.models import Model
from toolbridge.tool_prompt import Variant, choosable, choose_variant, example_calls


def copied_examples(
    request: ChatRequest, *, variant: Variant | None = None, budget: Budget | None = None
) -> tuple[ToolCall, ...]:
    """The examples' calls whose values the conversation does not hold: a reply that makes them has copied them.

    `variant` is that of the prompt; without one, the model's name decides, as it does in `inject_tools`.
    """
    variant = variant or choose_variant(Model(request.model))
    conversation = "\n".join(message.content for message in request.messages)
    chosen = choosable(request.tools, request.tool_choice)
    return tuple(
        call
        for call in example_calls(chosen, parallel=request.parallel, variant=variant, budget=budget)
        if call.arguments and not any(str(value) in conversation for value in call.arguments.values())
    )
