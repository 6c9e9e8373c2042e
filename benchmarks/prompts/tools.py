"""The 36 tools of the bench, in nine groups of four. A request's own tool stands among the tools of its group."""

from typing import Any

from toolbridge.messages import Tool

KINDS = {"s": "string", "i": "integer", "n": "number", "b": "boolean"}


def _schema(kind: str, about: str) -> dict[str, Any]:
    """The schema of one parameter: `s`, `i`, `n`, `b`, a list of one of them (`s*`), or values with bars."""
    told = {"description": about} if about else {}
    if "|" in kind:
        return {"type": "string", "enum": kind.split("|"), **told}
    if kind.endswith("*"):
        return {"type": "array", "items": {"type": KINDS[kind[0]]}, **told}
    return {"type": KINDS[kind], **told}


def _tool(name: str, about: str, *parameters: str, nested: dict[str, Any] | None = None) -> Tool:
    """A tool. A parameter is written `name kind description`, with `?` behind the name if it is optional."""
    properties: dict[str, Any] = {}
    required = []
    for written in parameters:
        key, kind, *rest = written.split(" ", 2)
        plain = key.removesuffix("?")
        properties[plain] = _schema(kind, rest[0] if rest else "")
        if plain == key:
            required.append(plain)
    for key, schema in (nested or {}).items():
        properties[key] = schema
        required.append(key)
    return Tool(name, about, {"type": "object", "properties": properties, "required": required})


_ITEMS = {
    "items": {
        "type": "array",
        "description": "What is ordered",
        "items": {
            "type": "object",
            "properties": {"product": {"type": "string"}, "count": {"type": "integer"}},
            "required": ["product", "count"],
        },
    }
}
_ADDRESS = {
    "address": {
        "type": "object",
        "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        "required": ["street", "city"],
    }
}

GROUPS: tuple[tuple[Tool, ...], ...] = (
    (
        _tool("get_weather", "Get the current weather of a city.", "city s The city's name"),
        _tool("search_web", "Search the web.", "query s What to search for"),
        _tool("get_stock_price", "Get the latest price of a stock.", "symbol s The ticker symbol"),
        _tool("translate_text", "Translate text into another language.", "text s", "language s The target language"),
    ),
    (
        _tool("read_file", "Read a file.", "path s"),
        _tool("write_file", "Write text into a file.", "path s", "content s The whole text"),
        _tool("list_directory", "List the files of a directory.", "path s", "hidden? b Whether to list hidden files"),
        _tool("run_command", "Run a shell command.", "command s"),
    ),
    (
        _tool("create_event", "Create an event in the calendar.", "title s", "date s As YYYY-MM-DD", "guests? s*"),
        _tool("list_events", "List the events of a day.", "date s As YYYY-MM-DD"),
        _tool("delete_event", "Delete an event.", "event_id i"),
        _tool("set_reminder", "Set a reminder.", "text s", "minutes i In how many minutes"),
    ),
    (
        _tool("send_email", "Send an e-mail.", "to s The address", "subject s", "body s"),
        _tool("search_mail", "Search the mailbox.", "query s", "unread? b Only unread mail"),
        _tool("get_contact", "Look up a person in the address book.", "name s"),
        _tool("add_contact", "Add a person to the address book.", "name s", nested=_ADDRESS),
    ),
    (
        _tool("calculate", "Calculate an expression.", "expression s For example 2 * (3 + 4)"),
        _tool("convert_units", "Convert a value into another unit.", "value n", "from_unit s", "to_unit s"),
        _tool("convert_currency", "Convert money.", "amount n", "from_currency s", "to_currency s"),
        _tool("roll_dice", "Roll dice.", "sides i", "count i"),
    ),
    (
        _tool("turn_light", "Turn a lamp on or off.", "room s", "state on|off"),
        _tool("set_temperature", "Set the heating of a room.", "room s", "degrees n"),
        _tool("get_temperature", "Get the temperature of a room.", "room s"),
        _tool("lock_door", "Lock a door.", "door front|back|garage"),
    ),
    (
        _tool("find_recipe", "Find recipes with these ingredients.", "ingredients s*"),
        _tool("order_food", "Order from a shop.", "shop s", nested=_ITEMS),
        _tool("get_nutrition", "Look up the nutrition facts of a food.", "food s"),
        _tool("find_restaurant", "Find a restaurant.", "city s", "cuisine s"),
    ),
    (
        _tool("search_flights", "Search for flights.", "origin s", "destination s", "date s As YYYY-MM-DD"),
        _tool("get_directions", "Get the way from one place to another.", "start s", "end s", "mode? car|foot|train"),
        _tool("get_time", "Get the time in a city.", "city s"),
        _tool("book_hotel", "Book a hotel room.", "city s", "nights i", "guests i"),
    ),
    (
        _tool("play_song", "Play a song.", "title s", "artist? s"),
        _tool("set_volume", "Set the volume.", "percent i From 0 to 100"),
        _tool("get_lyrics", "Get the lyrics of a song.", "title s", "artist s"),
        _tool("get_definition", "Look up a word in the dictionary.", "word s"),
    ),
)
BY_NAME = {tool.name: tool for group in GROUPS for tool in group}


def offered(group: int, own: tuple[str, ...], many: int) -> tuple[Tool, ...]:
    """So many tools for a request of this group: its own tools, the group's, and neighbouring groups'."""
    if many <= len(own) or many == 1:
        return tuple(BY_NAME[name] for name in own) or GROUPS[group][:1]
    groups = max(1, many // 4)
    first = group - group % groups
    return tuple(tool for one in GROUPS[first : first + groups] for tool in one)
