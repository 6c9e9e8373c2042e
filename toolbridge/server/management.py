"""Which requests change the backend, and which only use its models: `security.manage` decides about the first kind.

Requests that change a server have many paths (`/api/delete`, `/api/signout`, `/v1/load_lora_adapter`, LM Studio's
`/api/v1/models/load`, a DELETE of `/v1/models/…`), and the next version of a server has more. So this file lists the
uses. Any other request counts as a change, unless its method only reads.
"""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_USES = frozenset(
    {
        # Ollama
        "/api/chat",
        "/api/embed",
        "/api/embeddings",
        "/api/generate",
        "/api/show",
        "/api/web_fetch",
        "/api/web_search",
        # OpenAI and servers like it
        "/v1/audio/speech",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/chat/completions",
        "/v1/classify",
        "/v1/completions",
        "/v1/embeddings",
        "/v1/images/edits",
        "/v1/images/generations",
        "/v1/images/variations",
        "/v1/moderations",
        "/v1/pooling",
        "/v1/rerank",
        "/v1/responses",
        "/v1/responses/compact",
        "/v1/responses/input_tokens",
        "/v1/score",
        # Anthropic
        "/v1/messages",
        "/v1/messages/count_tokens",
        # LM Studio's own
        "/api/v0/chat/completions",
        "/api/v0/completions",
        "/api/v0/embeddings",
        "/api/v1/chat",
    }
)


def changes(method: str, path: str) -> bool:
    """Whether a request may change the backend; `path` is the path as it came, with single slashes."""
    return method not in _READS and not (method == "POST" and path in _USES)
