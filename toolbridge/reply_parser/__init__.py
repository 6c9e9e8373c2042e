"""Text in, events out: what a model wrote, read while it comes.

One scan looks for everything at once: calls in any notation, reasoning, code fences and spans, ends of turns, results
that the model made up. What is none of these goes on at once, but for blanks that may stand before a call and a tail
that may still become a marker. `content` is the state that leads into the rest (`calls`, `code`, `reasoning`, `tail`);
what stands behind an opener is read by a dialect's grammar. The ledger of every character is kept by `Reading`.
"""

from toolbridge.reply_parser.parser import Reasoning, ReplyParser, new_call_id, parse_reply, warm_up

__all__ = ["Reasoning", "ReplyParser", "new_call_id", "parse_reply", "warm_up"]
