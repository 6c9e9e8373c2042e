r"""Parameters as elements named after them: `<city>Oslo</city>`.

    <get_weather>            <function=get_weather>         <tool_call>get_weather
    <city>Oslo</city>        <city>Oslo</city>              <city>Oslo</city>
    </get_weather>           </function>                    </get_weather>

Around them stands an element named after the tool. Qwen3-Coder mixes such parameters into its own notation and GLM's.
A text may hold any markup, also tags of other parameters. So its close tag counts only before the call's close tag, or
before a parameter that was not there yet. The close tag of any other value counts before every parameter.
"""

from toolbridge import schema
from toolbridge.messages import Tool
from toolbridge.notation.members import STRAY, Members, Structure, read_members
from toolbridge.notation.reading import Reading
from toolbridge.notation.values import Ends, raw_value
from toolbridge.scanner import Grammar, Markers


def open_tags(tool: Tool | None) -> dict[str, str]:
    """The open tags of a tool's parameters, and their tags without content, each with the parameter's name."""
    declared = tuple(schema.properties(tool.parameters)) if tool else ()
    return {f"<{name}>": name for name in declared} | {f"<{name}/>": name for name in declared}


def parameter_elements(reading: Reading, tool: Tool, close: str, ahead: tuple[str, ...] = ()) -> Grammar:
    """Read the parameters of a call of this tool, with a draft open, through the close tag of the call.

    A tag of `ahead` ends the call in place of its close tag.
    """
    reading.begin(tool.name)
    members = Members(reading)
    opens = open_tags(tool)
    closes = tuple(f"</{name}>" for name in dict.fromkeys(opens.values()) if f"</{name}>" != close)

    def parameter(tag: str) -> Grammar:
        name = opens[tag]
        value = members.value(name)
        if tag.endswith("/>"):
            value.end()
            return
        is_text = schema.is_text(schema.property_schema(tool.parameters, name), tool.parameters)
        after = [one for one, other in opens.items() if other not in members.names or other == name or not is_text]
        follows = Markers((close, *after, *ahead), foreign=True)
        ends = Ends(f"</{name}>", follows, opens=f"<{name}>" if is_text else "", foreign=True)
        yield from raw_value(reading, value, ends)

    reads = dict.fromkeys(opens, parameter)
    yield from read_members(reading, members, Structure(close, reads, dict.fromkeys(closes, STRAY), ahead))
