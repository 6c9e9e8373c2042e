r"""`sarashina`: Sarashina, of SB Intuitions.

    <|tool_calls|>[{'name': 'get_weather', 'arguments': {'city': 'Oslo'}}]

A list of Python's dictionaries: quotes are single, and values are `True`, `False` and `None`. The marker is a special
token, so most servers hide it, and only the list is left at the beginning of the reply. Solar has the same marker
before calls of another kind. The form is that of the Sarashina parser of SGLang's gateway.
"""

from toolbridge.notation.dialect import Dialect, Opener
from toolbridge.notation.shapes.json_block import json_block

DIALECT = Dialect(
    name="sarashina",
    read=json_block(own=frozenset({"single quotes", "literal"})),
    openers=(Opener("<|tool_calls|>", ("[", "{")),),
    models=r"sarashina",
    unpromptable="its marker is a special token",
    sample="<|tool_calls|>[{'name': 'get_weather', 'arguments': {'city': 'Oslo'}}]",
)
