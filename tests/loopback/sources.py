# SPDX-License-Identifier: Apache-2.0
"""What a Weir says of its sources, and files that come from them."""

import hashlib
import json
from typing import Any

from files import resolve, whole
from harness import Weir
from hub import File


def sources(weir: Weir) -> list[dict[str, Any]]:
    return json.loads(weir.admin("/-/sources")[1])["sources"]


def source(weir: Weir, name: str) -> dict[str, Any]:
    return next(each for each in sources(weir) if each["name"] == name)


def read_and_compare(weir: Weir, file: File, headers: dict[str, str] | None = None) -> None:
    """Looks at each byte when it comes, not at the end."""
    right = whole(file)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(), {"Host": "huggingface.co", **(headers or {})})
        answer = connection.begin()
        assert answer.status == 200
        seen = 0
        while piece := answer.read1(65536):
            assert piece == right[seen : seen + len(piece)], f"wrong bytes behind {seen}"
            seen += len(piece)
    assert seen == file.size
    held = weir.objects()
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in held] == [file.sha256]
