# SPDX-License-Identifier: Apache-2.0
"""Each rule finds what it is there for, and lets alone what is right."""

import tempfile
import unittest
from pathlib import Path

from check_sources import check_project, main
from rules import MAX_LINES, MAY_INCLUDE, check

CPP_LICENSE = "// SPDX-License-Identifier: Apache-2.0\n"
LICENSE = "# SPDX-License-Identifier: Apache-2.0\n"


def cpp(body: str) -> str:
    return CPP_LICENSE + body + "\n"


def include(target: str) -> str:
    return cpp(f"#include {target}")


class IncludeTest(unittest.TestCase):
    def assert_includes(self, path: str, target: str, allowed: bool) -> None:
        text = include(target) if path.endswith(".cpp") else cpp(f"#pragma once\n#include {target}")
        findings = [str(finding) for finding in check(path, text)]
        self.assertEqual(len(findings), 0 if allowed else 1, f"{path} {target}: {findings}")

    def test_the_whole_table(self) -> None:
        rows = {
            "base": "base",
            "http": "http base",
            "cas": "cas base",
            "certs": "certs base",
            "peer": "peer certs http base",
            "hub": "hub http base",
            "upstream": "upstream peer hub cas http base",
            "proxy": "proxy upstream peer hub cas certs http base",
            "config": "config http base",
            "cli": "cli config proxy upstream peer hub cas certs http base",
        }
        self.assertEqual(set(rows), set(MAY_INCLUDE))
        for folder, allowed in rows.items():
            for target in rows:
                for suffix in ("cpp", "h"):
                    self.assert_includes(f"{folder}/x.{suffix}", f'"{target}/y.h"', target in allowed.split())

    def test_config_sees_the_options_of_the_others(self) -> None:
        for folder in ("proxy", "cas", "certs", "upstream", "hub"):
            self.assert_includes("config/config.h", f'"{folder}/options.h"', True)
            self.assert_includes("config/config.h", f'"{folder}/other_options.h"', False)
        self.assert_includes("config/config.h", '"cli/options.h"', False)
        self.assert_includes("proxy/x.h", '"config/options.h"', False)

    def test_libraries_have_homes(self) -> None:
        for header, home in (("curl/curl.h", "upstream"), ("event2/event.h", "base"), ("event2/thread.h", "base"),
                             ("sqlite3.h", "base"), ("toml++/toml.h", "config")):
            for folder in MAY_INCLUDE:
                self.assert_includes(f"{folder}/x.cpp", f"<{header}>", folder == home)

    def test_the_parser_of_the_command_line_has_one_file(self) -> None:
        for path in ("cli/command_line.cpp", "tests/bench/load/main.cpp"):
            self.assert_includes(path, "<CLI/CLI.hpp>", True)
        for path in ("cli/command_line.h", "cli/gc_command.cpp", "cli/main.cpp", "config/command_line.cpp"):
            self.assert_includes(path, "<CLI/CLI.hpp>", False)

    def test_heavy_libraries_stay_out_of_headers(self) -> None:
        for header in ("nlohmann/json.hpp", "spdlog/spdlog.h"):
            self.assert_includes("http/x.h", f"<{header}>", False)
            self.assert_includes("http/x.cpp", f"<{header}>", True)
        self.assert_includes("http/x.h", "<nlohmann/json_fwd.hpp>", True)
        self.assert_includes("http/x.h", "<vector>", True)

    def test_the_path_stands_from_the_top_folder(self) -> None:
        for target in ('"head.h"', '"../base/log.h"', '"http/../proxy/x.h"'):
            self.assert_includes("http/x.cpp", target, False)

    def test_a_folder_that_is_unknown_is_refused(self) -> None:
        self.assert_includes("http/x.cpp", '"tests/unit/x.h"', False)

    def test_odd_spacing_does_not_hide_an_include(self) -> None:
        for line in ('#include"proxy/x.h"', '  #  include   "proxy/x.h"', '\t#\tinclude\t"proxy/x.h"'):
            self.assertEqual(len(check("base/x.cpp", cpp(line))), 1, line)

    def test_tests_see_everything(self) -> None:
        for target in ('"proxy/x.h"', "<curl/curl.h>", "<event2/event.h>"):
            self.assert_includes("tests/unit/base/x_test.cpp", target, True)

    def test_a_finding_names_its_line(self) -> None:
        findings = check("base/x.cpp", cpp('\n#include <vector>\n#include "proxy/x.h"'))
        self.assertEqual([finding.line for finding in findings], [4])


