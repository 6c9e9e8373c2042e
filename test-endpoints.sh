#!/usr/bin/env bash
# Checks a running bridge from outside, as its clients see it: a line per check, a summary, exit code 0 or 1.
#
#   ./test-endpoints.sh http://127.0.0.1:3100 --backend http://127.0.0.1:11434 --model qwen3:8b
#
# With --backend, answers that must be the backend's own are compared with it; without, those checks are skipped and
# said to be. So are checks of Ollama's own routes where the backend is another server, such as llama.cpp's. Without
# --model, the first model that takes tools is asked. Needs bash, curl and jq.
#
# shellcheck disable=SC2317,SC2329 # the checks are functions that are called by their names
set -uo pipefail

usage() {
    cat <<'TEXT'
usage: test-endpoints.sh BRIDGE_URL [--backend URL] [--model NAME] [--key KEY] [--patience SECONDS]
                         [--most TOKENS]

  --backend URL       the server behind the bridge; what must be its own answer is compared with it
  --model NAME        the model to ask; without it, the first that takes tools
  --key KEY           an API key of the bridge
  --patience SECONDS  how long one answer may take; 300 without it, as a model may have to be loaded first
  --most TOKENS       how long one reply may be; 1024 without it, as a small model may never end

exit code: 0 all passed or skipped, 1 a check failed, 2 it could not be tried
TEXT
}

stop() {
    printf 'test-endpoints.sh: %s\n' "$1" >&2
    exit 2
}

