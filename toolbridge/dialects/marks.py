"""The markers that belong to no notation for calls: reasoning, ends of turns, results that a model makes up."""

REASONING: dict[str, str] = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[THINK]": "[/THINK]",
    "<seed:think>": "</seed:think>",
    "<mm:think>": "</mm:think>",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<longcat_think>": "</longcat_think>",
    "<|think|>": "<|end|><|begin|>assistant",
}
"""How a reply opens its reasoning, and how it closes it."""

ENDS_OF_TURN: tuple[str, ...] = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|role_end|>",
    "<|return|>",
    "<end_of_turn>",
    "<eos>",
    "</s>",
    "<｜end▁of▁sentence｜>",
)
"""End-of-turn tokens that servers let through as text; they are dropped where nothing follows them."""

TURNS: tuple[str, ...] = (
    "<|im_start|>",
    "<|start_header_id|>",
    "<start_of_turn>",
    "<|user|>",
    "<|observation|>",
    "[INST]",
)
"""How a model that runs on behind its calls begins somebody else's turn."""

RESULTS: tuple[str, ...] = (
    "<tool_results>",
    "<tool_result",
    "<tool_response",
    "<function_results>",
    "<function_response",
    "<result name=",
    "[TOOL_RESULTS]",
    "<｜tool▁outputs▁begin｜>",
    "<｜tool▁output▁begin｜>",
    "<TOOL_RESPONSE>",
    "<|tool_result|>",
    "<|begin_tool_result|>",
    "<|START_TOOL_RESULT|>",
    "<|tool_response:begin|>",
)
"""How a model begins a result that it makes up, once it has called."""

OBSERVATIONS: tuple[str, ...] = ("Observation:", "Tool result:", "Tool results:", "Result:", "Results:")
"""The same in words, which count only directly behind a call."""
