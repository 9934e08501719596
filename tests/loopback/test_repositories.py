# SPDX-License-Identifier: Apache-2.0
"""What the store holds of one repository."""

import hashlib
import json
from pathlib import Path

from files import GATED, TINY, WEIGHTS, bearer, get, hold, resolve, whole
from harness import Weir
from hub import TestHub


def test_the_files_of_a_repository(weir: Weir, hub: TestHub) -> None:
    file = hold(weir, hub)
    commit = json.loads(get(weir, f"/api/models/{TINY}/revision/main").body)["sha"]
    weir.stop()
    listed = json.loads(weir.run("ls", "--json", "--repo", TINY).stdout)
    assert [(each["path"], each["revision"], each["commit"]) for each in listed] == [
        (WEIGHTS, "main", commit)
    ]
    for each in listed:
        blob = Path(each["blob"]).read_bytes()
        assert (each["size"], each["sha256"]) == (file.size, file.sha256)
        assert hashlib.sha256(blob).hexdigest() == file.sha256
    assert json.loads(weir.run("ls", "--json", "--repo", f"{TINY}@{commit}").stdout) == listed
    lines = weir.run("ls", "--repo", f"models/{TINY}@main", WEIGHTS).stdout
    assert all(text in lines for text in (WEIGHTS, commit, file.sha256, listed[0]["blob"], "1 file, "))


def test_what_is_not_held_is_not_listed(weir: Weir, hub: TestHub) -> None:
    hold(weir, hub)
    assert get(weir, resolve(GATED), method="HEAD", headers=bearer("hf_reader")).status in (200, 401, 403)
    weir.stop()
    for arguments in ([TINY, "other.bin"], [f"{TINY}@v9"], ["acme/nothing"], [f"datasets/{TINY}"], [GATED]):
        assert weir.run("ls", "--repo", *arguments).stdout == "0 files, 0 B\n"
    assert weir.run("ls", "--repo", "a/b/c").returncode == 2
    assert weir.run("ls", WEIGHTS).returncode == 2
