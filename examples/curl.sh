#!/usr/bin/env bash
# The bridge by hand, with curl alone.
#
#   toolbridge demo --serve                         in one terminal
#   examples/curl.sh                                in another
#   examples/curl.sh http://host:3100 gemma3:4b
#
# The URL may also come from TOOLBRIDGE_URL; the model is the demo's unless another is named.
set -euo pipefail

url=${1:-${TOOLBRIDGE_URL:-http://127.0.0.1:3100}}
url=${url%/}
model=${2:-scripted}

ask() { # PATH BODY: the answer as it comes
    curl --silent --show-error --no-buffer --max-time 300 "$url$1" --data-binary "$2"
    printf '\n'
}

# One tool, in the form that Ollama and OpenAI share.
tools='[{"type": "function", "function": {
    "name": "get_weather",
    "description": "Report the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"]
    }
}}]'
question='{"role": "user", "content": "What is the weather in Oslo and in Rome?"}'

echo "== What the model can do: its capabilities hold tools, whatever the backend says"
ask /api/show '{"model": "'"$model"'"}'

echo "== Ollama's wire: a line of JSON at a time, each call whole"
ask /api/chat '{"model": "'"$model"'", "messages": ['"$question"'], "tools": '"$tools"'}'

echo "== OpenAI's wire: server-sent events, the arguments of a call in pieces"
ask /v1/chat/completions '{"model": "'"$model"'", "messages": ['"$question"'], "tools": '"$tools"', "stream": true}'

echo "== The second turn: the call goes back with its result, and the model answers from it"
ask /api/chat '{"model": "'"$model"'", "stream": false, "tools": '"$tools"', "messages": [
    {"role": "user", "content": "What is the weather in Oslo?"},
    {"role": "assistant", "content": "", "tool_calls": [
        {"function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}]},
    {"role": "tool", "tool_name": "get_weather", "content": "{\"city\": \"Oslo\", \"sky\": \"snow\", \"degrees\": -4}"}]}'
