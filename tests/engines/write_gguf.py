"""Write the scripted model as a GGUF: `python write_gguf.py FILE TEMPLATE`, where `gguf` is installed."""

import sys
from pathlib import Path

import numpy as np
from gguf import GGUFWriter, TokenType
from scripted_model import ROUND, SURE, TEMPLATES, UNKNOWN, vocabulary

LONGEST_PROMPT = 32768
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
"""A tokenizer of SentencePiece's kind writes text that holds none of its words with a word for each byte."""
BLANK = "\u2581"
"""The character that stands for a blank in such a tokenizer."""


def write_model(file: Path, template: str) -> None:
    """Write weights, tokenizer and the template of this name into this file."""
    said = vocabulary(BYTES)
    size = len(said.words)
    writer = GGUFWriter(file, "llama")
    writer.add_name("scripted")
    writer.add_context_length(LONGEST_PROMPT)
    writer.add_embedding_length(size)
    writer.add_block_count(1)
    writer.add_feed_forward_length(size)
    writer.add_head_count(size // ROUND)
    writer.add_head_count_kv(size // ROUND)
    writer.add_rope_dimension_count(ROUND)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(size)

    writer.add_tokenizer_model("llama")
    writer.add_token_list([word.replace(" ", BLANK) for word in said.words])
    writer.add_token_scores([0.0] * size)
    writer.add_token_types([kind(word, said.special) for word in said.words])
    writer.add_unk_token_id(said.words.index(UNKNOWN))
    writer.add_eos_token_id(said.end)
    writer.add_bos_token_id(said.end)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATES[template])

    follows = np.zeros((size, size), dtype=np.float32)
    for this, following in said.follows:
        # The last norm makes a one-hot vector as long as the square root of its size.
        follows[following, this] = SURE / np.sqrt(size)
    zeros, ones = np.zeros((size, size), dtype=np.float32), np.ones(size, dtype=np.float32)
    writer.add_tensor("token_embd.weight", np.eye(size, dtype=np.float32))
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", follows)
    for name in ("attn_norm", "ffn_norm"):
        writer.add_tensor(f"blk.0.{name}.weight", ones)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", zeros)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def kind(word: str, special: frozenset[str]) -> TokenType:
    """The kind of a word. The end of a prompt is read as words of the kind CONTROL."""
    if word in special:
        return TokenType.UNKNOWN if word == UNKNOWN else TokenType.CONTROL
    return TokenType.BYTE if word in BYTES else TokenType.NORMAL


if __name__ == "__main__":
    write_model(Path(sys.argv[1]), sys.argv[2])
