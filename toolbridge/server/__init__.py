"""The thin shell: it moves bytes between clients and a backend, and decides nothing that the core can decide.

A request comes in through `app`. `access` lets it in or refuses it, `recognition` knows which server the backend is,
and `routes` names the part that answers. Only `chat` has a plan: `chat_request` reads the request and prepares it,
`chat_answer` writes the answer, `catalogue` and `lessons` know what the model can do. Other answers are the backend's
own, unchanged (`passthrough`) or mended (`model_routes`), or are given in its place (`ollama_routes`, `token_counts`,
`readiness`).

Only `upstream` knows an HTTP client. `backend_headers` says which headers go to the backend, `relay` brings an answer
back unread, and `error_answers` writes errors in the client's wire. `settings` holds the operator's settings.
"""
