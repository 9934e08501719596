# SPDX-License-Identifier: Apache-2.0
"""The guest's disk, kernel and initrd: a Debian 12 with what Weir's package needs, made once for each recipe."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SUITE = "bookworm"
TOOLS = ("qemu-system-x86_64", "qemu-img", "debootstrap", "mkfs.ext4", "ssh", "ssh-keygen", "dpkg-deb", "apt-get")
PACKAGES = (
    "systemd-sysv,udev,linux-image-cloud-amd64,initramfs-tools,openssh-server,iproute2,procps,util-linux,mount,"
    "e2fsprogs,xfsprogs,quota"
)
SIZE = "3G"
FILES = {
    "etc/hostname": "weir-guest\n",
    "etc/fstab": "/dev/vda / ext4 defaults 0 1\n",
    # QEMU's user-mode network, whose addresses are always these: no wait for DHCP.
    "etc/systemd/network/10-guest.network": "[Match]\nName=eth0\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n",
    "etc/ssh/sshd_config.d/guest.conf": "PermitRootLogin prohibit-password\nUsePAM no\nMaxStartups 100\n",
}
ENABLED = "systemctl enable systemd-networkd ssh && systemctl mask apt-daily.timer apt-daily-upgrade.timer"


@dataclass(frozen=True)
class Image:
    folder: Path
    installed: Path = Path()  # what differs from `disk` once Weir's package is installed; each run makes its own

    @property
    def disk(self) -> Path:
        return self.folder / "root.img"

    @property
    def kernel(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initrd(self) -> Path:
        return self.folder / "initrd.img"

    @property
    def key(self) -> Path:
        return self.folder / "key"


def missing() -> str:
    """Why no guest can be made here; empty when it can."""
    if platform.machine() != "x86_64":
        return f"the guest is an amd64 machine, and this is {platform.machine()}"
    if os.geteuid() != 0:
        return "debootstrap needs root"
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    if absent:
        return f"not installed: {', '.join(absent)} (contrib/bootstrap/install-packages machine)"
    return "" if mirror() else f"apt knows no mirror of Debian's {SUITE}; name one in WEIR_DEBIAN_MIRROR"


def mirror() -> str:
    """The one that this machine's own apt takes its packages from."""
    if named := os.environ.get("WEIR_DEBIAN_MIRROR"):
        return named
    wanted = ("Created-By: Packages", "Origin: Debian", f"Codename: {SUITE}", "Component: main")
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted], capture_output=True, text=True, timeout=60
    )
    return next(iter(done.stdout.split()), "")


def make_image(depends: Sequence[str]) -> Image:
    """The cached one of this recipe, or a new one.  `depends` are the packages that Weir's own names."""
    recipe = repr((SUITE, PACKAGES, SIZE, sorted(FILES.items()), ENABLED, sorted(depends)))
    folder = cache_folder() / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    if not folder.exists():
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        build(Image(fresh), depends)
        fresh.rename(folder)  # a build that was broken off leaves no image
    return Image(folder)


def cache_folder() -> Path:
    return Path(os.environ.get("WEIR_MACHINES") or PROJECT / "build/machine")


def build(image: Image, depends: Sequence[str]) -> None:
    root = image.folder / "root"
    archives = cache_folder() / "archives"
    archives.mkdir(exist_ok=True)
    # A mount namespace of its own: whatever ends it, /proc does not stay mounted in a folder that will be removed.
    options = ("--variant=minbase", f"--include={PACKAGES}", f"--cache-dir={archives}")
    run("unshare", "--mount", "debootstrap", *options, SUITE, root, mirror())
    in_chroot(root, "apt-get update && apt-get install -y --no-install-recommends " + " ".join(depends))
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    in_chroot(root, ENABLED)
    add_key(image, root)
    for kind, target in (("vmlinuz", image.kernel), ("initrd.img", image.initrd)):
        (found,) = (root / "boot").glob(f"{kind}-*")
        shutil.copy(found, target)
    run("mkfs.ext4", "-q", "-d", root, image.disk, SIZE)
    shutil.rmtree(root)


def add_key(image: Image, root: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", image.key)
    home = root / "root/.ssh"
    home.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(image.key.with_suffix(".pub"), home / "authorized_keys")


def in_chroot(root: Path, command: str) -> None:
    run("chroot", root, "/usr/bin/env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "sh", "-ec", command)


def run(*command: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        stdin=subprocess.DEVNULL, timeout=1800
    )
    if done.returncode:
        sys.stderr.write(done.stdout[-4000:])
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout[-800:]}")
