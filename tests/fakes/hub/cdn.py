# SPDX-License-Identifier: Apache-2.0
"""The CDN hosts: signed URLs in, bytes out."""

from email.utils import formatdate
from urllib.parse import parse_qs

from .http import Headers, Request, Response, text_response
from .ranges import whole_or_part
from .world import World

OVERSIZE_BYTES = 400_000_000_000


def is_cdn(host: str) -> bool:
    return host.endswith(".cdn.hf.co") or host.startswith("cdn-lfs") or host == "cas-bridge.xethub.hf.co"


def answer(world: World, request: Request) -> Response:
    """GET or HEAD of an LFS file.  403 with XML when the signature is absent, wrong, foreign or expired."""
    file = world.signer.find(request.host, request.path)
    if not world.signer.accepts(request.host, request.path, request.query, request.headers.get("Range")):
        return _refused("AccessDenied", "Access denied", 403)
    if request.method not in ("GET", "HEAD"):
        return _refused("MethodNotAllowed", "The method is not allowed", 405)
    if file is None:
        return _refused("NoSuchKey", "The specified key does not exist.", 404)
    if file.size > OVERSIZE_BYTES:
        return _refused("InvalidRequest", "The file is too large for the bridge", 400)
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    headers = Headers(
        [
            ("Content-Type", query.get("response-content-type", "application/octet-stream")),
            ("Content-Disposition", query.get("response-content-disposition", "attachment")),
            ("ETag", f'"{file.sha256 if file.legacy else file.xet_hash}"'),
            ("Accept-Ranges", "bytes"),
            ("Cache-Control", "public, max-age=31536000"),
            ("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT"),
            ("Date", formatdate(usegmt=True)),
        ]
    )
    response = whole_or_part(request, file.content, headers)
    response.kind, response.sha256 = "lfs", file.sha256
    return response


def _refused(code: str, message: str, status: int) -> Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return text_response(status, text, "application/xml")
