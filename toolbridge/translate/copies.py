"""Calls of the prompt's example: a reply that makes one of them has only copied the prompt."""

from toolbridge.budget import Budget
from toolbridge.events import ToolCall
from toolbridge.messages import ChatRequest
from toolbridge.tool_prompt import choosable, example_calls


def copied_examples(request: ChatRequest, *, budget: Budget | None = None) -> tuple[ToolCall, ...]:
    """The example's calls whose values the conversation does not hold: a reply that makes them has copied them."""
    conversation = "\n".join(message.content for message in request.messages)
    chosen = choosable(request.tools, request.tool_choice)
    return tuple(
        call
        for call in example_calls(chosen, parallel=request.parallel, budget=budget)
        if call.arguments and not any(str(value) in conversation for value in call.arguments.values())
    )
