"""What differs between servers: the table in docs/backends.md says what the code says."""

from pathlib import Path

import pytest

from toolbridge.traits import MESSAGES, TRAITS, ServerName, Traits, traits_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "backends.md"
THINKS = {"effort": "`reasoning_effort`", "template": "`chat_template_kwargs`", "object": "`reasoning`"}
YES = {True: "yes", False: "no", None: "unsaid"}


def row(name: ServerName, traits: Traits) -> str:
    """A row of the page's table, made of the code's."""
    extra = ", ".join(f"`{theirs}`" for theirs in traits.sampling.values()) or "-"
    history = {None: "`reasoning_content`", "": "-"}.get(traits.history, f"`{traits.history}`")
    cells = (
        f"`{name}`",
        f"`{traits.reasoning}`",
        history,
        "`think`" if traits.wire == "ollama" else THINKS[traits.thinks],
        traits.schema,
        "all" if traits.wire == "ollama" else extra,
        "refused" if traits.fields else "ignored",
        YES[traits.obeys],
        YES[traits.choices],
        YES[traits.suffix],
        YES[traits.done],
        traits.usage,
        f"`{traits.ready}`",
    )
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("name", TRAITS)
def test_a_server_stands_in_the_table_as_it_is(name: ServerName) -> None:
    assert row(name, TRAITS[name]) in PAGE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", TRAITS)
def test_each_server_has_a_part_of_its_own(name: ServerName) -> None:
    if name != "unknown":
        assert f"\n## {TRAITS[name].title}\n" in PAGE.read_text(encoding="utf-8")


def test_a_server_has_its_own_traits_on_a_wire_whose_servers_differ() -> None:
    assert traits_of("openai", "vllm") is TRAITS["vllm"]
    assert traits_of("anthropic", "vllm") is MESSAGES


def test_a_server_that_is_not_recognised_has_those_presumed_of_its_wire() -> None:
    assert traits_of("ollama", None) is TRAITS["ollama"]
    assert traits_of("openai", None) is TRAITS["unknown"]
    assert traits_of("anthropic", None) is MESSAGES


@pytest.mark.parametrize(("name", "traits"), TRAITS.items())
def test_a_server_speaks_the_wire_of_its_row(name: ServerName, traits: Traits) -> None:
    assert traits_of(traits.wire, name) is traits


@pytest.mark.parametrize("traits", TRAITS.values())
def test_a_server_that_checks_fields_takes_those_that_every_chat_has(traits: Traits) -> None:
    if traits.fields is not None:
        assert {"model", "messages", "stream", "tools", "max_tokens", "prompt"} <= traits.fields
