# SPDX-License-Identifier: Apache-2.0
"""The Debian package: what is in it, how its program is hardened, and what its service may do."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["WEIR_BUILD"])
SOURCE = pathlib.Path(os.environ["WEIR_SOURCE"])
UNIT = "usr/lib/systemd/system/weir.service"
PROGRAM_FOLDERS = tuple(f"{name}/" for name in "base http cas certs peer hub upstream proxy config cli".split())
MOST_EXPOSURE = 25  # tenths, by systemd-analyze security


def output_of(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=200, **options).stdout


class DebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        packages = pathlib.Path(cls.folder.name) / "packages"
        output_of("cpack", "-G", "DEB", "-B", str(packages), cwd=BUILD)
        (cls.package,) = packages.glob("*.deb")
        cls.root = pathlib.Path(cls.folder.name) / "root"
        output_of("dpkg-deb", "--extract", str(cls.package), str(cls.root))
        cls.control = pathlib.Path(cls.folder.name) / "control"
        output_of("dpkg-deb", "--control", str(cls.package), str(cls.control))

    def test_holds_the_program_its_service_and_its_user(self):
        files = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
        self.assertEqual(files, {
            "etc/weir/weir.toml", "usr/bin/weir", UNIT, "usr/lib/sysusers.d/weir.conf",
            "usr/share/doc/weir/CHANGELOG.md", "usr/share/doc/weir/README.md", "usr/share/doc/weir/copyright"})

    def test_keeps_the_configuration_that_its_owner_wrote(self):
        self.assertEqual((self.control / "conffiles").read_text().split(), ["/etc/weir/weir.toml"])

    def test_names_the_libraries_that_the_program_needs(self):
        depends = output_of("dpkg-deb", "--field", str(self.package), "Depends")
        for library in ("libssl", "libcurl", "libsqlite3", "libevent", "libc6"):
            self.assertIn(library, depends)

    def test_the_program_runs_and_takes_the_packaged_configuration(self):
        program = str(self.root / "usr/bin/weir")
        self.assertRegex(output_of(program, "--version"), r"\d+\.\d+\.\d+")
        output_of(program, "config", "--config", str(self.root / "etc/weir/weir.toml"))

    def test_scripts_are_valid(self):
        for name in ("postinst", "prerm", "postrm"):
            script = self.control / name
            self.assertTrue(os.access(script, os.X_OK), name)
            output_of("sh", "-n", str(script))

    def test_the_user_is_one_that_systemd_makes(self):
        output_of("systemd-sysusers", "--root", str(self.make_users_root()),
                  str(self.root / "usr/lib/sysusers.d/weir.conf"))
        users = (self.users_root / "etc/passwd").read_text()
        self.assertRegex(users, r"(?m)^weir:.*:/var/lib/weir:.*nologin$")

    def make_users_root(self):
        self.users_root = pathlib.Path(self.folder.name) / "users"
        (self.users_root / "etc").mkdir(parents=True)
        return self.users_root

    def test_the_service_has_no_more_rights_than_it_needs(self):
        report = output_of("systemd-analyze", "security", "--offline=yes", "--no-pager",
                           f"--threshold={MOST_EXPOSURE}", str(self.root / UNIT))
        exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", report)[1])
        self.assertLess(exposure, MOST_EXPOSURE / 10)

    def test_the_program_is_hardened(self):
        program = str(self.root / "usr/bin/weir")
        self.assertRegex(output_of("readelf", "--file-header", program), r"Type:\s+DYN")
        dynamic = output_of("readelf", "--dynamic", program)
        self.assertRegex(dynamic, r"BIND_NOW|FLAGS.*NOW")
        segments = output_of("readelf", "--program-headers", "--wide", program)
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK.* RW ")
        symbols = output_of("readelf", "--dyn-syms", "--wide", program)
        self.assertTrue("__stack_chk_fail" in symbols)
        self.assertTrue(re.search(r"__\w+_chk@", symbols), "no checked function of the C library: is this optimised?")

    def test_every_file_of_the_program_is_compiled_with_all_checks(self):
        """The symbols are the same at each level; the last word on a command line is what counts."""
        commands = {
            str(file.relative_to(SOURCE)): entry["command"]
            for entry in json.loads((BUILD / "compile_commands.json").read_text())
            if (file := pathlib.Path(entry["file"])).is_relative_to(SOURCE)
        }
        program = {name for name in commands if name.startswith(PROGRAM_FOLDERS)}
        self.assertEqual(program, {str(file.relative_to(SOURCE)) for folder in PROGRAM_FOLDERS
                                   for file in (SOURCE / folder).rglob("*.cpp")})
        for name in sorted(program):
            levels = re.findall(r" -([DU])_FORTIFY_SOURCE(\S*)", commands[name])
            self.assertEqual(levels[-1:], [("D", "=3")], name)


if __name__ == "__main__":
    unittest.main()
