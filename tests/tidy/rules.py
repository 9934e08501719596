# SPDX-License-Identifier: Apache-2.0
"""The rules for source files: who may include whom, and what no file may be or say.

Pure: each rule takes a path (relative to the project, with slashes) and a text, and yields what is wrong with it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

MAX_LINES = 600
MAX_LINE_CHARACTERS = 120

# Folder -> the folders whose headers it may include beside its own.  docs/ARCHITECTURE.md draws the same table.
MAY_INCLUDE = {
    "base": set(),
    "http": {"base"},
    "cas": {"base"},
    "certs": {"base"},
    "peer": {"certs", "http", "base"},
    "hub": {"http", "base"},
    "upstream": {"peer", "hub", "cas", "http", "base"},
    "proxy": {"upstream", "peer", "hub", "cas", "certs", "http", "base"},
    "config": {"http", "base"},  # and the options.h of every other folder
    "cli": {"config", "proxy", "upstream", "peer", "hub", "cas", "certs", "http", "base"},
}
TAKES_OPTIONS_OF_ALL = {"config"}

# A library's headers -> the only folder or file that may see them.
LIBRARY_HOMES = {
    re.compile(r"curl/"): "upstream/",
    re.compile(r"event2/|event\.h$|evutil\.h$"): "base/",
    re.compile(r"sqlite3(ext)?\.h$"): "base/",
    re.compile(r"toml\+\+/"): "config/",
    re.compile(r"CLI/"): "cli/command_line.cpp",
}
# Slow to compile: in a .cpp file only.
HEAVY_LIBRARIES = re.compile(r"nlohmann/json\.hpp|spdlog/|toml\+\+/")

# Written so that no pattern matches its own spelling here.
FORBIDDEN_WORDS = {
    re.compile(r"\.\./shared[/]|/work[/]"): "a path of one machine",
    # In a lock file cargo calls its default registry by a name that ends in -index, whatever the host.
    re.compile(r"pypi[.]org|pythonhosted[.]org|npmjs[.]org|crates[.]io(?!-index)|golang[.]org|maven[.]org|deb[.]debian[.]org"
               r"|archive[.]ubuntu[.]com"): "the host of a package registry (the system's own settings name it)",
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
CPP = {".cpp", ".h"}
CODE = CPP | {".py", ".sh", ".cmake"}
NEEDS_LICENSE = CODE | {".toml", ".yml", ".yaml", ".service"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def is_script(text: str) -> bool:
    return text.startswith("#!")


def needs_license(path: PurePosixPath, text: str) -> bool:
    return path.suffix in NEEDS_LICENSE or path.name in ("CMakeLists.txt", "Makefile") or is_script(text)


def license_line(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if not needs_license(path, text):
        return
    line = 1 if is_script(text) else 0
    lines = text.split("\n")
    mark = "//" if path.suffix in CPP else "#"
    if len(lines) <= line or lines[line] != f"{mark} SPDX-License-Identifier: Apache-2.0":
        yield Finding(str(path), line + 1, f"the line '{mark} SPDX-License-Identifier: Apache-2.0' is missing")


def sizes(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix not in CODE:
        return
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        yield Finding(str(path), len(lines), f"{len(lines)} lines; {MAX_LINES} at most: split it by its nouns")
    if path.suffix in CPP and path.parts[0] != "tests":  # a test's literals may be longer
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_LINE_CHARACTERS:
                yield Finding(str(path), number, f"{len(line)} characters; {MAX_LINE_CHARACTERS} at most")


def headers(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix != ".h":
        return
    if not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield Finding(str(path), 1, "a header needs '#pragma once'")
    for match in re.finditer(r"^\s*using\s+namespace\b", text, re.MULTILINE):
        yield Finding(str(path), line_of(text, match.end()), "no 'using namespace' in a header")


def words(path: PurePosixPath, text: str) -> Iterator[Finding]:
    for pattern, what in FORBIDDEN_WORDS.items():
        for match in pattern.finditer(text):
            yield Finding(str(path), line_of(text, match.start()), f"'{match.group()}' names {what}")


def folder_includes(path: PurePosixPath, included: str) -> str | None:
    """What is wrong with #include "included", if anything."""
    folder, target = path.parts[0], PurePosixPath(included)
    if len(target.parts) < 2 or ".." in target.parts:
        return f'"{included}": write the path from the top folder'
    to = target.parts[0]
    if folder not in MAY_INCLUDE:
        return None  # tests and examples see everything
    if to == folder or to in MAY_INCLUDE[folder]:
        return None
    if folder in TAKES_OPTIONS_OF_ALL and to in MAY_INCLUDE and to != "cli" and target.name == "options.h":
        return None
    allowed = " ".join(sorted(MAY_INCLUDE[folder])) or "no other folder"
    return f'"{included}": {folder}/ may include {allowed}'


def library_includes(path: PurePosixPath, included: str) -> str | None:
    """What is wrong with #include <included>, if anything."""
    if path.parts[0] not in MAY_INCLUDE:
        return None
    for pattern, home in LIBRARY_HOMES.items():
        if pattern.match(included) and not str(path).startswith(home):
            return f"<{included}>: only {home} may see it"
    if path.suffix == ".h" and HEAVY_LIBRARIES.match(included):
        return f"<{included}>: slow to compile; include it in a .cpp file only"
    return None


def includes(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix not in CPP or len(path.parts) < 2:
        return
    for match in INCLUDE.finditer(text):
        ours, library = match.groups()
        problem = folder_includes(path, ours) if ours else library_includes(path, library)
        if problem:
            yield Finding(str(path), line_of(text, match.start()), problem)


def module_dependencies(path: PurePosixPath, text: str) -> Iterator[Finding]:
    """The DEPENDS of a folder's weir_module() names no folder that it may not include."""
    folder = path.parts[0]
    if path.name != "CMakeLists.txt" or folder not in MAY_INCLUDE or folder in TAKES_OPTIONS_OF_ALL:
        return
    for match in re.finditer(r"\bDEPENDS\s+([a-z\s]+)", text):
        for name in match.group(1).split():
            if name in MAY_INCLUDE and name not in MAY_INCLUDE[folder]:
                yield Finding(str(path), line_of(text, match.start()), f"{folder}/ must not depend on {name}/")


RULES: list[Callable[[PurePosixPath, str], Iterator[Finding]]] = [
    license_line, sizes, headers, words, includes, module_dependencies,
]


def check(path: str, text: str) -> list[Finding]:
    """All that is wrong with one file."""
    pure = PurePosixPath(path)
    return [finding for rule in RULES for finding in rule(pure, text)]
