# SPDX-License-Identifier: Apache-2.0
"""Signed, expiring CDN URLs in CloudFront's shape, and their check."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from urllib.parse import parse_qs, quote, urlencode

from .repos import File, Repo

KEY_PAIR_ID = "K1LYXO563TGWFU"


class Signer:
    """Mints URLs that are good for `lifetime_s` seconds, and for the Range (if any) of the request that minted them."""

    def __init__(self, lifetime_s: int = 3600) -> None:
        self.lifetime_s = lifetime_s
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._files: dict[tuple[str, str], File] = {}

    def mint(self, repo: Repo, file: File, filename: str, user: str | None, bound_range: str | None = None) -> str:
        host, path = repo.cdn_location(file)
        with self._lock:
            self._files[host, path] = file
        expires = int(time.time()) + self.lifetime_s
        policy = {
            "Statement": [
                {"Condition": {"DateLessThan": {"AWS:EpochTime": expires}}, "Resource": f"https://{host}{path}*"}
            ]
        }
        disposition = f"attachment; filename*=UTF-8''{quote(filename)}; filename=\"{ascii_name(filename)}\";"
        query = {
            "response-content-disposition": disposition,
            "response-content-type": "application/octet-stream",
            "Expires": str(expires),
            "Policy": base64.urlsafe_b64encode(json.dumps(policy).encode()).decode(),
            "Signature": self._signature(host, path, expires, bound_range),
            "Key-Pair-Id": KEY_PAIR_ID,
            "X-Xet-Cas-Uid": user or "public",
        }
        return f"https://{host}{path}?{urlencode(query)}"

    def find(self, host: str, path: str) -> File | None:
        """The file that a CDN path stands for, once a URL for it was minted."""
        with self._lock:
            return self._files.get((host, path))

    def accepts(self, host: str, path: str, query: str, asked_range: str | None) -> bool:
        """Whether the query is a signature of this hub for that path that has not expired."""
        values = {name: found[0] for name, found in parse_qs(query).items()}
        try:
            expires = int(values["Expires"])
        except (KeyError, ValueError):
            return False
        signature = values.get("Signature", "")
        good = {self._signature(host, path, expires, bound) for bound in (None, asked_range)}
        return time.time() < expires and signature in good

    def revoke(self) -> None:
        """All URLs minted so far are refused from now on, as if they had expired."""
        self._key = secrets.token_bytes(32)

    def _signature(self, host: str, path: str, expires: int, bound_range: str | None) -> str:
        text = f"{host}{path}\n{expires}\n{bound_range or ''}"
        return base64.urlsafe_b64encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest()).decode()


def ascii_name(filename: str) -> str:
    return filename.rpartition("/")[2].encode("ascii", "replace").decode().replace('"', "_")
