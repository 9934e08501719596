# SPDX-License-Identifier: Apache-2.0
"""Who asks, and what the hub lets them read (wire.md, section 2, "Errors")."""

import base64
import binascii

from .http import Request, Response, text_response
from .repos import Repo

ALICE = "hf_alice_owns_everything"
BOB = "hf_bob_may_read_public_only"
TOKENS = {ALICE: "alice", BOB: "bob"}

CHALLENGE = 'Bearer realm="Authentication required", charset="UTF-8"'


class BadToken(Exception):
    """The Authorization header names no user."""


def user_of(request: Request) -> str | None:
    """The user whose token the request carries (Bearer, or the password of Basic); None for anonymous ones."""
    value = request.headers.get("Authorization")
    if value is None:
        return None
    scheme, _, credentials = value.partition(" ")
    token = credentials.strip() if scheme.lower() == "bearer" else _basic_password(credentials)
    if token not in TOKENS:
        raise BadToken
    return TOKENS[token]


def _basic_password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def may_read(repo: Repo, user: str | None) -> bool:
    return user == repo.owner or not (repo.private or repo.gated)


def refusal(request: Request, repo: Repo | None, *, files: bool) -> Response | None:
    """The hub's "no" to this request, or None when the user may read.  Gating protects files, not metadata."""
    try:
        user = user_of(request)
    except BadToken:
        return denied(request, 401, "Invalid credentials in Authorization header")
    if repo is None or (repo.private and not may_read(repo, user)):
        if user is None:
            return denied(request, 401, "Invalid username or password.")
        return denied(request, 404, "Repository not found", "RepoNotFound")
    if files and not may_read(repo, user):
        message = f"Access to model {repo.name} is restricted. You must have access to it and be authenticated."
        return denied(request, 401 if user is None else 403, message, "GatedRepo")
    return None


def denied(request: Request, status: int, message: str, code: str | None = None) -> Response:
    """An error as the hub words it: JSON under /api, plain text elsewhere, and the same in the headers."""
    response = text_response(status, message)
    if request.path.startswith("/api/"):
        response = Response.json(status, {"error": message})
    response.headers.set("X-Error-Message", message)
    if code:
        response.headers.set("X-Error-Code", code)
    if status == 401:
        response.headers.set("WWW-Authenticate", CHALLENGE)
    return response
