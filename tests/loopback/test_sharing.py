# SPDX-License-Identifier: Apache-2.0
"""One fetch for many clients; none of them waits for another, none takes it away from another."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from files import CDN, GATED, MEDIUM, TINY, WEIGHTS, bearer, get, resolve, whole
from harness import Weir
from hub import ALICE, BOB, TestHub

CLIENTS = 16


def test_sixteen_clients_cost_one_download(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=1_000_000)
    with ThreadPoolExecutor(CLIENTS) as pool:
        replies = [pool.submit(get, weir, resolve(MEDIUM)) for _ in range(CLIENTS)]
        hub.log.wait_for(lambda log: len([r for r in log.find(path="/resolve/") if r.done]) == CLIENTS)
        stall.release()
        bodies = [reply.result().body for reply in replies]
    assert all(body == whole(file) for body in bodies)
    assert hub.lfs_bodies(file) == 1
    assert len(hub.log.find(host=CDN)) == 1


def regular(hub: TestHub) -> str:
    """Where config.json is."""
    return f"/api/resolve-cache/models/{TINY}/{hub.repo(TINY).main.sha}/config.json"


def test_sixteen_clients_cost_one_regular_file(weir: Weir, hub: TestHub) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        replies = [pool.submit(get, weir, regular(hub)) for _ in range(CLIENTS)]
        bodies = [reply.result().body for reply in replies]
    assert all(body == whole(hub.file(TINY, "config.json")) for body in bodies)
    assert len(hub.log.find(path="/api/resolve-cache/")) == 1


def test_a_regular_file_that_comes_slowly_delays_others_for_a_while_only(weir: Weir, hub: TestHub) -> None:
    stall = hub.inject(path="/api/resolve-cache/*", stall_at=1000)
    body = whole(hub.file(TINY, "config.json"))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, weir, regular(hub))
        assert stall.reached.wait(30)
        assert get(weir, regular(hub)).body == body
        assert not first.done()
        stall.release()
        assert first.result().body == body


def test_each_client_needs_a_permission_of_its_own(weir: Weir, hub: TestHub) -> None:
    stall = hub.inject(host=CDN, stall_at=100_000)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, weir, resolve(GATED), bearer(ALICE))
        assert stall.reached.wait(30)
        assert get(weir, resolve(GATED)).status == 401
        assert get(weir, resolve(GATED), bearer(BOB)).status == 403
        stall.release()
        assert first.result().body == whole(hub.file(GATED, WEIGHTS))


def test_a_client_that_does_not_read_delays_nobody(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    with weir.connect() as lazy:
        lazy.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = lazy.begin()
        assert get(weir, resolve(MEDIUM)).body == whole(file)
        assert response.read() == whole(file)
    assert hub.lfs_bodies(file) == 1


def test_the_body_arrives_while_it_is_fetched(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=3_000_000)
    with weir.connect() as connection:
        connection.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
        response = connection.begin()
        assert response.read(2_500_000) == whole(file)[:2_500_000]
        stall.release()
        assert response.read() == whole(file)[2_500_000:]


def test_a_fetch_goes_on_without_its_client(weir: Weir, hub: TestHub) -> None:
    file = hub.file(TINY, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=1_000_000)
    connection = weir.connect()
    connection.send_head("GET", resolve(), {"Host": "huggingface.co"})
    connection.begin().read(1000)
    assert stall.reached.wait(30)
    connection.close()
    stall.release()
    hub.log.wait_for(lambda log: [r for r in log.find(host=CDN) if r.done and r.body_bytes == file.size])
    assert get(weir, resolve()).body == whole(file)
    assert hub.lfs_bodies(file) == 1


def test_a_fetch_may_end_with_its_last_client(make_weir: Callable[..., Weir], hub: TestHub) -> None:
    weir = make_weir({"fetch": {"finish_after_disconnect": False}})
    file = hub.file("acme/big-model", WEIGHTS)
    hub.inject(host=CDN, rate=20_000_000)
    connection = weir.connect()
    connection.send_head("GET", resolve("acme/big-model"), {"Host": "huggingface.co"})
    connection.begin().read(100_000)
    connection.close()
    (record,) = hub.log.wait_for(lambda log: [r for r in log.find(host=CDN) if r.done])
    assert record.body_bytes < file.size


def test_the_first_client_leaves_and_the_others_stay(weir: Weir, hub: TestHub) -> None:
    file = hub.file(MEDIUM, WEIGHTS)
    stall = hub.inject(host=CDN, stall_at=2_000_000)
    first = weir.connect()
    first.send_head("GET", resolve(MEDIUM), {"Host": "huggingface.co"})
    first.begin().read(1000)
    with ThreadPoolExecutor(3) as pool:
        others = [pool.submit(get, weir, resolve(MEDIUM)) for _ in range(3)]
        hub.log.wait_for(lambda log: len([r for r in log.find(path="/resolve/") if r.done]) == 4)
        first.close()
        stall.release()
        assert all(other.result().body == whole(file) for other in others)
    assert hub.lfs_bodies(file) == 1


def test_many_files_at_once(weir: Weir, hub: TestHub) -> None:
    names = [f"shard-{number:05}.bin" for number in range(0, 90, 3)]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda name: get(weir, resolve("acme/many-files", name)), names))
    assert [reply.body for reply in replies] == [f"shard {int(name[6:11])}".encode() for name in names]


def test_a_client_that_comes_and_goes_leaves_nothing(weir: Weir, hub: TestHub) -> None:
    """Connections that end at any moment cost no descriptor for good."""
    before = descriptors(weir)
    for cut in (0, 1, 10, 1000):
        connection = weir.connect()
        connection.send_head("GET", resolve(), {"Host": "huggingface.co"})
        if cut:
            connection.sock.recv(cut)
        connection.close()
    assert get(weir, resolve()).body == whole(hub.file(TINY, WEIGHTS))
    assert descriptors(weir) <= before + 16  # kept-alive connections to the hub, open files


def descriptors(weir: Weir) -> int:
    return len(list(Path(f"/proc/{weir.pid}/fd").iterdir()))
