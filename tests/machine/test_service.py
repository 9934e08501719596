# SPDX-License-Identifier: Apache-2.0
"""The package's service under a real systemd: it starts, serves, keeps to its folder, ends, comes back, goes."""

import logging
import re
import time

import pytest

from guest import wait_until
from hub import TestHub
from service import INSTALL, START_SECONDS, STATE, Service, is_hit, is_right

REPO, FILE, SMALL = "acme/tiny-model", "model.safetensors", "config.json"
STOP_SECONDS = 10.0
MOST_EXPOSURE = 2.5
OUTSIDE = ("/etc/weir", "/etc", "/usr/bin", "/usr/lib", "/var/lib", "/var/log", "/var/cache", "/run", "/run/lock", "/srv",
           "/opt", "/boot", "/dev/shm", "/dev/mqueue", "/proc/sys/kernel", "/sys/kernel", "/sys/fs/cgroup")
said = logging.getLogger(__name__).info


@pytest.fixture
def running(service: Service) -> Service:
    service.guest.run("systemctl enable --now weir", timeout=START_SECONDS)
    return service


def download(service: Service, hub: TestHub, path: str = FILE) -> bool:
    """Whether it came from the store; what came is right."""
    reply = service.get(REPO, path, service.ca_file())
    assert is_right(reply, hub.file(REPO, path)), reply.status
    return is_hit(reply)


def test_installed_and_started(service: Service, hub: TestHub) -> None:
    assert not service.guest.says("systemctl is-active weir || systemctl is-enabled weir")
    service.guest.run("systemctl enable --now weir", timeout=START_SECONDS)
    unit = service.show()
    assert (unit["ActiveState"], unit["SubState"], unit["Type"]) == ("active", "running", "notify")
    assert service.guest.output(f"stat -c %U /proc/{unit['MainPID']}") == "weir"
    assert not download(service, hub)
    assert download(service, hub)
    assert download(service, hub, SMALL) or download(service, hub, SMALL)


def test_reads_its_configuration_anew(running: Service, hub: TestHub) -> None:
    download(running, hub)
    before = running.pid
    running.configure({"proxy": {"access_log": False}})
    running.guest.run("systemctl reload weir", timeout=START_SECONDS)
    running.wait_for_log("read the configuration anew")
    assert running.show()["ActiveState"] == "active"
    assert running.pid == before
    assert download(running, hub)


def test_writes_nothing_but_its_own_folder(running: Service) -> None:
    """Not even with root's rights in the service's view of the machine: it is not for want of permission."""
    inside = f"nsenter --target {running.pid} --mount"
    each = f"for folder in {' '.join(OUTSIDE)}; do touch $folder/from-weir 2>/dev/null && echo $folder; done; true"
    assert running.guest.output(f"{inside} sh -c '{each}'") == ""
    assert running.guest.output(f"{inside} ls -A /root /home") == "/home:\n\n/root:"  # here root's has files
    running.guest.run(f"{inside} touch {STATE}/from-weir && rm {STATE}/from-weir")
    running.guest.run(f"{inside} touch /tmp/from-weir && test ! -e /tmp/from-weir")
    assert running.guest.output(f"{inside} find /dev -type b") == ""
    status = dict(re.findall(r"(?m)^(\w+):\s+(.*)$", running.guest.output(f"cat /proc/{running.pid}/status")))
    assert {status[name] for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb", "CapInh")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    said("the service's view of the machine: %d folders refused a file even to root", len(OUTSIDE))


def test_is_little_exposed(running: Service) -> None:
    report = running.guest.output("systemd-analyze security --no-pager weir")
    found = re.search(r"exposure level for \S+: ([\d.]+)", report)
    assert found, report
    said("systemd-analyze security weir: %s", found[1])
    assert float(found[1]) < MOST_EXPOSURE


def stop(service: Service) -> float:
    """How long it took."""
    begun = time.monotonic()
    service.guest.run("systemctl stop weir", timeout=60)
    return time.monotonic() - begun


def test_ends_in_time(running: Service, hub: TestHub) -> None:
    download(running, hub)
    took = stop(running)
    unit = running.show()
    assert (unit["ActiveState"], unit["Result"], unit["ExecMainStatus"]) == ("inactive", "success", "0")
    said("systemctl stop took %.1f s", took)
    assert took < STOP_SECONDS


def test_starts_again_with_the_machine(running: Service, hub: TestHub) -> None:
    download(running, hub)
    running.guest.reboot()
    assert running.guest.output("systemctl is-active weir") == "active"
    assert download(running, hub)


def test_starts_again_when_it_was_killed(running: Service, hub: TestHub) -> None:
    download(running, hub)
    before = running.pid
    running.guest.run("systemctl kill --signal KILL weir")
    wait_until(lambda: running.show()["NRestarts"] == "1" and running.show()["ActiveState"] == "active", START_SECONDS)
    assert running.pid != before
    assert download(running, hub)


def test_a_new_version_takes_over(running: Service, hub: TestHub) -> None:
    download(running, hub)
    before = running.pid
    running.guest.run(f"{INSTALL} --reinstall")
    assert running.guest.output("systemctl is-active weir") == "active"
    assert running.guest.says("systemctl is-enabled weir")
    assert running.pid != before
    assert download(running, hub)


def test_a_removal_keeps_what_it_held(running: Service, hub: TestHub) -> None:
    download(running, hub)
    ca = running.ca_file().read_text()
    running.guest.run("apt-get remove -y weir")
    assert not running.guest.says("pgrep -x weir || systemctl is-active weir")
    assert running.guest.output("systemctl show weir -p LoadState --value") == "not-found"
    assert "hub-ca.pem" in running.guest.output("cat /etc/weir/weir.toml")
    running.guest.run(INSTALL)
    running.start()
    assert running.ca_file().read_text() == ca
    assert download(running, hub)


@pytest.mark.parametrize("mounted", [False, True], ids=["folder", "disk"])
def test_a_purge_takes_all(service: Service, hub: TestHub, mounted: bool) -> None:
    """Also where the store has a disk of its own, which cannot be removed, only emptied."""
    if mounted:
        service.guest.run(f"mkfs.ext4 -q /dev/vdb && mkdir -p {STATE} && mount /dev/vdb {STATE}")
    service.start()
    download(service, hub)
    service.guest.run("apt-get purge -y weir")
    assert not service.guest.says("pgrep -x weir")
    assert service.guest.output(f"find {STATE} -type f") == "" if mounted else not service.guest.says(f"ls {STATE}")
    assert not service.guest.says("ls /etc/weir/weir.toml")
