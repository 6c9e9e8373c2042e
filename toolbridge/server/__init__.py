"""The thin shell: it moves bytes between clients and a backend, and decides nothing that the core can decide.

In the order of imports: `settings` (what an operator sets), `logs` (one line per request), `upstream` (the only border
to an HTTP client), `catalogue` (what a model can do), `error_answers` (errors in a client's wire), `access` (who may
ask), `passthrough` (bytes as they come), `chat` (the one route with a plan), `app` (which path is which).
"""
