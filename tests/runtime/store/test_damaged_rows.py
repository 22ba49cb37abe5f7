"""Rows and large values that somebody else wrote, or nobody wrote to the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sequent.errors import StoreError, UnknownRunError
from sequent.runtime.store import is_there, open_store
from tests.contracts.plans import attempted, create, plan
from tests.runtime.store.files import TASK_A, altered, made


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
    with pytest.raises(StoreError, match="not as it was written"):
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
