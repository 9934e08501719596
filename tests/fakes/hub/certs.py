# SPDX-License-Identifier: Apache-2.0
"""The hub's certificates, made by the openssl tool: a CA, a leaf for the hub's names, leaves with something wrong."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

HUB_NAMES = (
    "huggingface.co",
    "*.huggingface.co",
    "huggingface.com",
    "*.huggingface.com",
    "hf.co",
    "*.hf.co",
    "*.cdn.hf.co",
    "*.aws.cdn.hf.co",
    "*.gcp.cdn.hf.co",
    "*.xethub.hf.co",
    "a.b.c.hf.co",
    "*.hf.space",
    "example.org",
    "*.example.org",
    "localhost",
)


@dataclass(frozen=True)
class Pair:
    """A certificate chain file and its key."""

    certificate: Path
    key: Path


class Authority:
    """A CA in a folder."""

    def __init__(self, folder: Path, name: str = "Weir test hub CA") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.pair = Pair(folder / "ca.pem", folder / "ca.key")
        _openssl(
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "30",
            "-keyout",
            self.pair.key,
            "-out",
            self.pair.certificate,
            "-subj",
            f"/CN={name}",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        )

    @property
    def file(self) -> Path:
        return self.pair.certificate

    def leaf(
        self,
        name: str,
        hosts: tuple[str, ...] = HUB_NAMES,
        *,
        start: str = "",
        end: str = "",
        usage: str = "serverAuth",
    ) -> Pair:
        """A leaf for the hosts (DNS names, and 127.0.0.1 among them always).  start and end are YYYYMMDDHHMMSSZ."""
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, config = self._folder / f"{name}.csr", self._folder / f"{name}.cnf"
        names = ",".join([f"DNS:{host}" for host in hosts] + ["IP:127.0.0.1"])
        config.write_text(_CA_CONFIG.format(folder=self._folder, name=name, names=names, usage=usage))
        (self._folder / f"{name}.db").write_text("")
        _openssl(
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            pair.key,
            "-out",
            request,
            "-subj",
            f"/CN=test hub {name}",
        )
        period = ["-startdate", start, "-enddate", end] if start else ["-days", "20"]
        _openssl(
            "ca",
            "-batch",
            "-config",
            config,
            "-in",
            request,
            "-out",
            pair.certificate,
            "-notext",
            "-cert",
            self.pair.certificate,
            "-keyfile",
            self.pair.key,
            *period,
        )
        return pair

    def expired(self) -> Pair:
        return self.leaf("expired", start="20200101000000Z", end="20210101000000Z")

    def wrong_host(self) -> Pair:
        return self.leaf("wrong-host", ("other.example.net",))

    def client_only(self) -> Pair:
        return self.leaf("client-only", usage="clientAuth")


def stranger(folder: Path) -> Pair:
    """A leaf with the right names from a CA that nobody trusts."""
    return Authority(folder, "Nobody's CA").leaf("stranger")


def _openssl(*arguments: object) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")


_CA_CONFIG = """\
[ca]
default_ca = hub
[hub]
database = {folder}/{name}.db
new_certs_dir = {folder}
default_md = sha256
rand_serial = yes
policy = any
x509_extensions = leaf
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
