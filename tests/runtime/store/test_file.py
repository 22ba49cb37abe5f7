"""The store's file: made whole and private, and whatever is not ours is refused and left as it was."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sequent.errors import FencedError, StoreBusyError, StoreError, StoreFullError, UnknownRunError, UsageError
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, Ending, RunEnd, TaskKey
from sequent.runtime.store import is_there, open_store
from sequent.runtime.store.location import network_mount
from sequent.runtime.store.sqlite.opening import connect
from tests.contracts.plans import A, attempted, create, intent, plan

TASK_A = TaskKey(1, A, 0)


def made(path: Path) -> Path:
    """A store that holds one run, closed."""
    store = open_store(str(path))
    run = create(store)
    attempted(run, TASK_A, result='"kept"')
    store.close()
    return path


def altered(path: Path, *statements: str, values: tuple[str, ...] = ()) -> None:
    """Change a store behind Sequent's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement, values)
    connection.close()


def refused(path: Path, match: str) -> StoreError:
    """The error with which a file is refused, which leaves it as it was."""
    before = path.read_bytes()
    with pytest.raises(StoreError, match=match) as caught:
        open_store(str(path))
    assert path.read_bytes() == before
    assert caught.value.exit_code == 4
    assert sorted(name.name for name in path.parent.iterdir() if name.name.endswith(".new")) == []
    return caught.value


# -- made -------------------------------------------------------------------------------------------


def test_all_that_a_store_makes_is_private_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        store = open_store(str(tmp_path / "s.db"))
        attempted(create(store), TASK_A, result='"' + "x" * 2_000_000 + '"')
        found = {path: path.stat() for path in tmp_path.rglob("*")}
        store.close()
    finally:
        os.umask(old)
    names = {path.name for path in found}
    assert {"s.db", "s.db-wal", "s.db-shm", "s.db.runs", "driver.lock", "values", "logs"} <= names
    for path, info in found.items():
        expected = 0o700 if stat.S_ISDIR(info.st_mode) else 0o600
        assert stat.S_IMODE(info.st_mode) == expected, path


def test_what_was_written_is_there_when_the_store_is_opened_again(tmp_path):
    store = open_store(str(made(tmp_path / "s.db")))
    run = store.take("latest")
    assert run.result(TASK_A) == '"kept"'
    assert store.name == str(tmp_path / "s.db")
    store.close()


def test_every_connection_has_the_pragmas_that_the_promise_rests_on(tmp_path):
    path = made(tmp_path / "s.db")
    connection = connect(str(path), 0)
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in "journal_mode synchronous foreign_keys trusted_schema".split()
    }
    connection.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}


def test_a_store_is_named_by_path_url_or_environment(tmp_path, monkeypatch):
    path = str(made(tmp_path / "s.db"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEQUENT_STORE", path)
    for name in (path, "s.db", f"sqlite:///{path}", "sqlite:///s.db", None):
        store = open_store(name)
        assert (store.name, len(store.runs())) == (path, 1)
        store.close()


def test_the_users_own_store_makes_its_directory_private(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQUENT_STORE", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    store = open_store(None)
    store.close()
    assert store.name == str(tmp_path / "state" / "sequent" / "store.db")
    assert stat.S_IMODE(os.stat(tmp_path / "state" / "sequent").st_mode) == 0o700


def test_a_database_that_is_not_supported_yet_is_refused_by_name():
    with pytest.raises(UsageError, match="not supported yet: a store in postgresql"):
        open_store("postgresql://user:secret@host/db")


def test_a_directory_of_an_unknown_run_is_left_alone(tmp_path):
    path = made(tmp_path / "s.db")
    stranger = tmp_path / "s.db.runs" / "2" / "logs"
    stranger.mkdir(parents=True)
    (stranger / "kept.log").write_text("precious")
    store = open_store(str(path))
    run = create(store)
    assert run.record.number == 3
    assert run.record.id == "r00003"
    store.close()
    assert (stranger / "kept.log").read_text() == "precious"


# -- refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is not a Sequent store: it is empty"),
        (b"hello", "no SQLite database"),
        (os.urandom(4096), "no SQLite database"),
        (b"SQLite format 3\0", "no SQLite database, or an encrypted or cut one"),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path, content, match):
    path = tmp_path / "s.db"
    path.write_bytes(content)
    assert str(path) in str(refused(path, match))


def test_another_applications_database_is_refused_with_its_id(tmp_path):
    path = tmp_path / "s.db"
    altered(path, "PRAGMA application_id = 0x12345678", "CREATE TABLE run (number)")
    refused(path, "another application's database .*0x12345678")


def test_a_newer_store_is_refused_with_both_versions_and_the_way_out(tmp_path):
    path = made(tmp_path / "s.db")
    altered(path, "PRAGMA user_version = 7", "PRAGMA wal_checkpoint(TRUNCATE)")
    error = refused(path, "written by a newer Sequent: its schema is 7, this one knows 2")
    assert "pip install --upgrade sequent" in str(error)


def test_an_unknown_schema_is_refused(tmp_path):
    path = made(tmp_path / "s.db")
    altered(path, "PRAGMA user_version = 0", "PRAGMA wal_checkpoint(TRUNCATE)")
    refused(path, "unknown schema 0; this Sequent knows 2")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER evil AFTER UPDATE ON run BEGIN UPDATE run SET status = 'success'; END",
        "CREATE VIEW evil AS SELECT 1",
    ],
)
def test_a_store_into_which_somebody_put_code_is_refused(tmp_path, statement):
    path = made(tmp_path / "s.db")
    altered(path, statement)
    refused(path, "it holds 'evil'")