bridge="" backend="" model="" key="" patience=300 most=1024
while (($#)); do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --backend | --model | --key | --patience | --most)
            (($# > 1)) || stop "$1 needs a value"
            printf -v "${1#--}" '%s' "$2"
            shift
            ;;
        -*) stop "no option is called $1; see --help" ;;
        *)
            [[ -z $bridge ]] || stop "one URL of a bridge is enough; see --help"
            bridge=$1
            ;;
    esac
    shift
done
if [[ -z $bridge ]]; then
    usage >&2
    exit 2
fi
[[ $patience =~ ^[1-9][0-9]*$ ]] || stop "--patience must be a number of seconds"
[[ $most =~ ^[1-9][0-9]*$ ]] || stop "--most must be a number of tokens"
for program in curl jq; do
    command -v "$program" >/dev/null || stop "$program is missing; install it and try again"
done
bridge=${bridge%/} backend=${backend%/}
[[ $bridge == http*://* ]] || bridge="http://$bridge"
[[ -z $backend || $backend == http*://* ]] || backend="http://$backend"

scratch="$(mktemp -d)" || stop "there is no place for temporary files"
trap 'rm -rf "$scratch"' EXIT

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    readonly GREEN=$'\e[32m' RED=$'\e[31m' DIM=$'\e[2m' PLAIN=$'\e[0m'
else
    readonly GREEN="" RED="" DIM="" PLAIN=""
fi
passed=0 failed=0 skipped=0

# --- how a check is made ----------------------------------------------------------------------------------------------

# check NAME FUNCTION…: what the function prints is what was seen; it returns 0 for passed, 3 for skipped.
check() {
    local name=$1 seen status
    shift
    seen="$("$@" 2>&1)"
    status=$?
    # A model's own words may hold anything.
    seen="$(jq --raw-input --raw-output --slurp 'gsub("[\\s[:cntrl:]]+"; " ") | .[:240]' <<<"$seen")"
    seen="${seen% }"
    case $status in
        0)
            passed=$((passed + 1))
            printf '%s✓%s %s%s\n' "$GREEN" "$PLAIN" "$name" "${seen:+ $DIM($seen)$PLAIN}"
            ;;
        3)
            skipped=$((skipped + 1))
            printf '%s–%s %s: skipped, %s\n' "$DIM" "$PLAIN" "$name" "$seen"
            ;;
        *)
            failed=$((failed + 1))
            printf '%s✗%s %s: %s\n' "$RED" "$PLAIN" "$name" "${seen:-not as it should be}"
            ;;
    esac
}

# fetch FILE METHOD URL [BODY]: the answer into $scratch/FILE, beside it its status (FILE.status) and headers
fetch() {
    local file="$scratch/$1" method=$2 url=$3
    local arguments=(--silent --show-error --max-time "$patience" --connect-timeout 10)
    arguments+=(--noproxy "localhost,127.0.0.1,::1" --output "$file" --dump-header "$file.headers")
    arguments+=(--write-out '%{http_code}')
    [[ $url == "$bridge"* && -n $key ]] && arguments+=(--header "Authorization: Bearer $key")
    if [[ $method == HEAD ]]; then
        arguments+=(--head)
    else
        arguments+=(--request "$method")
    fi
    (($# > 3)) && arguments+=(--header "Content-Type: application/json" --data-binary "$4")
    rm -f "$file"
    curl "${arguments[@]}" "$url" >"$file.status" 2>"$file.problem" || {
        printf 'no whole answer: %s' "$(<"$file.problem")"
        return 1
    }
}

# has_status FILE STATUS
has_status() {
    local status
    status="$(<"$scratch/$1.status")"
    [[ $status == "$2" ]] || {
        printf 'status %s, not %s: %s' "$status" "$2" "$(head -c 200 "$scratch/$1" 2>/dev/null)"
        return 1
    }
}

# holds FILE FILTER [--slurp]: whether the filter is true of a file of JSON, or of the list of all its values
holds() {
    local file=$1 filter=$2
    shift 2
    jq --exit-status "$@" "$filter" "$scratch/$file" >/dev/null 2>"$scratch/problem" || {
        [[ -s $scratch/problem ]] && printf '%s; ' "$(head -c 120 "$scratch/problem")"
        printf 'got %s' "$(head -c 200 "$scratch/$file" 2>/dev/null)"
        return 1
    }
}

# is_there FILE: whether an earlier check has left something to look at
is_there() {
    [[ -s $scratch/$1 ]] || {
        printf 'there was no such answer'
        return 3
    }
}

# answers FILE METHOD PATH STATUS [BODY]: a request to the bridge, and the status that it must have
answers() {
    fetch "$1" "$2" "$bridge$3" "${@:5}" || return
    has_status "$1" "$4"
}

needs_backend() {
    [[ -n $backend ]] || {
        printf 'no --backend was given'
        return 3
    }
}

# needs_ollama: whether the backend is an Ollama, whose own routes the bridge passes on
needs_ollama() {
    needs_backend || return
    fetch backend.root GET "$backend/" && grep -q "Ollama is running" "$scratch/backend.root" && return
    fetch backend.version GET "$backend/api/version" && jq -e '.version | type == "string"' "$scratch/backend.version" \
        >/dev/null 2>&1 && return
    printf 'the backend is no Ollama'
    return 3
}

# takes_any_name: whether the backend answers for every name of a model, as llama.cpp's server with one model does
takes_any_name() {
    fetch owners GET "$bridge/v1/models" || return
    jq -e '.data | length == 1 and .[0].owned_by == "llamacpp"' "$scratch/owners" >/dev/null 2>&1 || return
    printf 'the backend has one model and takes any name'
}

# same_list ONE OTHER: whether two lists are alike. Ollama keeps no order among models of one time, and llama.cpp's
# server makes its model anew each time it is asked.
same_list() {
    local file
    cmp "$scratch/$1" "$scratch/$2" >"$scratch/difference" && return
    for file in "$1" "$2"; do
        jq --sort-keys 'map_values(if type == "array" then map(del(.created)) | sort_by(tojson) else . end)' \
            "$scratch/$file" >"$scratch/$file.sorted" 2>/dev/null || break
    done
    [[ -s $scratch/$2.sorted ]] && cmp "$scratch/$1.sorted" "$scratch/$2.sorted" >/dev/null && return
    cat "$scratch/difference"
    return 1
}

# --- what is asked ----------------------------------------------------------------------------------------------------

readonly QUESTION="What is the weather in Oslo and in Rome right now? Use the tool."
readonly TOOLS='[{"type": "function", "function": {"name": "get_current_weather",
    "description": "Report the current weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "The name of the city"}},
        "required": ["city"]}}}]'
readonly CALM='{"temperature": 0, "seed": 7}'

# chat STREAM: a body for /api/chat that asks for the tool
chat() {
    jq --null-input --compact-output --arg model "$model" --arg question "$QUESTION" --argjson tools "$TOOLS" \
        --argjson options "$CALM" --argjson stream "$1" --argjson most "$most" \
        '{model: $model, messages: [{role: "user", content: $question}], tools: $tools,
          options: ($options + {num_predict: $most}), stream: $stream}'
}

