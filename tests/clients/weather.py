"""The conversation that every client has: a question that takes two calls, the tool, and what is to come of it."""

import json
import os
import re

BRIDGE = os.environ["TOOLBRIDGE_URL"]
MODEL = "scripted"
QUESTION = "What is the weather in Oslo and in Rome?"
CITIES = ["Oslo", "Rome"]
DEGREES = {"Oslo": 9, "Rome": 24}

asked: list[str] = []
"""The cities that the client has run the tool for."""


def get_weather(city: str) -> str:
    """Report the weather of a city.

    Args:
        city: The city.
    """
    asked.append(city)
    return json.dumps({"city": city, "degrees": DEGREES[city]})


def judge(answer: object) -> None:
    """End with an error unless the tool ran once for each city and the answer tells what it said.

    LangGraph and others run the calls of a reply at the same time, in threads, so their order is not looked at.
    """
    if sorted(asked) != CITIES:
        raise SystemExit(f"the tool ran for {asked}, not for {CITIES}")
    if not re.search(r"Oslo.*\b9\b.*Rome.*\b24\b", str(answer), re.DOTALL):
        raise SystemExit(f"the answer does not tell both results: {answer!r}")
    asked.clear()
