"""What a chat learns from refusals, and what it passes on to others."""

import json
from typing import Any

import pytest

from toolbridge.events import Error
from toolbridge.limits import Limits
from toolbridge.messages import ChatRequest, Message, Tool, ToolChoice
from toolbridge.models import NOTHING_LEARNT, Backend, Learnt, Model, Policy
from toolbridge.plan import Plan, plan
from toolbridge.server.backend_models import BackendModels
from toolbridge.server.catalogue import Catalogue
from toolbridge.server.lessons import Lessons
from toolbridge.server.settings import TimeoutSettings
from toolbridge.server.upstream import Upstream

BACKEND = Backend("http://127.0.0.1:9")
MINE = {"Authorization": "Bearer mine"}
ASKED = ChatRequest("able:8b", messages=(Message("user", "hi"),), tools=(Tool("now"),), source="ollama")
BODY: dict[str, Any] = {"model": "able:8b", "messages": [{"role": "user", "content": "hi"}]}
REFUSAL = Error("able:8b does not support tools", "invalid_request_error", 400)
REFUSED = Learnt(refuses_tools=True)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(BackendModels(Upstream(BACKEND, TimeoutSettings()), Limits()))


def decided(learnt: Learnt = NOTHING_LEARNT) -> Plan:
    return plan(ASKED, Model("able:8b"), BACKEND, Policy(), learnt)


def took(lessons: Lessons, error: Error, body: dict[str, Any] = BODY, beside: tuple[str, ...] = ()) -> bool:
    data = json.dumps(body).encode()
    return lessons.take(ASKED, decided(lessons.learnt), Policy(), error, data=data, beside=beside)


def test_a_refusal_teaches_this_chat_at_once_and_others_after_the_next_try(catalogue: Catalogue) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    assert took(lessons, REFUSAL)
    assert lessons.learnt == REFUSED
    assert catalogue.learnt("able:8b", MINE) == NOTHING_LEARNT
    lessons.keep()
    assert catalogue.learnt("able:8b", MINE) == REFUSED
    assert catalogue.learnt("able:8b", {}) == NOTHING_LEARNT
    assert Lessons(catalogue, "able:8b", MINE).learnt == REFUSED


def test_an_error_that_says_nothing_of_the_model_teaches_nothing(catalogue: Catalogue) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    assert not took(lessons, Error("out of memory", "api_error", 500))
    lessons.keep()
    assert lessons.learnt == catalogue.learnt("able:8b", MINE) == NOTHING_LEARNT


def test_the_same_refusal_teaches_only_once(catalogue: Catalogue) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    assert took(lessons, REFUSAL)
    assert not took(lessons, REFUSAL)


@pytest.mark.parametrize(
    ("body", "beside"),
    [(BODY | {"user": "does not support tools"}, ()), (BODY, ("X-Mine", "does not support tools"))],
    ids=["in the body", "in a header"],
)
def test_words_that_the_request_holds_teach_nobody_else(
    catalogue: Catalogue, body: dict[str, Any], beside: tuple[str, ...]
) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    assert took(lessons, REFUSAL, body, beside)
    assert lessons.learnt == REFUSED
    lessons.keep()
    assert catalogue.learnt("able:8b", MINE) == NOTHING_LEARNT


def test_a_body_that_is_too_large_to_be_looked_through_teaches_nobody_else(catalogue: Catalogue) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    assert took(lessons, REFUSAL, BODY | {"list": [0] * 3_000_000})
    lessons.keep()
    assert catalogue.learnt("able:8b", MINE) == NOTHING_LEARNT


FORCED = ChatRequest(
    "able:8b",
    messages=(Message("user", "hi"),),
    tools=(Tool("now"),),
    tool_choice=ToolChoice("required"),
    source="openai",
)
UNTRIED = plan(FORCED, Model("able:8b"), Backend("http://127.0.0.1:9", wire="openai"), Policy())
HELD = plan(FORCED, Model("able:8b"), BACKEND, Policy())


def test_a_forced_call_teaches_that_an_untried_backend_obeys(catalogue: Catalogue) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    lessons.called(UNTRIED)
    lessons.keep()
    assert catalogue.learnt("able:8b", MINE) == Learnt(obeys=True)
    lessons.called(HELD)
    assert lessons.learnt == Learnt(obeys=True)


def test_a_forced_call_that_was_not_made_teaches_others_only_of_an_untried_backend(catalogue: Catalogue) -> None:
    lessons = Lessons(catalogue, "able:8b", MINE)
    lessons.missed(UNTRIED, cut=True)
    assert lessons.learnt == NOTHING_LEARNT
    lessons.missed(HELD, cut=False)
    lessons.keep()
    assert (lessons.learnt, catalogue.learnt("able:8b", MINE)) == (Learnt(no_constraint=True), NOTHING_LEARNT)
    lessons.missed(UNTRIED, cut=False)
    lessons.keep()
    assert catalogue.learnt("able:8b", MINE) == Learnt(disobeys=True)


def test_what_is_known_already_is_no_lesson(catalogue: Catalogue) -> None:
    """A chat that learnt the same again would go out for ever."""
    catalogue.learn("able:8b", MINE, REFUSED)
    lessons = Lessons(catalogue, "able:8b", MINE)
    refused = plan(ASKED, Model("able:8b"), BACKEND, Policy())
    assert not lessons.take(ASKED, refused, Policy(), REFUSAL, data=b"{}", beside=())
