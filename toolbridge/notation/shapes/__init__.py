"""The shapes in which models write calls. A family is one shape, filled with its own markers.

Some texts call a shape by its letter.

| shape | what a call is | files |
|---|---|---|
| A | one JSON object between two markers | `json_call`, `json_block` |
| B | a list of JSON objects behind a marker | `json_call`, `json_block` |
| C | a name, a separator and a JSON object of arguments | `named_call` |
| D | `<function=name>` with `<parameter=key>` elements | `elements` |
| E | a name, and pairs of a key element and a value element | `pairs` |
| F | `<invoke name="…">` with `<parameter name="…">` elements | `invoke`, `invocations`, `marked_invoke`, `tool_name` |
| G | a call as Python writes it, with keyword arguments | `python_calls` |
| H | a message whose header names the tool | `channels` |
| I | a name and an object whose strings stand between delimiters | `delimited`, `delimited_values` |
"""
