# SPDX-License-Identifier: Apache-2.0
"""The real program under test: configuration, start, stop, kill, and what it says of itself."""

import http.client
import json
import os
import random
import shlex
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub import TestHub

from .connection import Connection

PROJECT = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0
STOP_SECONDS = 60.0
Config = Mapping[str, Mapping[str, Any]]


def weir_binary() -> Path:
    return Path(os.environ.get("WEIR_BIN") or PROJECT / "build/dev/weir")


def clean_environment(home: Path) -> dict[str, str]:
    """What a program of the tests finds: nothing of the machine's proxies, CAs and tokens."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        if name in os.environ
    }
    home.mkdir(parents=True, exist_ok=True)
    return {**kept, "HOME": str(home), "LANG": "C.UTF-8"}


class Weir:
    """A weir with its own folder (store, CA, configuration, log).  The port stays the same over restarts."""

    def __init__(
        self, folder: Path, hub: TestHub, config: Config | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.ca_folder = folder / "ca"
        self.config_file = folder / "weir.toml"
        self.log_file = folder / "weir.log"
        self.address = "127.0.0.1"
        self.port = free_port()
        self.environment = {**clean_environment(folder / "home"), **(environment or {})}
        self.program: Sequence[str | Path] = [weir_binary()]  # with what it is started by, if anything
        self._process: subprocess.Popen[bytes] | None = None
        self._ca_file: Path | None = None
        self._hub = hub
        folder.mkdir(parents=True, exist_ok=True)
        self.configure(config or {})

    def configure(self, config: Config) -> None:
        """Writes the configuration anew, with these additions to what every weir here has."""
        self.config = merged(self._base_config(self._hub), config)
        self.config_file.write_text(toml(self.config))

    def _base_config(self, hub: TestHub) -> Config:
        return {
            "proxy": {"listen": f"{self.address}:{self.port}"},
            "store": {"path": str(self.store)},
            "ca": {"path": str(self.ca_folder)},
            "origin": {"ca_file": str(hub.ca_file), "connect_to": [hub.connect_to]},
        }

    def __enter__(self) -> "Weir":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def tls(self) -> bool:
        """Whether its port speaks TLS, as localhost."""
        return bool(self.config["proxy"].get("tls"))

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self.tls else f"http://{self.address}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Starts `weir serve` and waits until it answers."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.program, "serve", "--config", self.config_file],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self.environment,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"weir did not start (exit code {self._process.poll()}):\n{self.log()}")
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends it by that signal; its exit code.  Fails when a sanitizer had something to say."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"weir did not end within {STOP_SECONDS} s of signal {number}:\n{self.log()}") from None
        log = self.log()
        if "Sanitizer" in log or "runtime error:" in log:
            raise RuntimeError(f"a sanitizer spoke:\n{log}")
        return code

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Sends a signal and does not wait."""
        assert self._process
        self._process.send_signal(number)

    def reload(self, until: str = "read the configuration anew") -> None:
        """Has it read its configuration, and waits until the log says so."""
        before = self.log().count(until)
        self.signal(signal.SIGHUP)
        deadline = time.monotonic() + START_SECONDS
        while self.log().count(until) == before:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the log does not say {until!r}:\n{self.log()}")
            time.sleep(0.01)

    def wait(self) -> int:
        """Waits for its own end; its exit code."""
        assert self._process
        return self._process.wait(STOP_SECONDS)

    def restart(self) -> None:
        self.stop()
        self.start()

    def run(
        self, *arguments: str | Path, environment: Mapping[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Runs another sub-command with this configuration: run("ca", "path")."""
        return subprocess.run(
            [*self.program, *map(str, arguments), "--config", self.config_file],
            text=True,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            env=self.environment if environment is None else environment,
        )

    def client_environment(self, home: Path, *options: str) -> dict[str, str]:
        """A clean environment with what `weir env` says with these options: nothing else is set."""
        base = clean_environment(home)
        done = self.run("env", *options, "--shell", "dotenv", environment=base)
        assert done.returncode == 0, done.stderr
        return {**base, **parse_dotenv(done.stdout)}

    def ca_file(self) -> Path:
        """What `weir ca path` says; asked once."""
        if self._ca_file is None:
            done = self.run("ca", "path")
            assert done.returncode == 0, done.stderr
            self._ca_file = Path(done.stdout.strip())
        return self._ca_file

    def connect(self, host: str = "huggingface.co", timeout: float = 60) -> Connection:
        """An intercepted TLS connection for that host."""
        return Connection.through_proxy((self.address, self.port), host, self.ca_file(), timeout)

    def admin(self, path: str) -> tuple[int, str]:
        """Status and body of GET /-/..."""
        connection = http.client.HTTPConnection(self.address, self.port, timeout=30)
        if self.tls:
            trusted = self.config["proxy"].get("cert") or self.ca_folder / "ca.pem"
            context = ssl.create_default_context(cafile=trusted)
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            connection = http.client.HTTPSConnection("localhost", self.port, timeout=30, context=context)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()

    def metrics(self) -> dict[str, float]:
        """The samples of /-/metrics, keyed as they are written (labels included)."""
        lines = (line for line in self.admin("/-/metrics")[1].splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def rest(self) -> None:
        """Waits until what clients left behind is done: no file is fetched, and nothing waits for the disk.  It must be
        so twice: between two pieces of work a loop may have to see to the first one's result."""
        deadline = time.monotonic() + START_SECONDS
        quiet = 0
        while quiet < 2:
            metrics = self.metrics()
            quiet = 0 if metrics["weir_fetches_running"] or metrics["weir_disk_work"] else quiet + 1
            if time.monotonic() > deadline:
                raise RuntimeError(f"weir does not come to rest:\n{self.log()}")
            time.sleep(0.005)

    def status(self) -> dict[str, Any]:
        return json.loads(self.admin("/-/status")[1])

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def objects(self) -> list[Path]:
        """The published blobs in the store."""
        return [path for path in (self.store / "objects").rglob("*") if path.is_file()]

    def healthy(self) -> bool:
        """Whether something on its port answers /-/health."""
        try:
            return self.admin("/-/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


_claims: list[socket.socket] = []


def free_port() -> int:
    """A port that nobody uses, below the range that the kernel picks from, and that no other test is given until this
    process ends: whoever binds it later, or again after a restart, still finds it free."""
    while True:
        port = random.randrange(20_000, 32_000)
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                claim.bind(f"\0weir-test-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                claim.close()
                continue
        _claims.append(claim)
        return port


def merged(first: Config, second: Config) -> Config:
    """The sections of both; a key of the second wins, and one that is None there is left out."""
    sections = {name: {**first.get(name, {}), **second.get(name, {})} for name in {**first, **second}}
    return {
        name: {key: value for key, value in section.items() if value is not None} for name, section in sections.items()
    }


def toml(config: Config) -> str:
    """Sections of plain values, strings and lists of strings as TOML (JSON's spelling of them is TOML's too)."""
    lines = []
    for section, members in config.items():
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in members.items()), ""]
    return "\n".join(lines)


def parse_dotenv(text: str) -> dict[str, str]:
    """The variables of `weir env --shell dotenv`: NAME=value, the value quoted or not."""
    variables = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            words: Sequence[str] = shlex.split(value)
            variables[name.strip()] = words[0] if words else ""
    return variables
