# SPDX-License-Identifier: Apache-2.0
"""Answers to Range: one range is honoured, several are not (the whole is sent)."""

import re

from .content import Content
from .http import Headers, Request, Response, Slice


def whole_or_part(request: Request, content: Content, headers: Headers) -> Response:
    """200 with the whole content, 206 with the asked part, or 416."""
    value = request.headers.get("Range")
    if_range = request.headers.get("If-Range")
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (value or "").replace(" ", ""))
    if not match or match.group(0) == "bytes=-" or (if_range and if_range != headers.get("ETag")):
        return Response(200, headers, Slice(content, 0, content.size))
    first, last = match.groups()
    start = int(first) if first else max(0, content.size - int(last))
    end = min(int(last), content.size - 1) if first and last else content.size - 1
    if start >= content.size or end < start:
        headers.set("Content-Range", f"bytes */{content.size}")
        return Response(416, headers)
    headers.set("Content-Range", f"bytes {start}-{end}/{content.size}")
    return Response(206, headers, Slice(content, start, end - start + 1))
