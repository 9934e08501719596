#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every file of the project against the rules of rules.py.  Usage: check_sources.py PROJECT_FOLDER"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from rules import Finding, check

SKIPPED_FOLDERS = {".git", ".venv", "build", "__pycache__", "node_modules"}


def project_files(root: Path) -> Iterator[Path]:
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - SKIPPED_FOLDERS)
        # In a linked worktree .git is a file.
        yield from (Path(folder) / name for name in sorted(set(names) - {".git"}))


def check_project(root: Path) -> tuple[int, list[Finding]]:
    """How many text files there are, and all that is wrong with them."""
    count, findings = 0, []
    for path in project_files(root):
        if path.is_symlink():
            continue
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue  # binary data of a test
        count += 1
        findings += check(path.relative_to(root).as_posix(), text)
    return count, findings


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0], "CMakeLists.txt").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    count, findings = check_project(Path(arguments[0]))
    for finding in findings:
        print(finding)
    print(f"files: {count}, findings: {len(findings)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
