"""How model families write tool calls: one file each, the prompt and the parser of one notation together."""
