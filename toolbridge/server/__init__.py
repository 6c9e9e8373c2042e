"""The thin shell: it moves bytes between clients and a backend, and decides nothing that the core can decide.

A request comes in through `app`, which asks `access` whether it may, `recognition` which server the backend is, and
`routes` what answers it. `chat` is the only answer with a plan: `chat_request` reads and prepares it, `chat_answer`
writes what comes back, `lessons` and `catalogue` know what the model can do. Every other answer is the backend's own,
as it is (`passthrough`) or mended (`model_routes`), or stands in for it (`ollama_routes`, `token_counts`, `readiness`).

Only `upstream` knows an HTTP client. `backend_headers` says which headers go there, `relay` brings an answer back
unread, and `error_answers` writes errors in the client's wire. `settings` holds what an operator sets.
"""
