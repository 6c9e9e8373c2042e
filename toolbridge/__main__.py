"""`python -m toolbridge` is `toolbridge`."""

from toolbridge.cli import main

main(prog_name="toolbridge")