def test_a_store_that_lacks_a_table_is_refused(tmp_path):
    path = made(tmp_path / "s.db")
    altered(path, "DROP TABLE attempt")
    refused(path, "it has no table 'attempt'")


def test_a_store_that_was_cut_is_told_as_damaged(tmp_path):
    path = made(tmp_path / "s.db")
    os.truncate(path, 4096 * 2)
    with pytest.raises(StoreError, match="is damaged"):
        open_store(str(path)).runs()


def test_a_directory_that_was_named_must_be_there(tmp_path):
    path = tmp_path / "no" / "where" / "s.db"
    with pytest.raises(StoreError, match=f"the directory '{path.parent}' .* does not exist"):
        open_store(str(path))
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_no_store(tmp_path):
    with pytest.raises(StoreError, match="is a directory"):
        open_store(str(tmp_path))


def test_a_directory_in_which_others_could_replace_the_store_is_refused(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with pytest.raises(StoreError, match=r"other users may replace the store.*mode 0777"):
        open_store(str(shared / "s.db"))
    shared.chmod(0o1777)
    open_store(str(shared / "s.db")).close()


def test_a_link_that_is_ones_own_is_followed_and_a_foreign_file_is_not(tmp_path):
    path = made(tmp_path / "s.db")
    (tmp_path / "mine.db").symlink_to(path)
    store = open_store(str(tmp_path / "mine.db"))
    assert store.name == str(path)
    store.close()
    (tmp_path / "theirs.db").symlink_to("/proc/1/environ" if os.geteuid() else _given_away(tmp_path))
    with pytest.raises(StoreError, match="a link that leads to a file of another user"):
        open_store(str(tmp_path / "theirs.db"))


def _given_away(directory: Path) -> Path:
    path = directory / "given"
    path.write_bytes(b"")
    os.chown(path, 12345, -1)
    return path


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/ann/s.db", ("/home", "nfs4")),
        ("/home/local/s.db", None),
        ("/homes/s.db", None),
        ("/mnt/my disk/s.db", ("/mnt/my disk", "cifs")),
        ("/win/s.db", ("/win", "smb3")),
        ("/ssh/s.db", ("/ssh", "fuse.sshfs")),
        ("/s.db", None),
    ],
)
def test_a_network_filesystem_is_known_by_its_mount(path, found):
    mounts = [
        "/dev/vda / ext4 rw 0 0\n",
        "server:/home /home nfs4 rw 0 0\n",
        "/dev/vdb /home/local ext4 rw 0 0\n",
        "//s/x /mnt/my\\040disk cifs rw 0 0\n",
        "//s/y /win smb3 rw 0 0\n",
        "me@host: /ssh fuse.sshfs rw 0 0\n",
    ]
    assert network_mount(path, mounts) == found


# -- while it is used -------------------------------------------------------------------------------


def test_a_locked_store_is_told_at_once_and_the_same_batch_is_written_later(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    batch = Batch(intents=[intent(TASK_A)])
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="is locked"):
        run.commit(batch)
    other.execute("ROLLBACK")
    other.close()
    run.commit(batch)
    assert [told.path for told in store.attempts(run.record)] == ["a"]
    store.close()


def test_a_full_disk_is_told_as_such_and_nothing_is_half_written(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A)]))
    run._connection.execute("PRAGMA max_page_count = 1")
    text = '"' + "x" * 900_000 + '"'
    batch = Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, 11.0, text)], end=RunEnd(RunStatus.SUCCESS, {}))
    with pytest.raises(StoreFullError, match="No space left on device"):
        run.commit(batch)
    assert store.find("latest").status is RunStatus.RUNNING
    run._connection.execute("PRAGMA max_page_count = 100000")
    run.commit(batch)
    assert run.result(TASK_A) == text
    store.close()


