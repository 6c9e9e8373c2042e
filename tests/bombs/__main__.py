"""All bombs at once, with a line for each that does harm: `python -m tests.bombs [--few] [--kind ollama] [GROUP …]`.

`make bombs` runs the same as tests. Here the steps of those that do no harm are shown as well, with `--verbose`.
"""

import argparse
import asyncio
import logging
import sys

from tests.bombs import GROUPS
from tests.bombs.bomb import KINDS
from tests.bombs.throwing import behind, few_shots, fire, shots


async def main() -> int:
    """Throw what was asked for; the number of bombs that do harm."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("groups", nargs="*", default=list(GROUPS))
    words.add_argument("--few", action="store_true", help="what `make test` throws")
    words.add_argument("--kind", choices=KINDS, default=None)
    words.add_argument("--match", default="", help="only bombs with these words in their names")
    words.add_argument("--verbose", action="store_true")
    asked = words.parse_args()
    # The backends' own server says what it does not like of a head.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    harmful = total = 0
    for group in asked.groups:
        chosen = [bomb for bomb in GROUPS[group]() if asked.match in bomb.name]
        for kind in [asked.kind] if asked.kind else KINDS:
            thrown = (few_shots if asked.few else shots)(chosen)
            async with behind(kind) as backend:
                async for outcome in fire((shot for shot in thrown if shot.kind == kind), backend, kind):
                    total += 1
                    harmful += bool(outcome.problems)
                    if outcome.problems or asked.verbose:
                        worst = f" worst step {outcome.worst.cpu * 1000:.1f} ms" if outcome.worst else ""
                        print(f"{outcome}{'' if outcome.problems else worst}", flush=True)  # noqa: T201 # a program
    print(f"{harmful} of {total} do harm")  # noqa: T201 # as above
    return harmful


if __name__ == "__main__":
    sys.exit(bool(asyncio.run(main())))
