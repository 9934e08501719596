# SPDX-License-Identifier: Apache-2.0
"""The repositories that every test hub starts with."""

import hashlib

from .content import Generated, Held
from .repos import Repo, large, regular

MIB = 1 << 20
WEIGHTS = Generated("weights", 12 * MIB + 345)
LONG_TEXT = "".join(f'  "key_{number}": {number},\n' for number in range(400))
CONFIG = "{\n" + LONG_TEXT + '  "model_type": "tiny"\n}\n'


def standard_repos() -> list[Repo]:
    return [*_models(), *_restricted(), _dataset(), _space()]


def _models() -> list[Repo]:
    tiny = Repo(
        "model",
        "acme/tiny-model",
        {
            "README.md": regular("# A tiny model\n"),
            "config.json": regular(CONFIG),
            "empty.txt": regular(b""),
            "model.safetensors": large(WEIGHTS),
            "nested/part-00001.bin": large(Generated("part one", 3 * MIB + 1)),
        },
        old_names=("oldorg/tiny-model", "tiny-model"),
    )
    tiny.commit({"pr.txt": regular("proposed\n")}, "refs/pr/1")
    return [
        tiny,
        Repo("model", "acme/copy-of-tiny", {"other-name.safetensors": large(WEIGHTS), "copy.json": regular(CONFIG)}),
        Repo("model", "acme/medium-model", {"model.safetensors": large(Generated("medium", 40 * MIB + 7))}),
        Repo("model", "acme/big-model", {"model.safetensors": large(Generated("big", 256 * MIB))}),
        Repo(
            "model",
            "acme/huge-model",
            {
                "README.md": regular("# Over 50 GB\n"),
                "model.safetensors": large(Generated("huge", 60_000_000_000, hashlib.sha256(b"huge").hexdigest())),
                "limit.safetensors": large(Generated("limit", 50_000_000_000, hashlib.sha256(b"limit").hexdigest())),
            },
        ),
        Repo(
            "model",
            "acme/odd-names",
            {
                "with space.bin": large(Generated("space", 70_001)),
                "ünï/100% #1?.bin": large(Generated("unicode", 70_002)),
                "empty.bin": large(Held(b"")),
                "one-byte.bin": large(Held(b"x")),
                "plus+and&amp.txt": regular("a\n"),
            },
        ),
        Repo(
            "model",
            "acme/many-files",
            {
                f"shard-{number:05}.{'bin' if number % 3 == 0 else 'txt'}": large(Held(f"shard {number}"))
                if number % 3 == 0
                else regular(f"text {number}")
                for number in range(2300)
            },
        ),
    ]


def _restricted() -> list[Repo]:
    return [
        Repo(
            "model",
            "acme/gated-model",
            {
                "config.json": regular('{"gated": true}\n'),
                "model.safetensors": large(Generated("gated", 5 * MIB + 3)),
            },
            gated=True,
        ),
        Repo(
            "model",
            "acme/private-model",
            {
                "config.json": regular('{"private": true}\n'),
                "model.safetensors": large(Generated("private", 2 * MIB + 9)),
            },
            private=True,
        ),
    ]


def _dataset() -> Repo:
    return Repo(
        "dataset",
        "acme/tiny-data",
        {
            "README.md": regular("---\nlicense: apache-2.0\n---\n# Data\n"),
            "data/train.csv": regular("a,b\n1,2\n"),
            "data/train.parquet": large(Generated("parquet", 4 * MIB + 11), legacy=True),
        },
    )


def _space() -> Repo:
    return Repo(
        "space",
        "acme/tiny-space",
        {
            "README.md": regular("---\nsdk: gradio\n---\n"),
            "app.py": regular("print('hello')\n"),
            "weights.bin": large(Generated("space weights", 2 * MIB + 5)),
        },
    )
