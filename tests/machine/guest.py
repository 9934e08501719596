# SPDX-License-Identifier: Apache-2.0
"""A virtual machine that forgets all but its second disk when it is switched off, and loses its power at any moment."""

import functools
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from harness.weir import free_port
from image import Image

BOOT_SECONDS = 300.0  # half a minute where the processor is emulated
KVM_SECONDS = 15.0
HOST = "10.0.2.2"  # what the guest calls this machine's loopback
ROOT_DISK, STORE_DISK = "/dev/vda", "/dev/vdb"
WEIR_PORT = 9347
UNUSED = "systemd.mask=e2scrub_reap.service systemd.mask=getty-static.service"  # seconds of each boot
CPU = "max,arch-capabilities=off"  # a machine that is virtual itself may tell of this register and refuse to set it
PROGRAM = f"qemu-system-x86_64 -nodefaults -no-user-config -display none -cpu {CPU} -smp 1 -m 1024".split()


@functools.cache
def accelerator(kernel: Path) -> str:
    """KVM where a kernel gets to its first words with it: that there is a /dev/kvm does not say so."""
    options = ["-machine", "q35,accel=kvm", "-kernel", str(kernel), "-append", "console=ttyS0", "-serial", "stdio"]
    with subprocess.Popen(
        [*PROGRAM, *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as tried:
        timer = threading.Timer(KVM_SECONDS, tried.kill)
        timer.start()
        assert tried.stdout
        usable = any(b"Linux version" in line for line in tried.stdout)
        tried.kill()
        timer.cancel()
    return "kvm" if usable else "tcg"


class Guest:
    """One virtual CPU, one GiB.  The folder takes its console's log."""

    def __init__(self, image: Image, folder: Path, store_disk: Path, root_disk: str = "") -> None:
        """`root_disk` is in the words of QEMU's -drive; without it, it is the image's, as it was at each boot()."""
        self._image = image
        self._root_disk = root_disk or f"file={image.installed},format=qcow2,snapshot=on"
        self._console = folder / "console.log"
        self._store_disk = store_disk
        self._ssh_port = free_port()
        self.weir_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._master: subprocess.Popen[bytes] | None = None  # a connection that commands share
        self._socket = folder / "ssh"

    def __enter__(self) -> "Guest":
        try:
            self.boot()
        except BaseException:
            self.cut_power()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.cut_power()

    def boot(self) -> None:
        self._process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self._wait_until_up("")

    def reboot(self) -> None:
        """By its own shutdown; the root disk keeps what was written since boot()."""
        before = self.boot_id()
        self.run("systemctl reboot", check=False)
        self._disconnect()
        self._wait_until_up(before)

    def cut_power(self) -> None:
        """What the guest's kernel has not sent to its disks by now is lost."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
        self._disconnect()

    def shut_down(self) -> None:
        """In good order."""
        assert self._process
        self.run("systemctl poweroff", check=False)
        self._process.wait(BOOT_SECONDS)
        self.cut_power()

    def boot_id(self) -> str:
        return self.run("cat /proc/sys/kernel/random/boot_id", check=False).stdout.strip()

    def run(
        self, command: str, check: bool = True, timeout: float = 120, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[str]:
        """In root's shell in the guest."""
        done = subprocess.run([*self._ssh(), command], input=stdin, capture_output=True, timeout=timeout)
        out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        if check and done.returncode:
            raise RuntimeError(f"{command!r} ended with {done.returncode} in the guest:\n{out}{err}")
        return subprocess.CompletedProcess(command, done.returncode, out, err)

    def output(self, command: str) -> str:
        return self.run(command).stdout.strip()

    def says(self, command: str) -> bool:
        """Whether it ends well."""
        return self.run(command, check=False).returncode == 0

    def put(self, data: bytes, target: str) -> None:
        self.run(f"cat >{target}", stdin=data)

    def console(self) -> str:
        return self._console.read_text(errors="replace") if self._console.exists() else ""

    def _wait_until_up(self, before: str) -> None:
        """Another run of the kernel than that one answers."""

        def up() -> bool:
            assert self._process and self._process.poll() is None, "qemu has ended"
            return self.boot_id() not in ("", before)

        wait_until(up, BOOT_SECONDS, lambda: self.console()[-3000:])
        self._master = subprocess.Popen([*self._ssh(), "-M", "-N"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _disconnect(self) -> None:
        if self._master:
            self._master.kill()
            self._master.wait()
        self._socket.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        forwards = f"hostfwd=tcp:127.0.0.1:{self._ssh_port}-:22,hostfwd=tcp:127.0.0.1:{self.weir_port}-:{WEIR_PORT}"
        options = {
            "machine": f"q35,accel={accelerator(self._image.kernel)}",
            "kernel": str(self._image.kernel), "initrd": str(self._image.initrd),
            "append": f"root={ROOT_DISK} rw console=ttyS0 net.ifnames=0 quiet {UNUSED}",
            "serial": f"file:{self._console}",
            "netdev": f"user,id=net0,{forwards}",
        }
        disks = [f"if=virtio,{self._root_disk}", f"if=virtio,file={self._store_disk},format=raw"]
        devices = ["virtio-net-pci,netdev=net0", "virtio-rng-pci"]
        command = [word for name, value in options.items() for word in (f"-{name}", value)]
        command += [word for disk in disks for word in ("-drive", disk)]
        return [*PROGRAM, *command, *(word for device in devices for word in ("-device", device))]

    def _ssh(self) -> list[str]:
        options = {
            "StrictHostKeyChecking": "no", "UserKnownHostsFile": os.devnull, "LogLevel": "ERROR", "BatchMode": "yes",
            "ConnectTimeout": "10", "ServerAliveInterval": "5", "ServerAliveCountMax": "4",
            "ControlPath": str(self._socket),
        }
        words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        words += ["-F", os.devnull, "-i", str(self._image.key), "-p", str(self._ssh_port)]
        return ["ssh", *words, "root@127.0.0.1"]


def wait_until(true: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    """Asks again and again; fails with what is told when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {told()}"
        time.sleep(0.1)


def make_disk(path: Path, size: int) -> Path:
    """An empty one that takes no room yet."""
    with path.open("wb") as file:
        file.truncate(size)
    return path