# completion STREAM: the same for /v1/chat/completions
completion() {
    chat "$1" | jq --compact-output --argjson options "$CALM" --argjson most "$most" \
        'del(.options) + $options + {max_tokens: $most}'
}

# conversation: a body for /api/chat with a call of the past and its result
conversation() {
    chat false | jq --compact-output '.messages += [
        {role: "assistant", content: "", tool_calls:
            [{function: {name: "get_current_weather", arguments: {city: "Oslo"}}},
             {function: {name: "get_current_weather", arguments: {city: "Rome"}}}]},
        {role: "tool", tool_name: "get_current_weather", content: ({city: "Oslo", sky: "snow", degrees: -4} | tojson)},
        {role: "tool", tool_name: "get_current_weather", content: ({city: "Rome", sky: "sun", degrees: 18} | tojson)}]'
}

# --- the checks -------------------------------------------------------------------------------------------------------

root() {
    answers root GET / 200 || return
    grep running "$scratch/root"
}

head_of_root() {
    answers head HEAD / 200
}

version() {
    answers version GET /api/version 200 || return
    holds version '.version | type == "string"' || return
    jq -r .version "$scratch/version"
}

tags() {
    answers tags GET /api/tags 200 || return
    holds tags '.models | type == "array"' || return
    jq -r '.models | length | "\(.) model\(if . == 1 then "" else "s" end)"' "$scratch/tags"
}

tags_bytes() {
    needs_ollama || return
    fetch tags GET "$bridge/api/tags" || return
    fetch tags.backend GET "$backend/api/tags" || return
    same_list tags tags.backend
}

# show FIELD: by the field `model` or the older `name`
show() {
    answers show POST /api/show 200 "$(jq -nc --arg name "$model" --arg field "$1" '{($field): $name}')" || return
    holds show '.capabilities | type == "array"' || return
    printf 'capabilities: '
    jq -r '.capabilities | join(", ")' "$scratch/show"
    jq --exit-status '.capabilities | index("tools") != null' "$scratch/show" >/dev/null
}

show_kept() {
    local body
    needs_ollama || return
    body="$(jq -nc --arg name "$model" '{model: $name}')"
    answers show POST /api/show 200 "$body" || return
    fetch show.backend POST "$backend/api/show" "$body" || return
    jq --sort-keys 'del(.capabilities)' "$scratch/show" >"$scratch/show.rest" || return
    jq --sort-keys 'del(.capabilities)' "$scratch/show.backend" >"$scratch/show.backend.rest" || return
    cmp "$scratch/show.rest" "$scratch/show.backend.rest" || return
    jq --exit-status --null-input --slurpfile ours "$scratch/show" --slurpfile theirs "$scratch/show.backend" \
        '($theirs[0].capabilities // []) - $ours[0].capabilities == []' >/dev/null || {
        printf 'a capability of the backend is gone'
        return 1
    }
}

show_unknown() {
    answers unknown POST /api/show 404 '{"model": "toolbridge-no-such-model"}' || return
    holds unknown '.error | type == "string"'
}

loaded() {
    answers ps GET /api/ps 200 || return
    holds ps '.models | type == "array"' || return
    jq -r '"\(.models | length) loaded"' "$scratch/ps"
}

# no_call TRIES: what to say of a model that answered without a call; its words come on standard input
no_call() {
    printf 'no call in %s tries; the model said: ' "$1"
    head -c 200
    return 1
}

# A model may miss the tool once, so it is asked twice; whatever else is wrong is wrong the first time.
tools_streaming() {
    local tries
    for tries in 1 2; do
        answers lines POST /api/chat 200 "$(chat true)" || {
            rm -f "$scratch/lines"
            return 1
        }
        jq -se 'any(.[]; .message.tool_calls)' "$scratch/lines" >/dev/null 2>&1 && break
    done
    holds lines 'all(.[]; type == "object" and (has("error") | not))' --slurp || return
    if ! jq -se 'any(.[]; .message.tool_calls)' "$scratch/lines" >/dev/null; then
        jq -rj '.message.content // ""' "$scratch/lines" | no_call "$tries"
        return
    fi
    jq -r '.message.tool_calls[]? | .function | "\(.name)\(.arguments)"' "$scratch/lines"
}