def test_room_is_set_aside_while_a_run_is_driven_and_freed_for_its_end(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    ballast = Path(run.directory, "ballast")
    assert ballast.stat().st_blocks * 512 >= 1024 * 1024
    assert stat.S_IMODE(ballast.stat().st_mode) == 0o600
    run.free_space()
    run.free_space()
    assert not ballast.exists()
    run.close()
    taken = store.take("r00001")
    assert ballast.exists()
    taken.close()
    assert not ballast.exists()
    store.close()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_store_that_was_taken_away_is_noticed_before_anything_is_acknowledged(tmp_path, how):
    path = tmp_path / "s.db"
    store = open_store(str(path))
    run = create(store)
    path.rename(tmp_path / "away.db")
    if how == "replaced":
        path.write_bytes((tmp_path / "away.db").read_bytes())
    with pytest.raises(StoreError, match="is gone" if how == "removed" else "was replaced"):
        run.commit(Batch(intents=[intent(TASK_A)]))
    store.close()


@pytest.mark.parametrize("theft", ["UPDATE run SET epoch = epoch + 1", "UPDATE run SET owner = 'somebody'"])
def test_a_driver_that_was_taken_over_writes_nothing(tmp_path, theft):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    altered(tmp_path / "s.db", theft)
    with pytest.raises(FencedError, match="somebody took it over") as caught:
        run.commit(Batch(intents=[intent(TASK_A)]))
    assert caught.value.exit_code == 5
    assert list(store.attempts(run.record)) == []
    store.close()


def test_a_forked_child_can_neither_write_nor_let_the_run_go(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            run.commit(Batch(intents=[intent(TASK_A)]))
        except FencedError:
            run.close()
            store.close()
            code = 42
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 42
    assert store.find("latest").status is RunStatus.RUNNING
    run.commit(Batch(intents=[intent(TASK_A)]))
    store.close()


# -- rows that somebody wrote -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attempt SET state = '__import__(''os'').system(''false'')'",
        'UPDATE attempt SET problem = \'{"__class__": "os.system"}\'',
        "UPDATE attempt SET log = '[\"x\"]'",
        "UPDATE attempt SET frame = 99",
        "UPDATE frame SET parent = 1",
    ],
)
def test_rows_that_cannot_be_read_are_an_error_and_nothing_is_made_of_them(tmp_path, statement):
    path = made(tmp_path / "s.db")
    altered(path, statement)
    store = open_store(str(path))
    with pytest.raises(StoreError, match="the store"):
        list(store.attempts(store.find("latest")))
    store.close()


@pytest.mark.parametrize("pointer", ["@../../../etc/passwd", "@" + "0" * 64, "@", "@" + "0" * 63 + "/"])
def test_a_value_that_leads_nowhere_is_an_error(tmp_path, pointer):
    path = made(tmp_path / "s.db")
    altered(path, "UPDATE attempt SET result = ?", values=(pointer,))
    store = open_store(str(path))
    run = store.take("latest")
    with pytest.raises(StoreError):
        run.result(TASK_A)
    store.close()


def test_a_large_value_that_was_changed_is_an_error(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    run = create(store)
    attempted(run, TASK_A, result='"' + "x" * 2_000_000 + '"')
    (value,) = Path(run.directory, "values").iterdir()
    value.write_bytes(value.read_bytes().replace(b"xx", b"xy", 1))
    with pytest.raises(StoreError, match="not what was written"):
        run.result(TASK_A)
    store.close()


_HALF = """
import os, signal, sys
from sequent.runtime.rows import TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import A, attempted, create
run = create(open_store(sys.argv[1]), "mine")
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
attempted(run, TaskKey(1, A, 0), result='"' + "x" * 2_000_000 + '"')
"""


def test_a_large_value_that_was_being_written_as_its_driver_was_killed_is_removed(tmp_path):
    path = tmp_path / "s.db"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    killed = subprocess.run([sys.executable, "-c", _HALF, str(path)], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    values = tmp_path / "s.db.runs" / "1" / "values"
    assert len([*values.iterdir()]) == 1
    store = open_store(str(path))
    store.take("mine")
    assert [*values.iterdir()] == []
    store.close()


def test_names_in_rows_are_bound_and_never_read_as_sql(tmp_path):
    store = open_store(str(tmp_path / "s.db"))
    name = "'); DROP TABLE run;-- %_\"\\"
    run = create(store, flow=name)
    assert [record.target.flow for record in store.runs(name)] == [name]
    assert store.runs("%") == []
    assert list(store.attempts(run.record, name)) == []
    assert run.saved(plan()) is not None
    store.close()


def test_a_store_that_is_only_read_is_not_made(tmp_path):
    path = str(tmp_path / "none.db")
    store = open_store(path, makes=False)
    assert (store.name, store.runs()) == (os.path.realpath(path), [])
    with pytest.raises(UnknownRunError, match=r"none\.db"):
        store.find("latest")
    store.close()
    assert os.listdir(tmp_path) == []
    assert not is_there(path)
    open_store(path).close()
    assert is_there(path)
