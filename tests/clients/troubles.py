# SPDX-License-Identifier: Apache-2.0
"""What can go wrong at the origin: the rows of test_origin_trouble.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIZE = (1 << 20) + 77
MIDDLE = 500_000
RIGHT, ERROR = "the right file", "an error"
# Stands for a fresh signed URL of the file, and for one that leads back to the same place.
FRESH, CIRCLE = "<fresh>", "<circle>"


@dataclass(frozen=True)
class Trouble:
    """`faults` come one after the other.  `once`: what huggingface_hub ends with when each comes once; `always`: what
    each of `clients` ends with while the last one goes on; `says`: words of the log in that case."""

    faults: tuple[Mapping[str, Any], ...]
    once: str = RIGHT
    always: str = ERROR
    says: str = ""
    clients: tuple[str, ...] = ("curl", "wget")


def trouble(*faults: Mapping[str, Any], **expected: Any) -> Trouble:
    return Trouble(faults, **expected)


def raw(head: str, body: bytes = b"") -> dict[str, Any]:
    return {"raw": head.replace("\n", "\r\n").encode("latin-1") + body}


def same(faults: Mapping[str, Any], says: str = "") -> Trouble:
    return trouble(faults, says=says)


def head(faults: Mapping[str, Any], says: str) -> Trouble:
    """Nothing of the answer is of use, so all clients see the same 502 or 504: one of them is enough."""
    return trouble(faults, says=says, clients=("curl",))


CUT = {"cut_at": MIDDLE}
OTHER_TAG = {"headers": {"ETag": '"another"'}}

HEADS = {
    "no answer": head({"reset_at": -1}, says="closed the connection before it answered|broke off"),
    "a bad status line": head(raw("HTTP/1.1 xyz OK\n\n"), says="no valid HTTP|no HTTP"),
    "another protocol": head(raw("SSH-2.0-OpenSSH_9.2\n"), says="no valid HTTP"),
    "two lengths": head(raw("HTTP/1.1 200 OK\nContent-Length: 5\nContent-Length: 6\n\n", b"hello"), says="valid HTTP"),
    "a length and chunks": head(
        raw("HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n"), says="valid HTTP"
    ),
    "a negative length": head(raw("HTTP/1.1 200 OK\nContent-Length: -5\n\n"), says="valid HTTP"),
    "a Location with a CR": head({"raw": b"HTTP/1.1 302 Found\r\nLocation: /x\rSet-Cookie: a\r\n\r\n"}, says="valid HTTP"),
    "101": head(raw("HTTP/1.1 101 Switching Protocols\nUpgrade: x\nConnection: Upgrade\n\n"), says="another protocol"),
    "33 interim answers": head({"interim": 33}, says="more than 32 answers"),
    "32 interim answers": trouble({"interim": 32}, always=RIGHT),
    "an oversized head": head(
        raw("HTTP/1.1 200 OK\n" + "".join(f"X-{i}: {'a' * 1000}\n" for i in range(300)) + "\n"), says="256 KiB|valid HTTP"
    ),
    "an oversized line": head(raw("HTTP/1.1 200 OK\nX: " + "a" * 400_000 + "\n\n"), says="valid HTTP|broke off"),
    "a stall before the answer": head({"hold_head": True}, says="did not begin its answer"),
}

# In answers of the CDN to requests for a file's bytes.
BODIES = {
    **HEADS,
    "500": same({"status": 500}, says="the answer was 500"),
    "503": same({"status": 503, "retry_after": 0}, says="the answer was 503"),
    "429 for a second": head({"status": 429, "retry_after": 1}, says="the answer was 429"),
    "429 for longer than weir waits": same({"status": 429, "retry_after": 5}, says="the answer was 429"),
    "404": trouble({"status": 404}, once=ERROR, says="the answer was 404"),
    "403": same({"status": 403}, says="refuses every URL"),
    "cut at the start": same({"cut_at": 0}, says="broke off"),
    "cut": same(CUT, says="broke off"),
    "reset": same({"reset_at": MIDDLE}, says="broke off"),
    "stalled": head({"stall_at": MIDDLE}, says="stalled: less than 1 KiB/s"),
    "too long": same({"extra_bytes": 1000}, says="bytes where the hub said"),
    "too long, in chunks": trouble({"extra_bytes": 1000, "chunked": True}, always=RIGHT),
    "said to be shorter": same({"headers": {"Content-Length": "1000"}}, says="1000 bytes where the hub said"),
    "cut chunks": same({**CUT, "chunked": True}, says="broke off|ended the file early"),
    "a bad chunk": same({"chunked": True, "bad_chunk_at": MIDDLE}, says="broke off"),
    "no length": trouble({"close_delimited": True}, always=RIGHT),
    "no length, cut properly": same({**CUT, "close_delimited": True}, says="ended the file early|broke off"),
    "no length, cut without close_notify": same(
        {**CUT, "close_delimited": True, "no_close_notify": True}, says="close_notify"
    ),
    "no length, all of it, no close_notify": trouble({"close_delimited": True, "no_close_notify": True}, always=RIGHT),
    "packed": same({"gzip": True}, says=r"encoded \(gzip\)"),
    "said to be packed": same({"headers": {"Content-Encoding": "gzip"}}, says=r"encoded \(gzip\)"),
    "a part without being asked": same({"shift_range": 5}, says="another range"),
    "the whole for a range": trouble(CUT, {"ignore_range": True}, always=RIGHT),
    "another range": trouble(CUT, {"shift_range": 5}, says="another range"),
    "a range of another size": trouble(CUT, {"total_off": 5}, says="contradicts the size"),
    "a range of another length": trouble(CUT, {"headers": {"Content-Length": "10"}}, says="contradicts its Content-Range"),
    "expired in the middle": trouble(CUT, {"status": 403}, says="refuses every URL"),
    "503 in the middle": trouble(CUT, {"status": 503}, says="the answer was 503"),
    "changed in the middle": trouble({**CUT, **OTHER_TAG, "flip_at": 9}, {}, says="another ETag", clients=("curl",)),
    "another tag in the middle": trouble({**CUT, **OTHER_TAG}, {}, says="another ETag", clients=("curl",)),
    "a wrong byte": same({"flip_at": 9}, says="are wrong and in quarantine"),
    "a wrong byte at the end": same({"flip_at": SIZE - 1}, says="are wrong and in quarantine"),
    "a redirect": trouble({"redirect": FRESH}, says="redirects more than 5 times"),
    "a redirect in a circle": trouble({"redirect": CIRCLE}, once=RIGHT, says="redirects more than 5 times"),
    "a redirect past https": trouble({"redirect": "http://us.aws.cdn.hf.co/x"}, once=ERROR, says="not by https"),
    "a redirect elsewhere": trouble({"redirect": "https://example.org/x"}, once=ERROR, says="not intercepted"),
    "a redirect to an address": trouble({"redirect": "https://127.0.0.1/x"}, once=ERROR, says="not intercepted"),
}

# In answers of the hub to the request for a file.
RESOLVES = {
    **HEADS,
    "500": trouble({"status": 500}),
    "503": trouble({"status": 503, "retry_after": 1}, clients=("curl",)),
    "429": trouble({"status": 429, "retry_after": 1}),
    "a redirect in a circle": trouble({"redirect": CIRCLE}, once=ERROR),
    "another size": trouble({"headers": {"X-Linked-Size": str(SIZE + 1)}}, once=ERROR, says="bytes where the hub said"),
    "another digest": trouble({"headers": {"X-Linked-ETag": '"' + "ab" * 32 + '"'}}, says="are wrong"),
}

# In answers to the request for a regular file, which pass through while they are checked.
REGULAR = {
    **HEADS,
    "500": trouble({"status": 500}),
    "cut": same({"cut_at": 1000}, says="broke off"),
    "reset": same({"reset_at": 1000}, says="broke off"),
    "stalled": head({"stall_at": 1000}, says="stalled"),
    "too long": trouble({"extra_bytes": 1000}, once=ERROR, says="git id"),
    "said to be shorter": trouble({"headers": {"Content-Length": "1000"}}, once=ERROR, says="git id"),
    "cut chunks": same({"cut_at": 1000, "chunked": True}, says="broke off"),
    "a bad chunk": same({"bad_chunk_at": 1000, "chunked": True}, says="broke off"),
    "no length, cut without close_notify": same(
        {"cut_at": 1000, "close_delimited": True, "no_close_notify": True}, says="close_notify"
    ),
    "packed": trouble({"gzip": True}, says=r"encoded \(gzip\)"),
    "a wrong byte": same({"flip_at": 9}, says="git id"),
}
