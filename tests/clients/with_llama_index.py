"""LlamaIndex's Ollama class: `chat_with_tools` and `stream_chat_with_tools`, results sent back."""

# /// script
# dependencies = ["llama-index-llms-ollama", "llama-index-core"]
# ///

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.ollama import Ollama
from weather import BRIDGE, MODEL, QUESTION, get_weather, judge

tool = FunctionTool.from_defaults(get_weather)
model = Ollama(model=MODEL, base_url=BRIDGE, request_timeout=30)

for streamed in (False, True):
    history = [ChatMessage(role="user", content=QUESTION)]
    for _ in range(2):
        if streamed:
            for piece in model.stream_chat_with_tools([tool], chat_history=history, allow_parallel_tool_calls=True):
                reply = piece
        else:
            reply = model.chat_with_tools([tool], chat_history=history, allow_parallel_tool_calls=True)
        history.append(reply.message)
        for call in model.get_tool_calls_from_response(reply, error_on_no_tool_call=False):
            result = tool(**call.tool_kwargs)
            about = {"tool_call_id": call.tool_id, "name": call.tool_name}
            history.append(ChatMessage(role="tool", content=str(result), additional_kwargs=about))
    judge(reply.message.content)
