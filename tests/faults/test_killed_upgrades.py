"""A store of an older version is brought up to this one, and killed at each call, or loses its power: old or new.

UPGRADE_CALLS says at how many calls of each version (see CONTRIBUTING.md).
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sequent.model.status import RunStatus
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite.schema import OLDEST, VERSION
from tests.faults import evidence, power_cuts
from tests.faults.drivers import ROOT
from tests.faults.shim import Action, Shim
from tests.faults.swept_runs import points

COUNT = int(os.environ.get("UPGRADE_CALLS", "8"))
WRITTEN = {number: ROOT / f"tests/runtime/store/version_{number}.sql" for number in range(OLDEST, VERSION)}
OPEN = "import sys; from sequent.runtime.store import open_store; open_store(sys.argv[1]).close()"


def content(path: Path) -> list[str]:
    """All that a database has, read without the code of the store."""
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump()]


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def old_store(directory: Path, number: int) -> Path:
    """A store of that version, in the place of another one."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    path = directory / "s.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(WRITTEN[number].read_text())
        connection.execute("PRAGMA journal_mode = WAL")
    path.chmod(0o600)
    return path


def upgrade(library: Path, directory: Path, path: Path, number: int, action: Action) -> tuple[Shim, int]:
    """Open a store in another process, which is killed at a call of that number."""
    shutil.rmtree(directory, ignore_errors=True)
    shim = Shim(library, directory, number=number, action=action, watched=path.parent)
    words = [sys.executable, "-c", OPEN, str(path)]
    return shim, subprocess.run(words, cwd=ROOT, env={**os.environ, **shim.environment}, check=False).returncode


def check(path: Path, number: int, before: list[str], new: list[str]) -> None:
    """The store is as it was or as it shall be, and so is each copy; and it can be opened."""
    looked_at = path.parent.with_name("looked-at")
    shutil.rmtree(looked_at, ignore_errors=True)
    shutil.copytree(path.parent, looked_at)
    found = version(looked_at / "s.db")
    assert found in (number, VERSION)
    assert content(looked_at / "s.db") == (before if found == number else new)
    with closing(open_store(str(path))) as store:
        record = store.find("old")
        assert record.status is RunStatus.FAILURE
        assert [*store.attempts(record)]
    assert content(path) == new
    copies = sorted(path.parent.glob("s.db.v*"))
    # Of an upgrade that was killed there may be a whole one already.
    assert 1 <= len(copies) <= 2
    assert all(content(copy) == before for copy in copies)
    others = {it.name for it in path.parent.iterdir() if it.is_file()} - {it.name for it in copies}
    assert others <= {"s.db", "s.db-wal", "s.db-shm"}


@pytest.mark.parametrize("loses", ["process", "power"])
@pytest.mark.parametrize("number", WRITTEN)
def test_a_store_is_old_or_new_at_whichever_call_its_upgrade_ends(shim_library, tmp_path, number, loses) -> None:
    chance = random.Random(number)
    path = old_store(tmp_path / "store", number)
    before = content(path)
    shim, code = upgrade(shim_library, tmp_path / "shim", path, 0, Action.NOTHING)
    assert code == 0
    total = shim.count
    shim.close()
    new = content(path)
    assert before != new
    wrong: list[str] = []
    kills = 0
    every = points(total, COUNT)
    for place, action in evidence.in_time(every):
        path = old_store(tmp_path / "store", number)
        shim, code = upgrade(shim_library, tmp_path / "shim", path, place, action)
        killed = code == -signal.SIGKILL
        kills += killed
        try:
            assert killed == bool(shim.victim)
            if loses == "power":
                power_cuts.cut(shim.journal, path.parent, chance if chance.random() < 0.7 else None)
            check(path, number, before, new)
        except (AssertionError, sqlite3.Error) as error:
            wrong.append(f"version {number}, {action.name} {place}: {shim.calls()[-1]}: {error}")
        shim.close()
    evidence.note(24 if loses == "process" else 6, kills=kills, points=len(every))
    assert not wrong, "\n".join(wrong)
    assert kills
