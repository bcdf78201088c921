from __future__ import annotations

import stat
import threading

from sqlflow_server.runners.local.keys import key_ring

from sqlflow.transcript.positions import Position


def test_a_token_is_valid_after_a_restart(tmp_path):
    token = key_ring(tmp_path / "keys.json").sign("j1", Position(seq=7))

    assert key_ring(tmp_path / "keys.json").verify(token) == ("j1", Position(seq=7))


def test_the_keys_are_their_owners_alone(tmp_path):
    key_ring(tmp_path / "keys.json")

    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "keys.json"]


def test_servers_that_start_at_once_agree_on_the_keys(tmp_path):
    barrier, tokens = threading.Barrier(8), []

    def start():
        barrier.wait()
        tokens.append(key_ring(tmp_path / "keys.json").sign("j1", Position()))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens) == 8
    assert len(set(tokens)) == 1