calls_whole() {
    is_there lines || return
    holds lines '[.[] | .message.tool_calls[]?] | length > 0 and all(.[];
        (.function.name | type == "string") and (.function.arguments | type == "object"))' --slurp || return
    holds lines '[.[] | .message.tool_calls[]? | .function.index] | . == [range(length)]' --slurp || {
        printf ' (indexes do not count up)'
        return 1
    }
    holds lines '[.[] | .message.tool_calls[]?.id] | all(.[]; type == "string") and (unique | length) == length' \
        --slurp || {
        printf ' (ids are not unique)'
        return 1
    }
}

call_before_done() {
    is_there lines || return
    # Ollama sends the calls of models with tools of their own in the done object itself.
    holds lines '(map(.message.tool_calls != null) | index(true)) as $call
        | $call != null and $call <= (map(.done) | index(true))' --slurp
}

done_last() {
    is_there lines || return
    holds lines 'map(.done) | (map(select(.)) | length) == 1 and last' --slurp
}

tools_whole() {
    local tries
    for tries in 1 2; do
        answers whole POST /api/chat 200 "$(chat false)" || return
        jq -e .message.tool_calls "$scratch/whole" >/dev/null 2>&1 && break
    done
    holds whole '.done == true and (.message | type == "object")' || return
    if ! jq -e .message.tool_calls "$scratch/whole" >/dev/null; then
        jq -r '.message.content // ""' "$scratch/whole" | no_call "$tries"
        return
    fi
    holds whole 'all(.message.tool_calls[]; .function.arguments | type == "object")' || return
    jq -r '.message.tool_calls[] | .function | "\(.name)\(.arguments)"' "$scratch/whole"
}

results() {
    answers results POST /api/chat 200 "$(conversation)" || return
    holds results '.done == true and (.message.content != "" or .message.tool_calls != null)' || return
    jq -r 'if .message.tool_calls then "the model called again" else .message.content end' "$scratch/results"
}

no_tools() {
    local body
    body="$(chat false | jq -c 'del(.tools) | .messages[0].content = "Say hello."')"
    answers plain POST /api/chat 200 "$body" || return
    holds plain '.done == true and .message.tool_calls == null and (.message.content | type == "string")' || return
    jq -r .message.content "$scratch/plain"
}

# refusal STATUS BODY: an error of Ollama's shape
refusal() {
    answers refusal POST /api/chat "$1" "$2" || return
    holds refusal '.error | type == "string" and . != ""' || return
    jq -r .error "$scratch/refusal"
}

unknown_model() {
    takes_any_name && return 3
    refusal 404 '{"model": "toolbridge-no-such-model", "messages": [{"role": "user", "content": "hi"}]}'
}

tool_without_name() {
    refusal 400 "$(chat false | jq -c 'del(.tools[0].function.name)')" || return
    holds refusal '.error | test("name")' >/dev/null
}

no_route() {
    answers route GET /api/toolbridge-no-such-route 404
}

wrong_method() {
    answers method GET /api/chat 405
}

openai_streaming() {
    local tries
    for tries in 1 2; do
        answers sse POST /v1/chat/completions 200 "$(completion true)" || {
            rm -f "$scratch/sse"
            return 1
        }
        tr -d '\r' <"$scratch/sse" | sed -n 's/^data: \{0,1\}//p' >"$scratch/sse.data"
        grep -v '^\[DONE\]$' "$scratch/sse.data" >"$scratch/pieces"
        jq -se 'any(.[]; .choices[]?.delta.tool_calls)' "$scratch/pieces" >/dev/null 2>&1 && break
    done
    holds pieces 'length > 0 and all(.[]; type == "object" and (has("error") | not))' --slurp || return
    if ! jq -se 'any(.[]; .choices[]?.delta.tool_calls)' "$scratch/pieces" >/dev/null; then
        jq -rj '.choices[]?.delta.content // ""' "$scratch/pieces" | no_call "$tries"
        return
    fi
    jq -rs '[.[] | .choices[]?.delta.tool_calls[]?] | group_by(.index)[]
        | "\(map(.function.name // "") | add)\(map(.function.arguments // "") | add)"' "$scratch/pieces"
}

role_once() {
    is_there sse || return
    holds pieces '[.[] | .choices[]?.delta.role // empty | select(. != "")] | length == 1' --slurp
}

