# SPDX-License-Identifier: Apache-2.0
"""A company's certificates, made by the openssl tool: a root, and CAs that it signs for others to use."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

KEYS = {
    "ec": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
}
SUB_CA = """\
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True)
class SubCa:
    """What a company's administrator hands over: the chain with the root at its end, and the key (0600)."""

    chain: Path
    certificate: Path
    key: Path

    def config(self) -> dict[str, dict[str, str]]:
        return {"ca": {"cert": str(self.chain), "key": str(self.key)}}


class Company:
    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.root = folder / "root.pem"
        self._root_key = self._make_key("root", "rsa")
        openssl(
            *("req", "-x509", "-key", self._root_key, "-days", "100", "-out", self.root, "-subj", "/CN=Company Root"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        )

    def sub_ca(self, name: str = "weir", key: str = "ec", days: int = 90, extra: str = "") -> SubCa:
        """A CA that the root signs.  `extra`: further lines of openssl's x509v3_config(5)."""
        key_file = self._make_key(name, key)
        request, config = self._folder / f"{name}.csr", self._folder / f"{name}.cnf"
        certificate, chain = self._folder / f"{name}.pem", self._folder / f"{name}-chain.pem"
        config.write_text(SUB_CA + extra)
        openssl("req", "-new", "-key", key_file, "-out", request, "-subj", f"/CN=Company {name} CA")
        openssl(
            *("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self._root_key, "-CAcreateserial"),
            *("-days", days, "-extfile", config, "-out", certificate),
        )
        chain.write_text(certificate.read_text() + self.root.read_text())
        return SubCa(chain, certificate, key_file)

    def _make_key(self, name: str, kind: str) -> Path:
        path = self._folder / f"{name}.key"
        openssl("genpkey", *KEYS[kind], "-out", path)
        path.chmod(0o600)
        return path


def openssl(*arguments: object, stdin: bytes = b"") -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")
