"""Which model gets which variant of the prompt."""

import pytest

from toolbridge.messages import ChatRequest, Message, Tool
from toolbridge.models import Backend, Model, Policy
from toolbridge.plan import plan
from toolbridge.tool_prompt import example_calls, tool_prompt
from toolbridge.tool_prompt.variants import BRIEF, FULL, ROWS, ZERO_SHOT, choose_variant, size_of


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("SmolLM2-135M-Instruct", 0.135),
        ("smollm2:360m", 0.36),
        ("llama3.2:1b", 1.0),
        ("qwen2.5-0.5b-instruct-q4_k_m", 0.5),
        ("gemma3", None),
        ("phi-3-mini-4k", None),
        ("model-v2.5beta", None),
        ("", None),
        ("x" * 300 + ":1b", None),
    ],
)
def test_the_size_of_a_model_stands_in_its_name(name: str, size: float | None) -> None:
    assert size_of(Model(name)) == size


def test_what_the_backend_says_comes_before_the_name() -> None:
    assert size_of(Model("llama-70b", parameters=0.135)) == 0.135
    assert size_of(Model("tiny-100m", parameters=0.0)) == 0.1


@pytest.mark.parametrize(
    ("model", "examples"),
    [
        (Model("any", parameters=0.135), 8),
        (Model("any-0.6b"), 8),
        (Model("any", parameters=0.135, context_length=1024), 4),
        (Model("any", parameters=0.135, window=1024, context_length=8192), 4),
        (Model("any", parameters=0.135, context_length=1000), 2),
        (Model("any", parameters=0.135, context_length=512), 0),
    ],
)
def test_a_very_small_model_gets_as_many_examples_as_its_window_holds(model: Model, examples: int) -> None:
    chosen = choose_variant(model)
    assert chosen.brief
    assert chosen.examples == examples


@pytest.mark.parametrize(
    "model", [Model("any"), Model("any:1b"), Model("any", parameters=3.0), Model("any", parameters=70.0)]
)
def test_other_models_and_models_of_unknown_size_get_the_complete_text(model: Model) -> None:
    assert choose_variant(model) == FULL


def test_every_row_says_why_and_the_last_one_holds_for_all() -> None:
    assert all(row.why for row in ROWS)
    assert ROWS[-1].fits(None, None)
    assert ROWS[-1].fits(400.0, 1)


def test_names_tell_the_variants_apart() -> None:
    variants = {row.variant for row in ROWS} | {BRIEF, FULL}
    assert len({variant.name for variant in variants}) == len(variants)
    assert all(variant.name.isascii() and ";" not in variant.name for variant in variants)


@pytest.mark.parametrize(
    ("sees", "tools", "variant"),
    [
        ({"completion"}, (Tool("now"),), "brief-8"),
        ({"completion"}, (), None),
        ({"completion", "tools"}, (Tool("now"),), None),
    ],
    ids=["prompted", "without tools", "native"],
)
def test_a_plan_has_a_variant_where_tools_are_prompted_for(
    sees: set[str], tools: tuple[Tool, ...], variant: str | None
) -> None:
    model = Model("any", parameters=0.135, capabilities=frozenset(sees))
    request = ChatRequest("any", (Message("user", "hi"),), tools, source="ollama")
    decided = plan(request, model, Backend("http://localhost"), Policy())
    assert (decided.variant.name if decided.variant else None) == variant


def test_without_an_example_the_complete_text_ends_behind_its_rules() -> None:
    tools = [Tool("now", "The time.")]
    full, bare = tool_prompt(tools), tool_prompt(tools, variant=ZERO_SHOT)
    assert bare != full
    assert "example" in full
    assert "example" not in bare
    assert full.startswith(bare.partition("Write calls that")[0])
    assert example_calls(tools, variant=ZERO_SHOT) == ()


def test_the_operator_chooses_the_prompt_without_an_example() -> None:
    request = ChatRequest("r1:8b", (Message("user", "hi"),), (Tool("now"),), source="ollama")
    model = Model("r1:8b", capabilities=frozenset({"completion"}))
    assert plan(request, model, Backend("http://127.0.0.1:9"), Policy(zero_shot=True)).variant is ZERO_SHOT
    assert plan(request, model, Backend("http://127.0.0.1:9"), Policy()).variant is FULL
