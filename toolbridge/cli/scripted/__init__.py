"""A small scripted model for the demo: prompt in, text out, with no weights and no network.

It knows no tool by name. What it can call is what the prompt lists (`tools`, whose types `types` reads), the notation
is the one that the prompt shows (`notation`), the values are found in the user's words (`words`) and filled in by the
types that were listed (`calls`). Without such a prompt it can only talk (`model`).
"""
