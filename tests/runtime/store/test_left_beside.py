"""What another store has left beside the name of a new one: SQLite would take it for the new one's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.model.spec import FlowConfig
from sequent.runtime.runs.linked_directories import check_places
from sequent.runtime.store import open_store
from tests.contracts.plans import create
from tests.runtime.store.files import made

_KILLED = """
import os, signal, sys
from sequent.runtime.store import open_store
from tests.contracts.plans import create
create(open_store(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


def test_a_store_is_not_made_beside_what_a_killed_run_of_another_one_left(tmp_path):
    path = made(tmp_path / "s.db")
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path)], env=_environment(), check=False)
    assert killed.returncode == -signal.SIGKILL
    away = tmp_path / "away"
    path.rename(away)
    left = {name: (tmp_path / name).read_bytes() for name in ("s.db-wal", "s.db-shm")}
    assert left["s.db-wal"]
    with pytest.raises(StoreError, match=r"'.*s\.db-wal' and '.*s\.db-shm' are left of an earlier store") as caught:
        open_store(str(path))
    assert f"rm '{path}-wal' '{path}-shm'" in caught.value.hint
    assert not path.exists()
    assert {name: (tmp_path / name).read_bytes() for name in left} == left
    # The first advice: with its file back, all of that store's runs are there.
    away.rename(path)
    store = open_store(str(path))
    assert [run.number for run in store.runs()] == [2, 1]
    store.close()


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("how", ["file", "dangling link"])
def test_each_of_them_is_refused_by_name_and_left_as_it_was(tmp_path, end, how):
    beside = tmp_path / f"s.db{end}"
    if how == "file":
        beside.write_bytes(b"something")
    else:
        beside.symlink_to("nowhere")
    with pytest.raises(StoreError, match=rf"the store '.*s\.db' cannot be made: '{beside}' is left"):
        open_store(str(tmp_path / "s.db"))
    assert os.listdir(tmp_path) == [beside.name]


def test_once_it_is_removed_the_store_is_made_and_whole(tmp_path):
    (tmp_path / "s.db-wal").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError):
        open_store(str(tmp_path / "s.db"))
    (tmp_path / "s.db-wal").unlink()
    store = open_store(str(tmp_path / "s.db"))
    create(store).close()
    assert len(store.runs()) == 1
    store.close()


def test_what_the_same_store_has_beside_it_as_several_make_it_at_once_is_its_own(tmp_path):
    errors: list[Exception] = []

    def make(path: str, barrier: threading.Barrier) -> None:
        barrier.wait()
        try:
            store = open_store(path)
            store.runs()
            store.close()
        except StoreError as error:
            errors.append(error)

    for number in range(20):
        barrier = threading.Barrier(4)
        threads = [threading.Thread(target=make, args=(str(tmp_path / f"{number}.db"), barrier)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []


def test_no_run_is_made_in_a_store_whose_file_was_replaced_beside_what_was_left(tmp_path):
    path = made(tmp_path / "s.db")
    copy = path.read_bytes()
    for number in range(2):
        store = open_store(str(path))
        create(store, run_id=f"n{number}")
        store.close()
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], env=_environment()) as process:
        assert process.wait() == -signal.SIGKILL
    assert (tmp_path / "s.db-wal").stat().st_size > 0
    # The pages with the tables' definitions, at both ends, stay: it can be opened.
    quarter = len(copy) // 4
    path.write_bytes(copy[: 2 * quarter] + bytes(len(copy) - 3 * quarter) + copy[-quarter:])
    before = path.read_bytes()
    # Whoever closes it, or forgets it, has SQLite bring what is left into the file.
    store = open_store(str(path))
    with pytest.raises(StoreError, match="is damaged"):
        create(store)
    assert path.read_bytes() == before
    store.close()


LOGS = {"0777": 0o777, "1777": 0o1777, "0775": 0o775}


@pytest.mark.parametrize("mode", LOGS)
@pytest.mark.parametrize("key", ["logdir", "workdir"])
def test_a_directory_that_others_may_write_to_is_none_for_logs_either(key, mode, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    check_places(FlowConfig(**{key: str(place)}))
    place.chmod(LOGS[mode])
    os.chown(place, 0, 1)
    with pytest.raises(StoreError, match=rf"other users may replace the files in '{key}'.* has mode {mode}"):
        check_places(FlowConfig(**{key: str(place)}))
