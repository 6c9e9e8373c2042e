"""The machinery for reading calls out of text and for writing them, which belongs to no model family.

A **dialect** (`dialect.py`) is one family's way to write calls: its openers, the grammar behind them, and the form in
which a prompt asks for it. A grammar reads from a `Scanner` and reports what it found to the **reading** of the reply
(`reading.py`), which holds drafts, counts every character in its ledger and makes the events. Nearly every grammar is
one of a few **shapes** (`shapes/`), filled with the markers of the family. Many shapes are put together from
**members**, the arguments that a call has so far, and from **values**, raw text between two tags. What models write
around calls is in `envelopes.py`, and the markers of no family's calls are in `literals.py`.

Nothing here imports `toolbridge.dialects`, where the families are, a file for each.
"""
