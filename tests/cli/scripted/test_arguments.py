"""The arguments that a text has for the parameters that were listed."""

from typing import Any

import pytest

from toolbridge.cli.scripted.arguments import Missing, fill
from toolbridge.cli.scripted.choice import Wish
from toolbridge.cli.scripted.tools import ListedTool, Parameter
from toolbridge.cli.scripted.types import Member, Type

STRING, INTEGER, NUMBER, BOOLEAN = ((Type(kind),) for kind in ("string", "integer", "number", "boolean"))
NULL = Type("null")
UNITS = (Type("named", values=("metric", "imperial")),)
STRINGS = (Type("array", items=STRING),)
NUMBERS = (Type("array", items=NUMBER),)
POINT = (Type("object", members=(Member("x", NUMBER), Member("y", NUMBER), Member("label", STRING, required=False))),)


def arguments(text: str, *parameters: Parameter, guess: bool = False) -> list[Any]:
    tool = ListedTool("tool", "Does it.", parameters)
    return [values for _, values in fill(Wish(tool, text, frozenset({"tool"})), guess=guess)]


CITY = Parameter("city", STRING)
DAYS = Parameter("days", INTEGER, required=False, least=1, most=14)


@pytest.mark.parametrize(
    ("text", "parameters", "expected"),
    [
        ("in Oslo", (CITY,), [{"city": "Oslo"}]),
        ("in Oslo and Rome", (CITY,), [{"city": "Oslo"}, {"city": "Rome"}]),
        ("in Oslo and Rome", (Parameter("cities", STRINGS, about="Each city"),), [{"cities": ["Oslo", "Rome"]}]),
        ("in Oslo and Rome", (Parameter("blorp", STRING),), [{"blorp": "Oslo"}, {"blorp": "Rome"}]),
        (
            "from Oslo to Rome",
            (Parameter("origin", STRING), Parameter("destination", STRING)),
            [{"origin": "Oslo", "destination": "Rome"}],
        ),
        ("in Oslo for 3 days", (CITY, DAYS), [{"city": "Oslo", "days": 3}]),
        ("in Oslo for 30 days", (CITY, DAYS), [{"city": "Oslo"}]),
        ("in Oslo at 7", (CITY, DAYS), [{"city": "Oslo"}]),
        (
            "in Oslo in imperial units",
            (CITY, Parameter("units", UNITS, required=False)),
            [{"city": "Oslo", "units": "imperial"}],
        ),
        ("in Oslo", (CITY, Parameter("units", UNITS, required=False, default="metric")), [{"city": "Oslo"}]),
        ("in Oslo", (CITY, Parameter("units", UNITS, default="metric")), [{"city": "Oslo", "units": "metric"}]),
        ("3 and 4.5", (Parameter("a", NUMBER), Parameter("b", NUMBER)), [{"a": 3, "b": 4.5}]),
        ("3.5 then 4", (Parameter("n", INTEGER),), [{"n": 4}]),
        ("3 and 4", (Parameter("values", NUMBERS),), [{"values": [3, 4]}]),
        ("at 3 and 4", (Parameter("point", POINT),), [{"point": {"x": 3, "y": 4}}]),
        ("keep it secret", (Parameter("secret", BOOLEAN, required=False),), [{"secret": True}]),
        ("nothing secret, not verbose", (Parameter("verbose", BOOLEAN, required=False),), [{"verbose": False}]),
        ("whatever", (Parameter("secret", BOOLEAN),), [{"secret": False}]),
        ("whatever", (Parameter("secret", BOOLEAN, required=False),), [{}]),
        ("tool cats on mars", (Parameter("query", STRING),), [{"query": "cats on mars"}]),
        ("what is 12 * 7", (Parameter("expression", STRING),), [{"expression": "12 * 7"}]),
        (
            "say 'good morning' into French",
            (Parameter("text", STRING), Parameter("language", STRING)),
            [{"text": "good morning", "language": "French"}],
        ),
        ("mail to a.b@c.example.", (Parameter("email", STRING),), [{"email": "a.b@c.example"}]),
        ("open https://a.example/b?c=1.", (Parameter("url", STRING),), [{"url": "https://a.example/b?c=1"}]),
        ("on 2031-05-01", (Parameter("date", STRING),), [{"date": "2031-05-01"}]),
        ("read docs/a.md please", (Parameter("path", STRING),), [{"path": "docs/a.md"}]),
        ("nothing", (Parameter("note", (*STRING, NULL), required=False),), [{}]),
        ("nothing", (Parameter("limit", (*INTEGER, NULL)),), [{"limit": None}]),
        (
            "n=4 s: x flag=true list=[1]",
            (Parameter("n", INTEGER), Parameter("flag", BOOLEAN)),
            [{"n": 4, "flag": True}],
        ),
        ("city=Rome in Oslo", (CITY,), [{"city": "Rome"}]),
        ("units=metric", (Parameter("units", UNITS),), [{"units": "metric"}]),
        ("on=true", (Parameter("on", BOOLEAN),), [{"on": True}]),
        ("x=2.5 n=2", (Parameter("x", NUMBER), Parameter("n", INTEGER)), [{"x": 2.5, "n": 2}]),
        ("n=NaN or 1e999, so 3", (Parameter("n", NUMBER),), [{"n": 3}]),
        ("level=2", (Parameter("level", (Type("named", values=(1, 2)),)),), [{"level": 2}]),
        ("n=many, so 3", (Parameter("n", INTEGER),), [{"n": 3}]),
    ],
)
def test_arguments_are_found_by_their_types(text: str, parameters: tuple[Parameter, ...], expected: Any) -> None:
    assert arguments(text, *parameters) == expected


@pytest.mark.parametrize(
    "parameter", [CITY, Parameter("n", INTEGER), Parameter("units", UNITS), Parameter("point", POINT)]
)
def test_a_required_value_that_is_not_there_is_missing(parameter: Parameter) -> None:
    with pytest.raises(Missing) as missing:
        arguments("do it", parameter)
    assert missing.value.parameter is parameter


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (CITY, "do it"),
        (Parameter("n", INTEGER, least=5), 5),
        (Parameter("n", NUMBER, least=0.5), 0.5),
        (Parameter("n", NUMBER), 1),
        (Parameter("units", UNITS), "metric"),
        (Parameter("point", POINT), {"x": 1, "y": 1}),
        (Parameter("tags", NUMBERS), []),
    ],
)
def test_where_a_call_is_demanded_missing_values_are_guessed(parameter: Parameter, value: Any) -> None:
    assert arguments("do it", parameter, guess=True) == [{parameter.name: value}]
