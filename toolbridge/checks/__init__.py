"""Calls held to the schemas of their tools, while they come or whole.

`places` knows what a schema says of each part of the arguments. `arguments` makes the arguments of one call fit while
they come, with `meanings` for the values that do not fit, and `span` to find their ends. `tool_checks` does so for the
tools of a request, and says of a whole call why it does not fit.
"""

from toolbridge.checks.tool_checks import CheckedCall, Fault, ToolChecks, check_call

__all__ = ["CheckedCall", "Fault", "ToolChecks", "check_call"]
