"""Write the scripted model as Transformers lays one out: `python write_safetensors.py FOLDER`, where mlx-lm is."""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scripted_model import END, ROUND, SURE, TEMPLATES, UNKNOWN, vocabulary
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast


def write_model(folder: Path) -> None:
    """Write configuration, weights and tokenizer into this folder, as Transformers lays them out."""
    said = vocabulary()
    at = {word: position for position, word in enumerate(said.words)}
    size = len(said.words)
    follows = np.zeros((size, size), dtype=np.float32)
    for this, following in said.follows:
        # The last norm makes a one-hot vector as long as the square root of its size.
        follows[following, this] = SURE / np.sqrt(size)
    zeros = np.zeros((size, size), dtype=np.float32)
    ones = np.ones(size, dtype=np.float32)
    layer = "model.layers.0"
    weights = {
        "model.embed_tokens.weight": np.eye(size, dtype=np.float32),
        "model.norm.weight": ones,
        "lm_head.weight": follows,
        f"{layer}.input_layernorm.weight": ones,
        f"{layer}.post_attention_layernorm.weight": ones,
        **{f"{layer}.self_attn.{part}_proj.weight": zeros for part in "qkvo"},
        **{f"{layer}.mlp.{part}_proj.weight": zeros for part in ("gate", "up", "down")},
    }
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": size,
        "intermediate_size": size,
        "num_hidden_layers": 1,
        "num_attention_heads": size // ROUND,
        "num_key_value_heads": size // ROUND,
        "head_dim": ROUND,
        "vocab_size": size,
        "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "bos_token_id": None,
        "eos_token_id": said.end,
    }
    tokenizer = Tokenizer(models.WordLevel(at, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in said.special])

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(values) for name, values in weights.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": said.end, "max_length": 4096}))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, unk_token=UNKNOWN)
    fast.chat_template = TEMPLATES["bare"]
    fast.save_pretrained(folder)


if __name__ == "__main__":
    write_model(Path(sys.argv[1]))
