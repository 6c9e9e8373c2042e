"""Python functions as tools."""

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from toolbridge.errors import RequestError
from toolbridge.functions import function_tool
from toolbridge.messages import Tool

ROOT = Path(__file__).resolve().parents[1]


def get_weather(city: str, days: int = 1, units: Literal["metric", "imperial"] = "metric") -> str:  # noqa: D417  on purpose
    """Report the weather.

    Works for every city.

    Args:
        city: The city's name,
            in any language.
        days (int): How many days ahead.

    Returns:
        The report: in one line.
    """
    return f"{city} {days} {units}"


def test_the_signature_is_the_schema_and_the_docstring_the_descriptions() -> None:
    assert function_tool(get_weather) == Tool(
        "get_weather",
        "Report the weather.\n\nWorks for every city.",
        {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city's name, in any language."},
                "days": {"type": "integer", "default": 1, "description": "How many days ahead."},
                "units": {"type": "string", "enum": ["metric", "imperial"], "default": "metric"},
            },
            "required": ["city"],
        },
    )


def numpy_style(first: int, second: int, third: str) -> None:
    """Do it.

    Parameters
    ----------
    first, second : int
        The numbers.
    third
        The text,
        all of it.

    Returns
    -------
    nothing : None
        At all.
    """  # noqa: D416  NumPy's headings have no colon


def sphinx_style(first: int, third: str) -> None:
    """Do it.

    :param int first: The number.
    :param third: The text,
        all of it.
    :return: Nothing.
    :rtype: None
    """


@pytest.mark.parametrize("function", [numpy_style, sphinx_style])
def test_numpy_and_sphinx_docstrings_are_read(function: Any) -> None:
    tool = function_tool(function)
    described = {name: schema.get("description") for name, schema in tool.parameters["properties"].items()}
    assert tool.description == "Do it."
    assert described["third"] == "The text, all of it."
    assert described["first"] in {"The numbers.", "The number."}
    assert described.get("second", "The numbers.") == "The numbers."


@dataclass
class Place:
    city: str
    zip: str | None = None


def test_nested_types_and_annotations() -> None:
    def find(
        where: Place,
        _limit: Annotated[int, Field(ge=1, description="How many.")] = 5,
        tags: Annotated[list[str] | None, "Which tags."] = None,
        *rest: str,
        **more: Any,
    ) -> None:
        """Find."""

    schema = function_tool(find).parameters
    assert schema["properties"]["where"] == {"$ref": "#/$defs/Place"}
    assert schema["properties"]["_limit"] == {"type": "integer", "minimum": 1, "default": 5, "description": "How many."}
    assert schema["properties"]["tags"]["description"] == "Which tags."
    assert list(schema["properties"]) == ["where", "_limit", "tags"]
    assert schema["required"] == ["where"]


def test_a_parameter_without_a_type_takes_anything() -> None:
    def ask(question): ...  # type: ignore[no-untyped-def]  # noqa: ANN001  as scripts write them

    assert function_tool(ask).parameters == {
        "type": "object",
        "properties": {"question": {}},
        "required": ["question"],
    }


def test_methods_and_partials_are_functions_too() -> None:
    class Desk:
        def ring(self, times: int = 1) -> None:
            """Ring the bell."""

    ring = function_tool(Desk().ring)
    assert (ring.name, ring.description, list(ring.parameters["properties"])) == ("ring", "Ring the bell.", ["times"])
    assert function_tool(functools.partial(get_weather, days=3)).name == "get_weather"


def test_a_function_without_parameters() -> None:
    def now() -> str:
        return "noon"

    assert function_tool(now) == Tool("now", "", {"type": "object", "properties": {}})


def test_a_default_that_is_no_json_is_left_out() -> None:
    never = object()

    def wait(until: Any = never) -> None: ...

    assert function_tool(wait).parameters["properties"] == {"until": {}}


def test_a_type_without_a_schema_is_refused_by_name() -> None:
    class Socket:
        pass

    def send(socket: Socket) -> None: ...

    with pytest.raises(RequestError, match="the function 'send' has a parameter without a JSON schema"):
        function_tool(send)


def test_a_function_of_nothing_but_the_rest_has_no_parameters_to_name() -> None:
    def anything(*args: str, **kwargs: int) -> None: ...
    def rest(city: str, **more: str) -> None: ...

    with pytest.raises(RequestError, match=r"takes only \*args: str, \*\*kwargs: int: give each parameter a name"):
        function_tool(anything)
    assert list(function_tool(rest).parameters["properties"]) == ["city"]


def test_a_method_without_its_object_is_told_how_to_give_it() -> None:
    class Station:
        def report(self, city: str) -> str:
            return city

    with pytest.raises(RequestError, match=r"needs its object: give Station\(…\)\.report and not Station\.report"):
        function_tool(Station.report)
    assert list(function_tool(Station().report).parameters["properties"]) == ["city"]


def test_a_lambda_has_no_name() -> None:
    with pytest.raises(RequestError, match="lambda"):
        function_tool(lambda city: city)


def test_pydantic_is_loaded_only_for_a_function() -> None:
    program = (
        "import sys\nfrom toolbridge.tools import read_tool\nread_tool({'name': 'f'})\n"
        "assert 'pydantic' not in sys.modules\n"
        "def f(a: int): ...\nread_tool(f)\nassert 'pydantic' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd=ROOT)
