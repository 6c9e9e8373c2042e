"""What a model can do, told from descriptions of every age and make."""

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolbridge.model_converter import capabilities, opens_thinking, read_show, shows_tools, takes_system, write_show
from toolbridge.models import Model

SHOW: dict[str, Any] = {
    "license": "a licence",
    "modelfile": "FROM qwen3:8b\n",
    "parameters": 'stop                           "<|im_end|>"',
    "template": "{{- if .System }}{{ .System }}{{ end }}{{ range .Tools }}{{ . }}{{ end }}{{ .Prompt }}",
    "details": {
        "parent_model": "",
        "format": "gguf",
        "family": "qwen3",
        "families": ["qwen3"],
        "parameter_size": "8.2B",
        "quantization_level": "Q4_K_M",
    },
    "model_info": {
        "general.architecture": "qwen3",
        "general.parameter_count": 8190735360,
        "qwen3.context_length": 40960,
        "qwen3.embedding_length": 4096,
        "tokenizer.ggml.merges": [],
    },
    "capabilities": ["completion"],
    "modified_at": "2026-08-01T10:11:12.123456789+02:00",
}

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
odd_shows = st.dictionaries(
    st.sampled_from(["capabilities", "details", "model_info", "template", "system", "modelfile", "name", "type", "x"]),
    json_values
    | st.dictionaries(
        st.sampled_from(["family", "families", "parameter_size", "general.architecture", "general.parameter_count"])
        | st.sampled_from(["a.context_length", "context_length", "a.pooling_type"]),
        json_values,
    ),
)

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Two busy cores are slow to draw the first examples."""


# What is advertised.


QWEN_EMBEDDER = {"details": {"family": "qwen3"}, "model_info": {"qwen3.pooling_type": 3}}
STUDIO = {"key": "m", "type": "llm", "capabilities": {"vision": True, "trained_for_tool_use": True}}
STUDIO_PLAIN = {"type": "llm", "capabilities": {"vision": False, "trained_for_tool_use": False}}

ADVERTISED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a completing model gains tools": ({"capabilities": ["completion"]}, ["completion", "tools"]),
    "nothing is taken away and the order stays": (
        {"capabilities": ["vision", "thinking", "completion", "insert"]},
        ["vision", "thinking", "completion", "insert", "tools"],
    ),
    "tools are not said twice": ({"capabilities": ["tools", "completion"]}, ["tools", "completion"]),
    "an embedder gains nothing": ({"capabilities": ["embedding"]}, ["embedding"]),
    "nor one that sees pictures": ({"capabilities": ["embedding", "vision"]}, ["embedding", "vision"]),
    "a painter gains nothing": ({"capabilities": ["image"]}, ["image"]),
    "a cloud stub may leave completion out": ({"capabilities": ["thinking"]}, ["thinking", "tools"]),
    "only a name": ({"name": "m"}, ["completion", "tools"]),
    "an empty entry": ({}, ["completion", "tools"]),
    "an empty list says nothing": ({"capabilities": []}, ["completion", "tools"]),
    "null says nothing": ({"capabilities": None}, ["completion", "tools"]),
    "a number says nothing": ({"capabilities": 7}, ["completion", "tools"]),
    "a string is no list": ({"capabilities": "tools"}, ["completion", "tools"]),
    "only strings are words": ({"capabilities": [1, None, "completion"]}, ["completion", "tools"]),
    "an unknown word decides nothing and stays": ({"capabilities": ["future"]}, ["future", "tools"]),
    "an old Ollama's llama": ({"details": {"family": "llama"}}, ["completion", "tools"]),
    "an old Ollama's bert": ({"details": {"family": "bert"}}, ["embedding"]),
    "an old Ollama's nomic-bert": ({"details": {"family": "nomic-bert"}}, ["embedding"]),
    "bert among the families": ({"details": {"family": "", "families": ["bert"]}}, ["embedding"]),
    "a pooling layer makes an embedder of any family": (QWEN_EMBEDDER, ["embedding"]),
    "so does the architecture": ({"model_info": {"general.architecture": "gemma-embedding"}}, ["embedding"]),
    "an OpenAI entry": ({"id": "llama3.2:3b", "object": "model", "owned_by": "library"}, ["completion", "tools"]),
    "an OpenAI entry named as an embedder": ({"id": "text-embedding-3-small"}, ["embedding"]),
    "a bare entry named as an embedder": ({"name": "nomic-embed-text:latest"}, ["embedding"]),
    "the family comes before the name": (
        {"name": "embedded-coder", "details": {"family": "llama"}},
        ["completion", "tools"],
    ),
    "LM Studio's type of an embedder": ({"id": "m", "type": "embeddings"}, ["embedding"]),
    "LM Studio's object of booleans": (STUDIO, ["completion", "vision", "tools"]),
    "LM Studio's object of falsehoods": (STUDIO_PLAIN, ["completion", "tools"]),
}


@pytest.mark.parametrize(("entry", "advertised"), ADVERTISED.values(), ids=ADVERTISED)
def test_the_bridge_advertises(entry: dict[str, Any], advertised: list[str]) -> None:
    assert capabilities(entry) == advertised


def test_an_entry_is_never_changed_in_place() -> None:
    entry = {"capabilities": ["completion"]}
    capabilities(entry).append("more")
    write_show(entry)
    assert entry == {"capabilities": ["completion"]}


@patient
@given(odd_shows)
def test_no_description_of_a_model_raises(body: dict[str, Any]) -> None:
    advertised = capabilities(body)
    assert advertised
    assert all(isinstance(word, str) for word in advertised)
    model = read_show(body, "m")
    assert shows_tools(model) in {True, False, None}
    assert isinstance(takes_system(model), bool)
    assert isinstance(opens_thinking(model), bool)


# The show answer.


def test_a_show_answer_gains_tools_and_keeps_everything_else_in_place() -> None:
    written = write_show(SHOW)
    assert json.dumps(written) == json.dumps({**SHOW, "capabilities": ["completion", "tools"]})


def test_a_show_answer_without_capabilities_gains_them_at_its_end() -> None:
    old = {key: value for key, value in SHOW.items() if key != "capabilities"}
    assert json.dumps(write_show(old)) == json.dumps({**old, "capabilities": ["completion", "tools"]})


def test_an_old_show_answer_of_an_embedder_says_that_it_embeds_and_nothing_more() -> None:
    body = {"details": {"family": "nomic-bert"}, "model_info": {"nomic-bert.pooling_type": 1}}
    assert write_show(body)["capabilities"] == ["embedding"]


def test_odd_words_in_a_list_of_capabilities_stay_where_they_are() -> None:
    assert write_show({"capabilities": [3, None, ["x"], "vision"]})["capabilities"] == [
        3,
        None,
        ["x"],
        "vision",
        "tools",
    ]
    assert write_show({"capabilities": [None]})["capabilities"] == [None, "completion", "tools"]


@pytest.mark.parametrize("odd", [None, 5, "tools", True, {"vision": True}])
def test_capabilities_that_are_no_list_become_one(odd: object) -> None:
    written = write_show({"capabilities": odd, "details": {}})
    assert isinstance(written["capabilities"], list)
    assert "tools" in written["capabilities"]
    assert list(written) == ["capabilities", "details"]


@patient
@given(odd_shows)
def test_writing_a_show_answer_twice_changes_nothing_more(body: dict[str, Any]) -> None:
    once = write_show(body)
    assert json.dumps(write_show(once)) == json.dumps(once)
    kept = {key: value for key, value in once.items() if key != "capabilities"}
    assert json.dumps(kept) == json.dumps({key: value for key, value in body.items() if key != "capabilities"})


@patient
@given(st.lists(st.none() | st.integers() | st.text(max_size=12)))
def test_no_word_of_a_list_is_ever_taken_away(words: list[Any]) -> None:
    assert write_show({"capabilities": words})["capabilities"][: len(words)] == words


# Reading a show answer.


def test_a_show_answer_is_read_as_a_model() -> None:
    assert read_show({**SHOW, "system": "Be brief."}, "qwen3:8b") == Model(
        name="qwen3:8b",
        architecture="qwen3",
        family="qwen3",
        parameters=8.2,
        context_length=40960,
        capabilities=frozenset({"completion"}),
        template=SHOW["template"],
        system="Be brief.",
    )


def test_an_answer_that_says_nothing_is_read_as_a_model_of_which_nothing_is_known() -> None:
    assert read_show({}, "m") == Model(name="m")


@pytest.mark.parametrize(
    ("details", "info", "billions"),
    [
        ({"parameter_size": "8.2B"}, {}, 8.2),
        ({"parameter_size": "397M"}, {}, 0.397),
        ({"parameter_size": "397.82M"}, {"general.parameter_count": 1}, 0.39782),
        ({"parameter_size": " 70 b "}, {}, 70.0),
        ({"parameter_size": "8x7B"}, {}, 56.0),
        ({"parameter_size": "1.1T"}, {}, 1100.0),
        ({"parameter_size": ""}, {"general.parameter_count": 8190735360}, 8.19073536),
        ({}, {"general.parameter_count": 22713216.0}, 0.022713216),
        ({"parameter_size": "large"}, {}, None),
        ({"parameter_size": "0B"}, {}, None),
        ({"parameter_size": "9" * 400 + "B"}, {}, None),
        ({"parameter_size": 8}, {"general.parameter_count": True}, None),
        ({}, {"general.parameter_count": -5}, None),
        ({}, {"general.parameter_count": float("nan")}, None),
        ({}, {"general.parameter_count": float("inf")}, None),
        ({}, {"general.parameter_count": 10**400}, None),
        ({}, {"general.parameter_count": "8"}, None),
        ("8B", 8, None),
    ],
)
def test_parameters_are_counted_in_billions(details: object, info: object, billions: float | None) -> None:
    model = read_show({"details": details, "model_info": info}, "m")
    assert model.parameters == (None if billions is None else pytest.approx(billions))


@pytest.mark.parametrize(
    ("info", "details", "length"),
    [
        ({"general.architecture": "llama", "llama.context_length": 8192}, {}, 8192),
        ({"general.architecture": "llama", "llama.context_length": 8192.0}, {}, 8192),
        ({"general.architecture": "llama", "mistral.context_length": 4096}, {}, 4096),
        ({"x.context_length": "many", "y.context_length": 2048}, {}, 2048),
        ({}, {"context_length": 1024}, 1024),
        ({"x.context_length": 0}, {}, None),
        ({"x.context_length": 1 << 60}, {}, None),
        ({"x.context_length": True}, {}, None),
    ],
)
def test_the_context_length_is_found_under_the_architecture(info: object, details: object, length: int | None) -> None:
    assert read_show({"model_info": info, "details": details}, "m").context_length == length


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (["completion", "tools"], frozenset({"completion", "tools"})),
        ([], frozenset()),
        ([1, "vision"], frozenset({"vision"})),
        ({"trained_for_tool_use": True}, frozenset({"completion", "tools"})),
        (None, None),
        ("tools", None),
        (3, None),
    ],
)
def test_capabilities_are_none_where_the_backend_cannot_say(said: object, read: frozenset[str] | None) -> None:
    assert read_show({"capabilities": said}, "m").capabilities == read


@pytest.mark.parametrize(
    ("body", "template", "parser"),
    [
        ({"modelfile": "FROM x\nRENDERER qwen3-coder\nPARSER qwen3-coder\n"}, "", "qwen3-coder"),
        ({"renderer": "harmony", "parser": "harmony"}, "", "harmony"),
        ({"modelfile": 'SYSTEM "a PARSER x"\nPARSER passthrough\n', "parser": 3}, "{{ .Prompt }}", ""),
    ],
)
def test_a_renderer_replaces_the_template_and_a_parser_is_known(body: Any, template: str, parser: str) -> None:
    model = read_show({**body, "template": "{{ .Prompt }}"}, "m")
    assert (model.template, model.parser) == (template, parser)


# What a template tells.


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{- if .Tools }}{{ range .Tools }}{{ . }}{{ end }}{{ end }}{{ .Prompt }}", True),
        ("{{ $.Tools }}", True),
        ("{%- if tools is iterable and tools | length > 0 %}x{% endif %}", True),
        ("{% for tool in tools %}{{ tool | tojson }}{% endfor %}", True),
        ("{{ .Prompt }}", False),
        (CHATML, False),
        ("You know many tools. {{ .Prompt }}", False),
        ("{% for call in message['tool_calls'] %}{{ call }}{% endfor %}", False),
        ("", None),
    ],
)
def test_without_a_list_of_capabilities_the_template_tells_of_tools(template: str, shown: bool | None) -> None:
    assert shows_tools(Model("m", template=template)) is shown


def test_a_list_of_capabilities_is_believed_before_the_template() -> None:
    template = "{{ range .Tools }}{{ . }}{{ end }}"
    assert shows_tools(Model("m", template=template, capabilities=frozenset({"completion"}))) is False
    assert shows_tools(Model("m", template="{{ .Prompt }}", capabilities=frozenset({"tools"}))) is True


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        pytest.param(Model("m"), True, id="nothing is known"),
        pytest.param(Model("gemma2:9b", architecture="gemma2"), False, id="Gemma 2 by its architecture"),
        pytest.param(Model("gemma2:9b", family="gemma2", template="{{ .System }}"), False, id="Gemma 2 by its family"),
        pytest.param(Model("gemma3:4b", architecture="gemma3"), True, id="Gemma 3 folds by itself"),
        pytest.param(Model("deepseek-r1:8b"), False, id="R1"),
        pytest.param(Model("hf.co/bartowski/DeepSeek-R1-Distill-Qwen-7B-GGUF:Q4_K_M"), False, id="a distill of R1"),
        pytest.param(Model("mistral:7b-instruct-v0.2-q4_0"), False, id="Mistral 7B v0.2"),
        pytest.param(Model("mistral:7b-instruct-v0.3"), True, id="Mistral 7B v0.3"),
        pytest.param(Model("m", template="{{ .Prompt }}"), False, id="a GGUF without a chat template"),
        pytest.param(Model("m", template="{{ if .System }}{{ .System }}{{ end }}{{ .Prompt }}"), True, id="Go, system"),
        pytest.param(
            Model("m", template="{{ range .Messages }}{{ .Role }}: {{ .Content }}{{ end }}"), True, id="Go, roles"
        ),
        pytest.param(
            Model("m", template='{{ range .Messages }}{{- if eq .Role "user" }}U{{ .Content }}{{ end }}{{ end }}'),
            False,
            id="Go, users only",
        ),
        pytest.param(Model("m", template=CHATML), True, id="ChatML"),
        pytest.param(
            Model(
                "m",
                template="{% if messages[0]['role'] == 'system' %}"
                "{{ raise_exception('System role not supported') }}{% endif %}",
            ),
            False,
            id="a template that raises",
        ),
        pytest.param(
            Model("m", template="{{ .Prompt }}", capabilities=frozenset({"completion", "tools"})),
            True,
            id="a template that cannot be the one that renders",
        ),
    ],
)
def test_a_system_message_reaches_the_model(model: Model, takes: bool) -> None:
    assert takes_system(model) is takes


@pytest.mark.parametrize(
    ("parameters", "window"),
    [("num_ctx 8192", 8192), ('stop "x"\nnum_ctx   16384\n', 16384), ("num_ctx eight", None), (8192, None), ("", None)],
)
def test_the_window_that_a_modelfile_sets_is_known(parameters: Any, window: int | None) -> None:
    assert read_show({"parameters": parameters}, "m").window == window


R1_TAIL = "{%- if add_generation_prompt and not ns.is_tool -%}{{'<A><think>\\n'}}{%- endif %}"
QWEN3_TAIL = (
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"
    "{%- endif %}"
)
QWEN35_TAIL = QWEN3_TAIL.replace("{%- endif %}{%- endif %}", "{%- else %}{{- '<think>\\n' }}{%- endif %}{%- endif %}")
GLM_TAIL = (
    "{%- if add_generation_prompt -%}<|assistant|>"
    "{{- '</think>' if (enable_thinking is defined and not enable_thinking) else '<think>' -}}{%- endif -%}"
)
V31 = (
    "{% if not thinking is defined %}{% set thinking = false %}{% endif %}"
    "{%- if add_generation_prompt %}{{'<A>'}}{%- if not thinking %}{{'</think>'}}{%- else %}{{'<think>'}}{%- endif %}"
    "{%- endif %}"
)
ASKED = "{% if add_generation_prompt %}{{ 'A' }}{% if enable_thinking %}{{ '<think>' }}{% endif %}{% endif %}"
PAST = "{% for m in messages %}{{ '<think>' + m.reasoning_content + '</think>' + m.content }}{% endfor %}"


@pytest.mark.parametrize(
    ("template", "by_default", "asked_to"),
    [
        pytest.param(PAST + R1_TAIL, True, True, id="R1 ends its prompt with the tag"),
        pytest.param(PAST + QWEN3_TAIL, False, False, id="Qwen3 writes the tag itself; off is an empty pair"),
        pytest.param(PAST + QWEN35_TAIL, True, True, id="Qwen3.5 opens it unless it is switched off"),
        pytest.param(PAST + GLM_TAIL, True, True, id="GLM-4.7 opens it unless it is switched off"),
        pytest.param(V31, False, True, id="DeepSeek V3.1 is off unless it is switched on"),
        pytest.param(ASKED, False, True, id="a tag under a condition"),
        pytest.param(PAST + CHATML, False, False, id="a tag in past turns only"),
        pytest.param(
            "{% if add_generation_prompt %}{{ ']~b]ai' ~ '\\n' ~ '<think>' ~ '\\n' }}{% endif %}",
            True,
            True,
            id="MiniMax M2 joins its strings",
        ),
        pytest.param(
            "{% if add_generation_prompt %}{{ '<think>' ~ '\\n' ~ '</think>' }}{% endif %}",
            False,
            False,
            id="an empty pair of joined strings",
        ),
        pytest.param(
            "{{ .System }}{{ .Prompt }}<think>\n{{ .Response }}<|end|>", True, True, id="Go, before the answer"
        ),
        pytest.param(
            "{{ range .Messages }}{{ if .Last }}<|im_start|>assistant\n<think>\n{{ end }}{{ end }}",
            True,
            True,
            id="Go, at the end",
        ),
        pytest.param("{{ .Prompt }}<think>\n\n</think>\n\n{{ .Response }}", False, False, id="Go, an empty pair"),
        pytest.param("{{ .Prompt }}{{ .Response }}", False, False, id="Go, no tag"),
    ],
)
def test_a_template_opens_the_reasoning(template: str, by_default: bool, asked_to: bool) -> None:
    model = Model("m", template=template)
    assert opens_thinking(model) is by_default
    assert opens_thinking(model, think=True) is asked_to
    assert opens_thinking(model, think="high") is asked_to
    assert opens_thinking(model, think=False) is False


@pytest.mark.parametrize(
    ("name", "opens"),
    [("qwq:32b", True), ("deepseek-ai/DeepSeek-R1", True), ("MiniMax-M2", True), ("qwen3:8b", False), ("m", False)],
)
def test_without_a_template_the_family_tells_whether_reasoning_is_open(name: str, opens: bool) -> None:
    assert opens_thinking(Model(name)) is opens
    assert opens_thinking(Model(name, template="{{ .Prompt }}")) is False


@pytest.mark.parametrize(
    "piece",
    [
        "{{",
        "{{ ",
        "{{ -",
        "{%",
        "<think>",
        "<think> ",
        "<think>{{ end }}",
        "if thinking ",
        "mistral",
        " ",
        "{{ role",
        "add_generation_prompt<think>",
    ],
)
def test_a_hostile_template_costs_no_more_than_its_length(piece: str) -> None:
    """Processor time, not a clock: a pattern that tries every pair of places needs minutes for this much text."""
    model = Model(piece * 40, template=piece * (400_000 // len(piece)))
    start = time.process_time()
    for look in (shows_tools, takes_system, opens_thinking):
        look(model)
    assert time.process_time() - start < 5.0
