"""Input by chance: bodies for the bridge (`bodies`), bytes and text for its readers (`readers`).

make fuzz-bodies COUNT=1000000      mutated and made-up bodies at the real app
make fuzz-readers SECONDS=3600      coverage-guided, with atheris in an environment of its own
"""
