# SPDX-License-Identifier: Apache-2.0
"""squid with ssl-bump: what people put before a hub today."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

from harness.weir import free_port
from hub.certs import Authority
from server import Server

USER = "proxy"
PROGRAM = "/usr/sbin/squid"
CERTIFICATES = "/usr/lib/squid/security_file_certgen"

CONFIG = """
http_port 127.0.0.1:{port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=4MB \
tls-cert={ca.certificate} tls-key={ca.key}
sslcrtd_program {certificates} -s {folder}/certificates -M 4MB
sslcrtd_children 2 startup=1 idle=1
acl first at_step SslBump1
ssl_bump peek first
ssl_bump bump all
tls_outgoing_options cafile={trusted}
http_access allow all
cache_dir aufs {folder}/cache 4096 16 256
maximum_object_size 2 GB
cache_mem 8 MB
collapsed_forwarding on
range_offset_limit none
hosts_file {folder}/hosts
cache_effective_user {user}
pid_filename {folder}/squid.pid
access_log none
cache_log {folder}/squid.log
cache_store_log none
coredump_dir {folder}
shutdown_lifetime 0 seconds
"""


def is_installed() -> bool:
    return Path(PROGRAM).exists() and Path(CERTIFICATES).exists()


class Squid(Server):
    """Runs squid; each of `hosts` is this machine to it."""

    def __init__(self, folder: Path, trusted: Path, hosts: tuple[str, ...]) -> None:
        super().__init__()
        folder.mkdir(parents=True)
        self._folder = folder
        self._authority = Authority(folder / "ca", "Bench CA of squid")
        self.port = free_port()
        (folder / "hosts").write_text("".join(f"127.0.0.1 {host}\n" for host in hosts))
        config = CONFIG.format(
            port=self.port,
            ca=self._authority.pair,
            certificates=CERTIFICATES,
            folder=folder,
            trusted=trusted,
            user=USER,
        )
        (folder / "squid.conf").write_text(config)

    @property
    def ca_file(self) -> Path:
        return self._authority.file

    def __enter__(self) -> Self:
        subprocess.run([CERTIFICATES, "-c", "-s", self._folder / "certificates", "-M", "4MB"], check=True,
                       capture_output=True)
        (self._folder / "cache").mkdir()
        if os.geteuid() == 0:  # squid gives up its rights then
            for path in [self._folder, *self._folder.rglob("*")]:
                shutil.chown(path, USER, USER)
        command = [PROGRAM, "-f", self._folder / "squid.conf"]
        subprocess.run([*command, "-z", "--foreground"], check=True, capture_output=True)
        self.start([*command, "--foreground"], f"127.0.0.1:{self.port}")
        return self
