"""The store's file: made whole and private, and found where it was named."""

from __future__ import annotations

import os
import stat

import pytest

from sequent.errors import UsageError
from sequent.runtime.store import open_store
from sequent.runtime.store.sqlite.location import Location
from sequent.runtime.store.sqlite.opening import connect
from tests.contracts.plans import attempted, create
from tests.runtime.store.files import TASK_A, made


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
    connection = connect(Location(str(path), is_default=False), 0)
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


def test_a_database_that_is_not_supported_is_refused_by_name():
    with pytest.raises(UsageError, match="not supported: a store in mysql"):
        open_store("mysql://user:secret@host/db")


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
