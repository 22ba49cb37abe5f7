"""What is left of stores and runs whose makers were killed is removed by the next command, and nothing else is."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sequent.runtime.store import open_store
from sequent.runtime.store.directories import is_unbegun
from sequent.runtime.store.sqlite.access import BESIDE
from sequent.runtime.store.sqlite.unfinished import Unfinished
from tests.children import Child
from tests.contracts.plans import create

HOLDING = "import sys, time\nfrom sequent.runtime.store.sqlite.unfinished import Unfinished\n"
HOLDING += "print(Unfinished(sys.argv[1]).name, flush=True)\ntime.sleep(600)\n"
RUNNING = """
import os, sys, signal
from sequent.runtime.store import open_store
from tests.contracts.plans import create
run = create(open_store(sys.argv[1]))
print(run.directory, flush=True)
signal.pause()
"""


@pytest.fixture
def place(tmp_path) -> str:
    return str(tmp_path / "s.db")


def names(place: str) -> list[str]:
    return sorted(os.listdir(os.path.dirname(place)))


def start(program: str, place: str) -> tuple[subprocess.Popen[str], str]:
    process = Child(
        [sys.executable, "-c", program, place], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_store_that_was_being_made_by_somebody_who_was_killed_is_removed_and_one_that_is_being_made_is_not(place):
    killed, left = start(HOLDING, place)
    busy, kept = start(HOLDING, place)
    for end in ("-wal", "-shm", "-journal"):
        Path(left + end).touch()
    kill(killed)
    try:
        open_store(place).close()
        assert names(place) == sorted(["s.db", os.path.basename(kept)])
    finally:
        kill(busy)
    open_store(place).close()
    assert names(place) == ["s.db"]


@pytest.mark.parametrize("end", BESIDE)
def test_a_file_beside_a_store_that_the_loss_of_power_has_taken_away_is_removed_too(place, end):
    Path(f"{place}.0123456789abcdef.new{end}").touch()
    busy, kept = start(HOLDING, place)
    Path(kept + end).touch()
    try:
        open_store(place).close()
        assert names(place) == sorted(["s.db", os.path.basename(kept), os.path.basename(kept) + end])
    finally:
        kill(busy)


@pytest.mark.parametrize(
    "other", ["s.db.new", "s.db.0123456789abcdef.new.txt", "other.db.0123456789abcdef.new", "s.db.0123456789abcdeX.new"]
)
def test_what_only_looks_like_it_is_left_alone(place, other):
    Path(place).with_name(other).touch()
    open_store(place).close()
    assert other in names(place)


def test_a_directory_of_that_name_is_left_alone_and_a_link_leads_nowhere(place, tmp_path):
    (tmp_path / "s.db.0123456789abcdef.new").mkdir()
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "s.db.0123456789abcdee.new").symlink_to(precious)
    open_store(place).close()
    assert precious.read_text() == "kept"
    assert (tmp_path / "s.db.0123456789abcdef.new").is_dir()


def test_whoever_is_found_before_the_lock_begins_again_under_another_name(place, monkeypatch):
    lock = fcntl.flock
    seen: list[str] = []

    def unlinking(handle: int, how: int) -> None:
        lock(handle, how)
        if not seen:
            seen.append(os.readlink(f"/proc/self/fd/{handle}"))
            os.unlink(seen[0])

    monkeypatch.setattr(fcntl, "flock", unlinking)
    new = Unfinished(place)
    assert os.path.exists(new.name)
    assert new.name != seen[0]
    new.close()
    assert names(place) == []


def test_the_ballast_of_a_run_whose_driver_was_killed_is_removed_and_that_of_one_that_runs_is_not(place):
    process, directory = start(RUNNING, place)
    ballast = Path(directory) / "ballast"
    open_store(place).close()
    assert ballast.stat().st_size == 2**20
    process.send_signal(signal.SIGKILL)
    process.communicate()
    open_store(place).close()
    assert not ballast.exists()


def test_the_directory_of_a_run_that_never_was_is_taken_by_the_next(place):
    store = open_store(place)
    first = create(store)
    runs = Path(first.directory).parent
    for number, has_logs in ((2, True), (3, False)):
        (runs / str(number)).mkdir(0o700)
        if has_logs:
            (runs / str(number) / "logs").mkdir(0o700)
            (runs / str(number) / "driver.lock").touch(0o600)
    (runs / "4" / "logs").mkdir(0o700, parents=True)
    (runs / "4" / "logs" / "w1.log").write_text("of a run that a copy does not know")
    made = [create(store).record.number for _ in range(3)]
    assert made == [2, 3, 5]
    store.close()


def test_a_directory_on_which_somebody_works_is_not_taken(place):
    store = open_store(place)
    run = create(store)
    assert not is_unbegun(run.directory)
    store.close()
