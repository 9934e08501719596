# SPDX-License-Identifier: Apache-2.0
"""What a test in a virtual machine needs: Weir's package, a guest that it can be installed in, a hub, a second disk."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import image
from guest import Guest, make_disk
from hub import TestHub
from image import PROJECT, Image
from service import INSTALL, PACKAGE, Service

MIB = 1 << 20
DISK_BYTES = 8192 * MIB  # takes only what is written


@pytest.fixture(scope="session", autouse=True)
def possible() -> None:
    if reason := image.missing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def package(possible: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one that WEIR_DEB names, or what is built now, packed."""
    if named := os.environ.get("WEIR_DEB"):
        return Path(named)
    folder = tmp_path_factory.mktemp("package")
    build = os.environ.get("WEIR_BUILD") or PROJECT / "build/dev"
    subprocess.run(["cpack", "-G", "DEB", "-B", folder], cwd=build, check=True, capture_output=True, timeout=600)
    (made,) = folder.glob("*.deb")
    return made


@pytest.fixture(scope="session")
def guest_image(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """With the packages that Weir's package depends on (the guest has no way to the internet's), and that package."""
    done = subprocess.run(["dpkg-deb", "--field", package, "Depends"], check=True, capture_output=True, text=True)
    names = [re.split(r"[ |(]", entry.strip())[0] for entry in done.stdout.split(",")]
    folder = tmp_path_factory.mktemp("install")
    made = replace(image.make_image(names), installed=folder / "installed.qcow2")
    install(made, package, folder)
    return made


def install(made: Image, package: Path, folder: Path) -> None:
    image.run("qemu-img", "create", "-q", "-f", "qcow2", "-b", made.disk, "-F", "raw", made.installed)
    disk = make_disk(folder / "unused.img", MIB)
    with Guest(made, folder, disk, f"file={made.installed},format=qcow2,cache=unsafe") as guest:
        guest.put(package.read_bytes(), PACKAGE)
        guest.run(INSTALL)
        guest.shut_down()


@pytest.fixture
def hub(possible: None) -> Iterator[TestHub]:
    with TestHub() as hub:
        yield hub


@pytest.fixture
def guest(guest_image: Image, tmp_path: Path) -> Iterator[Guest]:
    """Switched off, with an empty second disk."""
    guest = Guest(guest_image, tmp_path, make_disk(tmp_path / "store.img", DISK_BYTES))
    yield guest
    guest.cut_power()


@pytest.fixture
def service(guest: Guest, hub: TestHub, tmp_path: Path) -> Service:
    """Installed and configured in a running guest."""
    service = Service(guest, hub, tmp_path)
    guest.boot()
    service.configure()
    return service