pieces_join() {
    is_there sse || return
    holds pieces '[.[] | .choices[]?.delta.tool_calls[]?] | group_by(.index) | length > 0 and all(.[];
        (map(.function.name // empty) | length == 1) and (map(.id // empty) | length == 1)
        and (map(.function.arguments // "") | add | fromjson | type == "object"))' --slurp
}

finish_tool_calls() {
    is_there sse || return
    holds pieces '[.[] | .choices[]?.finish_reason // empty] == ["tool_calls"]' --slurp
}

done_marker() {
    is_there sse || return
    [[ "$(tail -n 1 "$scratch/sse.data")" == "[DONE]" ]] || {
        printf 'the last line is: %s' "$(tail -n 1 "$scratch/sse.data" | head -c 200)"
        return 1
    }
}

openai_whole() {
    local body
    # The bridge holds the model to it; Ollama alone ignores tool_choice.
    body="$(completion false | jq -c '.tool_choice = "required"')"
    answers openai POST /v1/chat/completions 200 "$body" || return
    holds openai '.choices[0] | .finish_reason == "tool_calls" and (.message.tool_calls | length > 0)
        and all(.message.tool_calls[]; .function.arguments | fromjson | type == "object")' || return
    jq -r '.choices[0].message.tool_calls[].function | "\(.name)\(.arguments)"' "$scratch/openai"
}

openai_error() {
    takes_any_name && return 3
    answers failure POST /v1/chat/completions 404 \
        '{"model": "toolbridge-no-such-model", "messages": [{"role": "user", "content": "hi"}]}' || return
    holds failure '.error.message | type == "string"'
}

openai_models() {
    answers models GET /v1/models 200 || return
    holds models '.data | type == "array"' || return
    [[ -z $backend ]] && return
    fetch models.backend GET "$backend/v1/models" || return
    same_list models models.backend
}

# --- all of them ------------------------------------------------------------------------------------------------------

# The first model that the bridge shows to have tools; of many, only the first ones are asked about.
find_model() {
    fetch tags GET "$bridge/api/tags" >/dev/null
    jq -r '.models[:20][].model' "$scratch/tags" >"$scratch/names" 2>/dev/null
    while read -r name; do
        model=$name
        show model >/dev/null && return
    done <"$scratch/names"
    model="$(head -n 1 "$scratch/names")"
}

check "GET / answers" root
check "HEAD / answers" head_of_root
check "version" version
check "tags list models" tags
check "tags are the backend's bytes" tags_bytes
[[ -n $model ]] || find_model
if [[ -z $model ]]; then
    printf '%s✗%s there is no model to ask; name one with --model\n' "$RED" "$PLAIN"
    failed=$((failed + 1))
else
    printf '%s  the model is %s%s\n' "$DIM" "$model" "$PLAIN"
    check "show by model: capabilities hold tools" show model
    check "show by name: capabilities hold tools" show name
    check "show keeps everything else" show_kept
    check "show of an unknown model: 404" show_unknown
    check "ps" loaded
    check "chat with tools, streaming: a tool call" tools_streaming
    check "chat with tools, streaming: calls are whole, with index and id" calls_whole
    check "chat with tools, streaming: no call after done" call_before_done
    check "chat with tools, streaming: done comes last and once" done_last
    check "chat with tools, in one piece: a tool call" tools_whole
    check "chat with tool results: an answer" results
    check "chat without tools: an answer" no_tools
    check "chat with an unknown model: 404" unknown_model
    check "chat with bad JSON: 400" refusal 400 '{"model": '
    check "chat without a model: 400" refusal 400 '{"messages": [{"role": "user", "content": "hi"}]}'
    check "chat with a tool without a name: 400" tool_without_name
    check "unknown route: 404" no_route
    check "wrong method: 405" wrong_method
    check "/v1/chat/completions, streaming: a tool call" openai_streaming
    check "/v1/chat/completions, streaming: the role comes once" role_once
    check "/v1/chat/completions, streaming: argument pieces join to JSON" pieces_join
    check "/v1/chat/completions, streaming: finish_reason is tool_calls" finish_tool_calls
    check "/v1/chat/completions, streaming: [DONE] comes last" done_marker
    check "/v1/chat/completions, in one piece: a tool call" openai_whole
    check "/v1/chat/completions with an unknown model: 404" openai_error
    check "/v1/models" openai_models
fi

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
