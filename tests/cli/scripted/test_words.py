"""What is found in a user's words."""

import pytest

from toolbridge.cli.scripted import words

NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("What is the weather in Oslo?", ["Oslo"]),
        ("weather in Oslo and in Rome", ["Oslo", "Rome"]),
        ("weather in Oslo, Rome & Paris or Rio de Janeiro", ["Oslo", "Rome", "Paris", "Rio de Janeiro"]),
        ("the weather in New York, Los Angeles and St. Gallen!", ["New York", "Los Angeles", "St. Gallen"]),
        ("weather in oslo and new york today", ["oslo", "new york"]),
        ("from Oslo to Rome", ["Oslo", "Rome"]),
        ("How is it in Stratford-upon-Avon?", ["Stratford-upon-Avon"]),
        ("Oslo weather?", ["Oslo"]),
        ("Compare Oslo with Rome", ["Rome", "Oslo"]),
        ("in the morning, for me, at 5, in Ålesund", ["Ålesund"]),
        ("in general", []),
        ("in", []),
        ("", []),
    ],
)
def test_places_stand_behind_their_prepositions(text: str, found: list[str]) -> None:
    assert sorted(words.places(text, frozenset({"weather"}))) == sorted(found)


def test_words_that_are_known_for_something_else_are_no_places() -> None:
    assert words.places("weather in Celsius for Oslo", frozenset({"celsiu"})) == ["Oslo"]


def test_numbers_come_with_the_words_around_them() -> None:
    found = words.numbers("for 3 days and -2.5 degrees, not v1.2.3 or 4x")
    assert [(number.value, number.near) for number in found] == [
        (3, ("day", "and", "for")),
        (-2.5, ("degree", "not", "and", "day")),
    ]


def test_quotations_may_stand_in_any_marks() -> None:
    assert words.quotations("""say "a b", 'c d', «e», “f” and `g` but don't or won't""") == [
        "a b",
        "c d",
        "e",
        "f",
        "g",
    ]


@pytest.mark.parametrize(
    ("text", "term"), [("what is 12 * 7?", "12 * 7"), ("1.5+2-3", "1.5+2-3"), ("on 2031-05-01", None), ("five", None)]
)
def test_sums_are_seen_and_dates_are_none(text: str, term: str | None) -> None:
    assert words.arithmetic(text) == term


def test_clauses_are_cut_at_conjunctions_but_not_in_quotations() -> None:
    assert list(words.clauses("Do this, then that. And search for 'salt and pepper'!")) == [
        "Do this, then ",
        "that. ",
        "And search for 'salt and pepper'!",
    ]


def test_the_topic_is_what_follows_the_words_for_the_tool() -> None:
    assert words.topic("Please search the web for cats on mars.", frozenset({"search", "web"})) == "cats on mars"
    assert words.topic("cats?", NONE) == "cats"
    assert words.topic("search", frozenset({"search"})) == "search"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("days=3, city: Oslo.", "Oslo"),
        ('city="Rio, Brazil"', "Rio, Brazil"),
        ('with city "Oslo"', "Oslo"),
        ('city: ""', ""),
        ("the city of Oslo", None),
        ("capacity=3", None),
    ],
)
def test_a_value_may_stand_behind_a_parameters_name(text: str, value: str | None) -> None:
    assert words.labelled(text, "city") == value


def test_a_no_is_seen_before_the_word_that_it_denies() -> None:
    assert words.is_denied("snow", "without any snow")
    assert not words.is_denied("snow", "no rain but a lot of snow")
