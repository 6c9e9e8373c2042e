"""Markers that belong to no notation for calls: of reasoning, of ends of turns, of results that a model makes up."""

REASONING: dict[str, str] = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<scratch_pad>": "</scratch_pad>",
    "[THINK]": "[/THINK]",
    "<seed:think>": "</seed:think>",
    "<mm:think>": "</mm:think>",
    "◁think▷": "◁/think▷",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<longcat_think>": "</longcat_think>",
    "<ifm|think>": "</ifm|think>",
    "<ifm|think_fast>": "</ifm|think_fast>",
    "<ifm|think_faster>": "</ifm|think_faster>",
    "<|plamo:begin_think:plamo|>": "<|plamo:end_think:plamo|>",
    "<|think|>": "<|end|><|begin|>assistant",
    "<|channel>": "<channel|>",
    "<|channel>thought": "<channel|>",
    "<|open|>think<|sep|>": "<|close|>think<|sep|>",
}
"""The openers of reasoning, each with its closer."""

REASONING_ANYWHERE = frozenset({"<|channel>", "<|channel>thought", "<|open|>think<|sep|>"})
"""Special tokens that open reasoning behind content as well: Gemma 4 thinks again between its answers and its calls."""

ENDS_OF_TURN: tuple[str, ...] = (
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|eot|>",
    "<|eom|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|role_end|>",
    "<|plamo:tag|>",
    "<|message_sep|>",
    "<|return|>",
    "<end_of_turn>",
    "<eos>",
    "<turn|>",
    "[e~[",
    "<|close|>message<|sep|>",
    "<|end_of_msg|>",
    "</s>",
    "<｜end▁of▁sentence｜>",
)
"""End-of-turn tokens that servers let through as text. They are dropped where nothing follows them."""

TURNS: tuple[str, ...] = (
    "<|im_start|>",
    "<|start_header_id|>",
    "<start_of_turn>",
    "<|turn>",
    "]~b]",
    "<|open|>message",
    "<|user|>",
    "<|observation|>",
    "<|start|>user",
    "<|message_user|>",
    "[INST]",
)
"""How another speaker's turn begins, which a model writes when it runs on behind its calls."""

RESULTS: tuple[str, ...] = (
    "<tool_results>",
    "<tool_result",
    "<tool_response",
    "<tool_use_result",
    "<function_results>",
    "<function_response",
    "<result name=",
    "[TOOL_RESULTS]",
    "✿RESULT✿",
    "<｜tool▁outputs▁begin｜>",
    "<｜tool▁output▁begin｜>",
    "<TOOL_RESPONSE>",
    "<|tool_result|>",
    "<|begin_tool_result|>",
    "<|START_TOOL_RESULT|>",
    "function result<|role_sep|>",
    "<|tool_response:begin|>",
    "<|start|>functions.",
    "<|start|>tool",
    "<|message_tool|>",
    "<|tool_response>",
    "<start_function_response>",
)
"""How a result begins that a model makes up behind its calls."""

OBSERVATIONS: tuple[str, ...] = (
    *("Observation:", "**Observation:", "**Observation**:"),
    *("Tool result:", "Tool results:", "Result:", "Results:"),
)
"""Words with which such a result begins. They count only directly behind a call."""

CONTROL: dict[str, tuple[str, ...]] = {
    "Llama 2, Mistral": ("<s>", "</s>", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"),
    "Mistral, tekken": (
        *("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[MODEL_SETTINGS]", "[/MODEL_SETTINGS]"),
        *("[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]"),
        *("[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CONTENT]", "[CALL_ID]"),
    ),
    "Gemma 2, 3": ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),
    "FunctionGemma": (
        *("<start_function_call>", "<end_function_call>"),
        *("<start_function_response>", "<end_function_response>"),
        *("<start_function_declaration>", "<end_function_declaration>"),
    ),
    "Gemma 4": (
        *("<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|tool>", "<tool|>"),
        *("<|tool_call>", "<tool_call|>", "<|tool_response>", "<tool_response|>"),
    ),
    "GLM": ("[gMASK]", "[sMASK]", "<sop>", "<eop>"),
    "Command": ("<BOS_TOKEN>", "<EOS_TOKEN>"),
    "MiniMax": ("]~b]", "]~!b[", "[e~["),
    "MiniMax M3": ("]<]minimax[>[",),
    "EXAONE": ("[|system|]", "[|user|]", "[|assistant|]", "[|tool|]", "[|endofturn|]"),
    "Seed": ("<seed:bos>", "<seed:eos>"),
    "Nemotron": ("<extra_id_0>", "<extra_id_1>", "<SPECIAL_10>", "<SPECIAL_11>", "<SPECIAL_12>"),
    "Baichuan": ("<reserved_106>", "<reserved_107>"),
}
"""Control tokens that `CONTROL_SHAPES` does not cover, by the families whose chat templates are made of them.

They come from the templates of these families (`tests/data/chat_templates.json`) and their tokenizers' vocabularies.
Tokens that open and close no turn and stand in ordinary text are left out: programs write `[ARGS]` for their arguments,
forums `[IMG]` for a picture, and image tools `<mask>`.
"""

CONTROL_SHAPES: dict[str, tuple[str, str]] = {
    "ChatML, Llama 3, harmony, Phi, Granite, GLM, Command, Kimi, OLMo and most others": ("<", r"\|[^<>|\s]{1,64}\|>"),
    "DeepSeek, Hunyuan, Step": ("<", r"｜[^<>｜\s]{1,64}｜>"),
    "K2 Horizon": ("<", r"/?ifm\|[^<>|\s]{1,64}>"),
}
"""How families write control tokens, reserved ones as well: the first character, and an expression for the rest."""
