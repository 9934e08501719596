# SPDX-License-Identifier: Apache-2.0
"""Writes a tiny BERT with random weights and its tokenizer, as their library writes them.  usage: make_model.py FOLDER"""

import sys

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, FlaxBertModel, PreTrainedTokenizerFast

WORDS = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "a", "weir", "holds", "back", "the", "river"]


def main(folder: str) -> None:
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]").save_pretrained(folder)
    config = BertConfig(
        vocab_size=20_000, hidden_size=64, num_hidden_layers=1, num_attention_heads=4, intermediate_size=256
    )
    FlaxBertModel(config, seed=1).save_pretrained(folder, safe_serialization=True)


main(sys.argv[1])
