"""Old runs are removed and stores are copied and checked from the command line."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing

import pytest

FLOW = """
from pathlib import Path
from sequent import container, step


@container(task_construct="invoke")
class nightly:
    @step
    def load(self) -> int:
        if Path("broken").exists():
            raise ValueError("no data")
        return 3


@container(task_construct="invoke")
class other:
    @step
    def load(self) -> int:
        return 4
"""


@pytest.fixture
def sequent(sequent):
    """The command line, beside a store with a run that succeeded, one that failed, and one of another flow."""
    directory = sequent.directory
    (directory / "flows.py").write_text(FLOW)
    assert sequent("run", "flows.py:nightly").returncode == 0
    (directory / "broken").touch()
    assert sequent("run", "flows.py:nightly").returncode == 1
    (directory / "broken").unlink()
    assert sequent("run", "flows.py:other").returncode == 0
    return sequent


def ids(sequent, *words):
    """The runs that a command lists."""
    done = sequent(*words, "--json")
    assert done.returncode == 0, done.stdout
    return [run["id"] for run in json.loads(done.stdout)["runs"]]


def test_what_would_be_removed_is_said_and_then_it_is(sequent):
    dry = sequent("prune", "--older-than", "0s", "--keep-failed", "--dry-run")
    assert dry.returncode == 0
    assert [line.split()[0] for line in dry.stdout.splitlines()] == ["r00003", "r00001"]
    assert dry.stderr == "2 runs would be removed\n"
    assert ids(sequent, "ls") == ["r00003", "r00002", "r00001"]
    done = sequent("prune", "--older-than", "0s", "--keep-failed")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("2 runs removed, ")
    assert done.stderr.endswith("B freed\n")
    assert ids(sequent, "ls") == ["r00002"]
    assert ids(sequent, "prune", "--keep", "1") == []
    assert ids(sequent, "prune", "--keep", "0", "--dry-run") == ["r00002"]
    assert ids(sequent, "prune", "--older-than", "0s", "--flow", "other") == []
    assert ids(sequent, "prune", "--older-than", "0s", "--flow", "nightly") == ["r00002"]
    assert ids(sequent, "ls") == []


REFUSED = {
    ("prune",): "neither --older-than nor --keep is given",
    ("prune", "--older-than", "soon"): "--older-than: 'soon' is not a duration",
    ("prune", "--older-than", "-3d"): "--older-than",
    ("prune", "--keep", "-1"): "--keep",
    ("store", "backup"): "store backup needs the file to write",
    ("store", "check", "other.db"): "sequent store check --store other.db",
    ("store", "mend"): "mend",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_is_mistyped_is_refused_and_nothing_is_removed(words, sequent):
    refused = sequent(*words)
    assert refused.returncode == 2
    assert REFUSED[words] in refused.stderr
    assert "Traceback" not in refused.stderr
    assert len(ids(sequent, "ls")) == 3


def test_a_setting_has_it_done_as_a_run_of_the_flow_ends(sequent):
    (sequent.directory / "sequent.toml").write_text('prune_older_than = "0s"\n')
    assert sequent("run", "flows.py:nightly").returncode == 0
    # What has failed stays, as does another flow; the run itself has only just ended.
    assert ids(sequent, "ls") == ["r00004", "r00003", "r00002"]
    (sequent.directory / "sequent.toml").write_text('prune_older_than = "soon"\n')
    refused = sequent("run", "flows.py:nightly")
    assert refused.returncode == 2
    assert "sequent.toml:1: sequent.toml['prune_older_than']: 'soon' is not a duration" in refused.stderr


def test_a_copy_is_recovered_where_the_store_was_and_one_that_is_older_only_with_leave(sequent):
    directory = sequent.directory
    made = sequent("store", "backup", "copy.db")
    assert made.returncode == 0
    assert "copy.db is a copy of" in made.stderr
    again = sequent("store", "backup", "copy.db")
    assert again.returncode == 4
    assert "exists already, and is not overwritten" in again.stderr
    (directory / "broken").touch()
    assert sequent("recover", "r00002").returncode == 1
    (directory / "broken").unlink()
    for end in ("", "-wal", "-shm"):
        sequent.store.with_name(sequent.store.name + end).unlink(missing_ok=True)
    shutil.copy(directory / "copy.db", sequent.store)
    refused = sequent("recover", "r00002")
    assert refused.returncode == 4
    assert "is older than run 'r00002'" in refused.stderr
    command = refused.stderr.rpartition("let that work run again: ")[2].strip()
    assert command.startswith("rm ")
    os.unlink(command.removeprefix("rm ").strip("'"))
    assert sequent("recover", "r00002").returncode == 0


def test_a_check_says_what_is_wrong_and_exits_with_4(sequent):
    whole = sequent("store", "check")
    assert (whole.returncode, whole.stdout) == (0, "")
    assert whole.stderr.endswith(": 3 runs, all right\n")
    with closing(sqlite3.connect(sequent.store)) as connection, connection:
        connection.execute("UPDATE attempt SET verdict = 7 WHERE run = 2")
    wrong = sequent("store", "check")
    assert wrong.returncode == 4
    assert wrong.stdout.startswith("run 'r00002' was altered or damaged: the rows of the run contradict")
    assert wrong.stderr.endswith(": 3 runs, 1 problem\n")
    document = json.loads(sequent("store", "check", "--json").stdout)
    assert [problem.partition(" was")[0] for problem in document["problems"]] == ["run 'r00002'"]


def test_a_check_says_that_a_run_was_taken_away_of_which_there_are_rows(sequent):
    with closing(sqlite3.connect(sequent.store)) as connection, connection:
        connection.execute("DELETE FROM run WHERE number = 2")
    wrong = sequent("store", "check")
    assert wrong.returncode == 4
    assert "table 'attempt' has rows (1) of a run that does not exist" in wrong.stdout


def test_a_store_that_is_not_there_is_not_made(sequent):
    for words in (("prune", "--keep", "1"), ("store", "check"), ("store", "backup", "copy.db")):
        refused = sequent(*words, "--store", "none.db")
        assert refused.returncode == 4
        assert "there is no store" in refused.stderr
    assert not (sequent.directory / "none.db").exists()
