# SPDX-License-Identifier: Apache-2.0
"""from_pretrained.  usage: model_call.py FUNCTION MODEL TEXT; MODEL is a repository or a folder; prints JSON.

`encode` needs no weights; `run` loads them with jax and runs the model.
"""

import json
import sys
from typing import Any

from transformers import AutoConfig, AutoTokenizer


def encode(model: str, text: str) -> dict[str, Any]:
    return {"type": AutoConfig.from_pretrained(model).model_type, "ids": AutoTokenizer.from_pretrained(model)(text)["input_ids"]}


def run(model: str, text: str) -> dict[str, Any]:
    from transformers import FlaxAutoModel

    encoded = AutoTokenizer.from_pretrained(model)(text, return_tensors="np")
    output = FlaxAutoModel.from_pretrained(model)(**encoded).last_hidden_state
    return {"shape": output.shape, "first": output[0, 0, :4].tolist()}


print(json.dumps({"encode": encode, "run": run}[sys.argv[1]](*sys.argv[2:])))