class ModuleTest(unittest.TestCase):
    def test_depends_follows_the_same_table(self) -> None:
        text = LICENSE + "weir_module(cas SOURCES a.cpp DEPENDS base {} LIBRARIES SQLite::SQLite3)\n"
        self.assertEqual(check("cas/CMakeLists.txt", text.format("")), [])
        self.assertEqual(len(check("cas/CMakeLists.txt", text.format("proxy"))), 1)


class FileTest(unittest.TestCase):
    def test_every_kind_of_source_needs_its_license_line(self) -> None:
        for path in ("base/x.cpp", "base/x.h", "tests/x.py", "contrib/x.sh", "cmake/x.cmake", "CMakeLists.txt",
                     "http/CMakeLists.txt", "Makefile", "config/weir.toml"):
            text = "#pragma once\n"
            self.assertIn("SPDX", str(check(path, text)[0]), path)
            right = (CPP_LICENSE if path.endswith((".cpp", ".h")) else LICENSE) + text
            self.assertEqual(check(path, right), [], path)

    def test_a_script_has_it_on_its_second_line(self) -> None:
        self.assertEqual(check(".ci/run", "#!/usr/bin/env bash\n" + LICENSE), [])
        self.assertEqual(len(check(".ci/run", "#!/usr/bin/env bash\nset -e\n")), 1)

    def test_an_empty_source_needs_it_too(self) -> None:
        self.assertEqual(len(check("tests/__init__.py", "")), 1)

    def test_prose_and_data_need_none(self) -> None:
        for path in ("README.md", "CMakePresets.json", "LICENSE", "tests/data/x.txt"):
            self.assertEqual(check(path, "text\n"), [], path)

    def test_the_longest_file(self) -> None:
        for path, start in (("base/x.cpp", CPP_LICENSE), ("tests/x.py", LICENSE)):
            self.assertEqual(check(path, start + "\n" * (MAX_LINES - 1)), [])
            self.assertEqual(len(check(path, start + "\n" * MAX_LINES)), 1)
        self.assertEqual(check("README.md", "\n" * 2 * MAX_LINES), [])

    def test_the_longest_line(self) -> None:
        self.assertEqual(check("base/x.cpp", cpp("x" * 120)), [])
        self.assertEqual(len(check("base/x.cpp", cpp("x" * 121))), 1)
        self.assertEqual(check("tests/unit/base/x_test.cpp", cpp("x" * 121)), [])

    def test_headers(self) -> None:
        self.assertEqual(len(check("base/x.h", cpp("int x;"))), 1)
        self.assertEqual(len(check("base/x.h", cpp("#pragma once\n using  namespace std;"))), 1)
        self.assertEqual(check("base/x.h", cpp("#pragma once\nusing weir::Loop;\nnamespace weir {}")), [])
        self.assertEqual(check("base/x.cpp", cpp("using namespace std::literals;")), [])

    def test_forbidden_words_in_any_file(self) -> None:
        for word in ("../shared" + "/docs/x.md", "/work" + "/main", "https://pypi" + ".org/simple", "files.pythonhosted" + ".org",
                     "registry.npmjs" + ".org", "index.crates" + ".io", "proxy.golang" + ".org", "deb.debian" + ".org"):
            for path, text in (("docs/x.md", "see {}\n"), ("base/x.cpp", CPP_LICENSE + "// {}\n"),
                               ("package-lock.json", '"{}"\n')):
                self.assertEqual(len(check(path, text.format(word))), 1, (word, path))
        self.assertEqual(check("docs/x.md", "shared/ work/ and a shared folder\n"), [])


class ProjectTest(unittest.TestCase):
    def test_a_violation_in_a_project_fails_the_run(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            (root / "CMakeLists.txt").write_text(LICENSE)
            (root / "base").mkdir()
            (root / "base" / "good.cpp").write_text(include("<vector>"))
            (root / "build").mkdir()
            (root / "build" / "made.cpp").write_text("nothing of ours\n")
            (root / "base" / "binary").write_bytes(b"\xff\xfe\x00")
            self.assertEqual(check_project(root), (2, []))
            self.assertEqual(main([name]), 0)
            (root / "base" / "bad.cpp").write_text(include('"proxy/x.h"'))
            self.assertEqual([finding.path for finding in check_project(root)[1]], ["base/bad.cpp"])
            self.assertEqual(main([name]), 1)

    def test_a_wrong_folder_is_not_a_clean_one(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            self.assertEqual(main([name]), 2)
        self.assertEqual(main([]), 2)


if __name__ == "__main__":
    unittest.main()
