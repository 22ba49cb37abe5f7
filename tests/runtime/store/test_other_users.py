"""Another local user, who puts files beside a store: none of them is ever read."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.model.outcome import LogSpan
from sequent.runtime.logs.segment_files import open_segment
from sequent.runtime.store import open_store
from sequent.runtime.store.directories import check_directory
from sequent.runtime.store.sqlite.access import BESIDE
from tests.contracts.plans import create
from tests.runtime.store.files import made

NOBODY = 65534
EVIL = '{"flow": "evil"}'


@pytest.fixture(autouse=True)
def is_root():
    assert os.geteuid() == 0, "a second user can be played by root alone"


@contextmanager
def another_user(act: Callable[[], None]) -> Iterator[None]:
    """Somebody with no rights of ours does this all the time."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            while True:
                act()
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def done_by_another_user(act: Callable[[], None]) -> int:
    """Somebody with no rights of ours does this once; give how it ended."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            act()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def reached(directory: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Write new files of that directory; it works for another user as well, who cannot look into what is above."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)

    def write(name: str, content: bytes) -> None:
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=handle)
        os.write(file, content)
        os.close(file)

    try:
        yield write
    finally:
        os.close(handle)


def journal_of(path: Path, scratch: Path) -> bytes:
    """A journal that changes a store, once it is played back, so that its runs are of another flow."""
    copy = scratch / "copy.db"
    shutil.copy(path, copy)
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("UPDATE request SET target = ?", (EVIL,))
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE request SET target = 'any'")
        journal = (scratch / "copy.db-journal").read_bytes()
        connection.execute("ROLLBACK")
    return journal


def test_the_journal_that_another_user_has_planted_is_refused_before_sqlite_plays_it_back(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    path = made(shared / "s.db")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    planted = journal_of(path, scratch)
    victim = scratch / "victim.db"
    shutil.copy(path, victim)
    (scratch / "victim.db-journal").write_bytes(planted)
    with closing(sqlite3.connect(victim)) as connection:
        assert connection.execute("SELECT target FROM request").fetchone() == (EVIL,), "the attack is none"

    shared.chmod(0o1777)
    with reached(shared) as write:
        assert done_by_another_user(lambda: write("s.db-journal", planted)) == 0
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"other users may replace the store: its directory .* has mode 1777"):
        open_store(str(path))
    shared.chmod(0o755)
    with pytest.raises(StoreError, match=r"s\.db-journal' lies beside the store.*nobody put it there"):
        open_store(str(path))
    assert path.read_bytes() == before
    os.unlink(shared / "s.db-journal")
    store = open_store(str(path))
    assert store.find("latest").target.flow == "small"
    store.close()


def test_a_journal_is_refused_before_each_connection_and_not_only_the_first(tmp_path):
    path = made(tmp_path / "s.db")
    store = open_store(str(path))
    record = store.find("latest")
    (tmp_path / "s.db-journal").touch()
    with pytest.raises(StoreError, match="which never has a journal"):
        list(store.attempts(record))
    with pytest.raises(StoreError, match="which never has a journal"):
        store.take("latest")
    store.close()


@pytest.mark.parametrize("end", BESIDE)
def test_who_plants_a_file_between_two_looks_gains_nothing(tmp_path, end):
    shared = tmp_path / "shared"
    shared.mkdir()
    path = made(shared / "s.db")
    planted = shared / f"s.db{end}"
    outcomes: set[str] = set()

    def plant() -> None:
        with suppress(OSError):
            write(planted.name, b"")

    def look() -> None:
        shared.chmod(0o755)
        try:
            store = open_store(str(path))
            assert store.find("latest").target.flow == "small"
            store.close()
            outcomes.add("right")
        except StoreError as error:
            outcomes.add("refused" if "nobody" in str(error) else str(error))
        planted.unlink(missing_ok=True)

    with reached(shared) as write:
        shared.chmod(0o1777)
        assert done_by_another_user(plant) == 0
        look()
        assert outcomes == {"refused"}
        for _ in range(30):
            shared.chmod(0o1777)
            with another_user(plant):
                with pytest.raises(StoreError, match="other users may replace the store"):
                    open_store(str(path))
                look()
    assert outcomes <= {"refused", "right"}


def test_nobody_can_plant_anything_beside_a_store_in_a_directory_that_is_taken(tmp_path):
    own = tmp_path / "own"
    own.mkdir(mode=0o755)
    check_directory(str(own), "the store")
    with reached(own) as write:
        assert done_by_another_user(lambda: write("s.db-wal", b"")) == 1


@pytest.mark.parametrize("end", ["-wal", "-shm"])
@pytest.mark.parametrize("how", ["link", "hard", "fifo", "directory", "foreign"])
def test_what_lies_beside_a_store_and_is_not_as_sqlite_makes_it_is_refused(tmp_path, end, how):
    path = made(tmp_path / "s.db")
    other, beside = tmp_path / "other", tmp_path / f"s.db{end}"
    other.write_bytes(b"")
    match how:
        case "link":
            beside.symlink_to(other)
        case "hard":
            os.link(other, beside)
        case "fifo":
            os.mkfifo(beside)
        case "directory":
            beside.mkdir()
        case _:
            beside.touch()
            os.chown(beside, NOBODY, -1)
    with pytest.raises(StoreError, match=rf"'{beside}'.*(not a plain file|a second name|belongs to another user)"):
        open_store(str(path))
    assert other.read_bytes() == b""


def test_a_directory_above_that_others_may_rename_in_is_refused_unless_it_is_sticky(tmp_path):
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o1777)
    open_store(str(inner / "s.db")).close()
    inner.parent.chmod(0o777)
    with pytest.raises(StoreError, match=r"outer', above its directory '.*inner', has mode 0777") as caught:
        open_store(str(inner / "s.db"))
    assert f"chmod go-w '{inner.parent}'" in caught.value.hint
    inner.parent.chmod(0o755)
    os.chown(inner.parent, NOBODY, -1)
    with pytest.raises(StoreError, match="belongs to nobody"):
        open_store(str(inner / "s.db"))


def test_the_systems_own_directory_for_temporary_files_is_no_place_and_what_to_do_is_told():
    with pytest.raises(StoreError, match="'/tmp' has mode 1777") as caught:
        open_store("/tmp/s.db")  # noqa: S108 - it is refused
    assert caught.value.hint == "name a directory of your own; to make one there: mkdir -m 700 '/tmp/sequent'"


@pytest.mark.parametrize("how", ["link", "foreign", "open", "file"])
def test_the_directory_of_the_runs_is_looked_at_by_whoever_reads(tmp_path, how):
    path = made(tmp_path / "s.db")
    runs = tmp_path / "s.db.runs"
    match how:
        case "link":
            runs.rename(tmp_path / "away")
            runs.symlink_to(tmp_path / "away")
        case "foreign":
            os.chown(runs, NOBODY, -1)
        case "open":
            runs.chmod(0o733)
        case _:
            runs.rename(tmp_path / "away")
            runs.touch()
    with pytest.raises(StoreError, match=r"s\.db\.runs', where the runs of the store are"):
        open_store(str(path), makes=False)


@pytest.mark.parametrize("inner", ["1", "1/logs"])
@pytest.mark.parametrize("how", ["open", "foreign"])
def test_neither_a_runs_directory_nor_its_logs_are_read_where_others_may_write(tmp_path, inner, how):
    store = open_store(str(made(tmp_path / "s.db")))
    directory = tmp_path / "s.db.runs" / inner
    if how == "open":
        directory.chmod(0o777)
    else:
        os.chown(directory, NOBODY, -1)
    with pytest.raises(StoreError, match=rf"'{directory}', where the (files|logs) of a run are"):
        store.log_file(store.find("latest"), LogSpan(segment="w1.log", offset=0, length=1))
    with pytest.raises(StoreError, match=rf"'{directory}', where the (files|logs) of a run are"):
        store.take("latest")
    store.close()


def test_a_link_in_the_place_of_a_log_is_not_followed(tmp_path):
    log, other = tmp_path / "w1.log", tmp_path / "other"
    other.write_text("secret")
    log.symlink_to(other)
    with pytest.raises(StoreError, match="cannot be read: Too many levels of symbolic links"):
        open_segment(str(log))
    log.unlink()
    os.mkfifo(log)
    with pytest.raises(StoreError, match="is not a plain file"):
        open_segment(str(log))


def test_a_run_is_made_where_nobody_else_writes(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    directory = Path(create(store).directory)
    check_directory(str(directory), "logs")
    store.close()
