"""toolbridge: tool calling for every model."""
