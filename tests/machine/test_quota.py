# SPDX-License-Identifier: Apache-2.0
"""The service's user has a quota on the store's file system: what is above it goes past the store, and Weir says so."""

import logging
from pathlib import Path

import pytest

from guest import STORE_DISK, Guest, wait_until
from hub import Generated, Repo, TestHub, large
from service import STATE, Service, is_hit, is_right

MIB = 1 << 20
REPO = "acme/quota"
FITS, ABOVE = "fits.bin", "above.bin"
SIZES = {FITS: 8 * MIB, ABOVE: 30 * MIB}
QUOTA, MORE = 20 * MIB, 200 * MIB
WAIT_SECONDS = 120.0
FORMATS = {
    "ext4": (f"mkfs.ext4 -q -O quota -E quotatype=usrquota {STORE_DISK}", f"mount -o usrquota {STORE_DISK} {STATE}"),
    "xfs": (f"mkfs.xfs -q {STORE_DISK}", f"mount -o usrquota {STORE_DISK} {STATE}"),
}
said = logging.getLogger(__name__).info


def set_quota(guest: Guest, size: int) -> None:
    guest.run(f"setquota -u weir 0 {size // 1024} 0 0 {STATE}")


def download(service: Service, hub: TestHub, path: str, ca_file: Path) -> bool:
    """Whether it came from the store; what came is right."""
    reply = service.get(REPO, path, ca_file)
    assert is_right(reply, hub.file(REPO, path)), (reply.status, reply.complete, len(reply.body))
    return is_hit(reply)


@pytest.mark.parametrize("kind", FORMATS)
def test_above_the_quota(guest: Guest, hub: TestHub, tmp_path: Path, kind: str) -> None:
    hub.world.add(Repo("model", REPO, {path: large(Generated(path, size)) for path, size in SIZES.items()}))
    make, mount = FORMATS[kind]
    guest.boot()
    guest.run(f"{make} && mkdir -p {STATE} && {mount}")
    set_quota(guest, QUOTA)
    service = Service(guest, hub, tmp_path)
    service.configure()
    service.start()
    ca_file = service.ca_file()
    download(service, hub, FITS, ca_file)
    assert download(service, hub, FITS, ca_file)

    assert not download(service, hub, ABOVE, ca_file)
    health = service.health()
    assert (health["status"], str(health["store"]).split(":")[0]) == ("degraded", "full"), health
    assert service.log().count("the store is ") == 1, service.log()
    assert download(service, hub, FITS, ca_file)  # what it holds is served all the while
    said("%s: above a quota of %d MiB: right, and health says %r", kind, QUOTA // MIB, health["store"])

    set_quota(guest, MORE)
    wait_until(lambda: service.health()["status"] == "ok", WAIT_SECONDS, service.log)
    service.wait_for_log("the store takes bytes again")
    download(service, hub, ABOVE, ca_file)
    assert download(service, hub, ABOVE, ca_file)
