"""Text in, events out: what a model wrote, read while it comes.

A reply is always in one of these states, each a grammar in a file of its own. It begins in content, or in reasoning
where the prompt has opened that.

                              opener of reasoning
                   ┌──────────────────────────────────────┐
                   │                                      ▼
    code ◄────► content ◄──── closer, call, answer ──── reasoning
      │            │  ▲                                   │
      │ opener in  │  │ block over, or text after all     │ opener of a call
      │ a fence    ▼  │                                   │ or of an answer
      └────────► calls ◄──────────────────────────────────┘
                   │
                   ▼  end of turn, or a made-up result
                  tail ────► content, or the rest is dropped

`content` lets text go on at once, but for blanks that may stand before a call and a tail that may still become a
marker. It looks for all markers in one scan. What a marker stands for is a table (`markers`). `calls` finds out whose
opener was read, and leaves what stands behind it to the grammar of that dialect; `code` reads fences and code spans,
which may hold calls or only speak of them. What the states share is `State`, and `Reading` keeps the ledger of every
character.
"""

from toolbridge.reply_parser.parser import Reasoning, ReplyParser, new_call_id, parse_reply, warm_up

__all__ = ["Reasoning", "ReplyParser", "new_call_id", "parse_reply", "warm_up"]
