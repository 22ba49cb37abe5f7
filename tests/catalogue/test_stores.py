"""Rows 76 to 82, 127 and 128: stores that cannot be used are told with what they are, and left as they were."""

from __future__ import annotations

import contextlib
import os
import sqlite3

import pytest

FLOW = "from sequent import Sequent\nflow = Sequent('nightly')\nflow.add_step('a', print, task_construct='invoke')\n"


@pytest.fixture(autouse=True)
def flow(tmp_path):
    (tmp_path / "flow.py").write_text(FLOW)


@pytest.fixture
def told(command):
    """Check that a command is refused with this; nothing is to be made beside it."""

    def check(words, code, *texts):
        got, out, said = command(*words)
        assert (got, out) == (code, ""), said
        assert said.startswith("error: ")
        assert [text for text in (*texts, "\n  hint: ") if text not in said] == []
        assert "Traceback" not in said

    return check


@pytest.fixture
def store(command, tmp_path):
    """A store with a run in it; give statements, to do to it what somebody else may have done."""

    def made(*statements):
        assert command("run", "flow.py:flow", "--store", "s.db")[0] == 0
        with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection:
            for statement in (*statements, "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.execute(statement)
        return tmp_path / "s.db"

    return made


RUN, LIST = ["run", "flow.py:flow", "--store"], ["ls", "--store"]
PLACES = {
    "row_076_missing": ("no/where/s.db", "{}/no/where' of the store", "mkdir -p"),
    "row_076_directory": ("inner", "the store '{}/inner' is a directory", "name a file in it"),
    "row_076_device": ("/dev/null", "the store '/dev/null' is not a plain file", "--store FILE"),
    "row_076_in_a_file": ("flow.py/s.db", "'{}/flow.py', the directory of the store, is not a directory", "--store"),
    "row_076_in_proc": ("/proc/s.db", "'/proc/s.db' cannot be used by", "name another store"),
}


@pytest.mark.parametrize("row", PLACES)
def test_a_place_where_no_store_can_be_is_told_with_what_is_there(row, told, tmp_path):
    name, said, hint = PLACES[row]
    (tmp_path / "inner").mkdir()
    before = sorted(os.listdir(tmp_path))
    told([*RUN, name], 4, said.format(tmp_path), hint)
    assert sorted(os.listdir(tmp_path)) == before


CONTENTS = {
    "row_077_empty": (b"", "it is empty"),
    "row_077_text": (b"hello", "it is not an SQLite database"),
    "row_077_cut": (b"SQLite format 3\0", "or is encrypted or cut"),
    "row_077_encrypted": (bytes(range(256)) * 16, "or is encrypted or cut"),
}


@pytest.mark.parametrize("row", CONTENTS)
@pytest.mark.parametrize("words", [RUN, LIST], ids=["run", "ls"])
def test_a_file_that_is_no_store_is_never_overwritten(row, words, told, tmp_path):
    content, said = CONTENTS[row]
    (tmp_path / "s.db").write_bytes(content)
    told([*words, "s.db"], 4, f"'{tmp_path}/s.db' is not a Sequent store", said, "it was left as it is")
    assert (tmp_path / "s.db").read_bytes() == content


@pytest.mark.parametrize("row", ["row_077_truncated"])
@pytest.mark.parametrize("words", [RUN, LIST], ids=["run", "ls"])
def test_a_store_that_was_cut_is_told_as_damaged(row, words, told, store):
    path = store()
    os.truncate(path, 8192)
    told([*words, "s.db"], 4, f"the store '{path}' is damaged", "restore it from a copy")
    assert path.stat().st_size == 8192


OTHERS = {
    "row_078": ("PRAGMA application_id = 305419896", "another application's database", "0x12345678", "left as it is"),
    "row_079_newer": (
        "PRAGMA user_version = 77",
        "its schema is 77, this one knows",
        "use the Sequent that wrote it, or a newer one",
    ),
    "row_079_unknown": ("PRAGMA user_version = 0", "unknown schema 0; this Sequent knows", "name another store"),
}


@pytest.mark.parametrize("row", OTHERS)
@pytest.mark.parametrize("words", [RUN, LIST], ids=["run", "ls"])
def test_a_database_of_others_or_of_another_version_is_refused(row, words, told, store):
    statement, *said = OTHERS[row]
    path = store(statement)
    before = path.read_bytes()
    told([*words, "s.db"], 4, *said)
    assert path.read_bytes() == before


NAMES = {
    "row_082_database": ("mysql://ann:secret@host/db", "not supported: a store in mysql", "postgresql://USER@HOST"),
    "row_082_scheme": ("foo://ann:secret@host/db", "not supported: a store in foo", "sqlite:///FILE"),
    "row_082_driver": ("postgresql+odd://ann:secret@host/db", "names the driver 'odd'", "leave it out"),
    "row_082_word": ("postgresql://ann:secret@host/db?sslmod=require", "invalid URI query parameter", "postgresql://"),
    "row_082_port": ("postgresql://ann:secret@host:many/db", "is not a URL of PostgreSQL", "postgresql://USER@HOST"),
    "row_082_query": ("sqlite:///s.db?mode=ro", "a query after its '?'", "leave it out"),
    "row_082_nothing": ("", "--store is empty", "leave --store out"),
}


@pytest.mark.parametrize("row", NAMES)
@pytest.mark.parametrize("words", [RUN, LIST, ["recover", "--store"]], ids=["run", "ls", "recover"])
def test_a_name_that_is_no_stores_is_refused_without_its_password(row, words, told, command, tmp_path):
    name, *said = NAMES[row]
    told([*words, name], 2, *said)
    assert "secret" not in "".join(command(*words, name)[1:])
    assert os.listdir(tmp_path) == ["flow.py"]


@pytest.mark.parametrize(("row", "store"), [("row_081", ":memory:"), ("row_081_url", "sqlite://")])
@pytest.mark.parametrize("word", ["ls", "show", "logs", "recover", "continue", "stop"])
def test_a_store_in_memory_has_nothing_to_take_up_or_to_read(row, store, word, told):
    told([word, "--store", store], 2, "':memory:' ends with its process", "needs a file", "--store FILE")


BESIDE = {
    "row_127_made_wal": (
        "s.db",
        "-wal",
        "the store '{0}' cannot be made: '{0}-wal' is left of an earlier store",
        "rm '{0}-wal'",
    ),
    "row_127_made_journal": ("s.db", "-journal", "'{0}-journal' is left of an earlier store", "put that store back"),
    "row_127_opened_journal": ("", "-journal", "'{0}-journal' lies beside the store", "root put it there", "rm "),
}


@pytest.mark.parametrize("row", BESIDE)
@pytest.mark.parametrize("words", [RUN, LIST], ids=["run", "ls"])
def test_what_lies_beside_a_store_is_told_by_name_with_whose_it_is(row, words, told, store, tmp_path):
    new, end, *said = BESIDE[row]
    path = store()
    if new:
        path.unlink()
    beside = tmp_path / f"s.db{end}"
    beside.write_bytes(b"any")
    if words == LIST and new:
        told([*words, "s.db"], 4, "there is no store 's.db'")
    else:
        told([*words, "s.db"], 4, *(text.format(path) for text in said))
    assert beside.read_bytes() == b"any"
    assert path.exists() is not bool(new)


def test_row_076_a_store_that_may_not_be_looked_for_is_told_with_the_reason_not_as_missing(told, tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    told([*LIST, "one/s.db"], 4, "cannot be used by", "Too many levels of symbolic links")


MISFITS = {
    "row_128_frame": (
        "UPDATE frame SET id = 22 WHERE id = 1",
        "iteration 22 of ",
        "'a' is in iteration 1, which is missing",
    ),
    "row_128_gone": ("DELETE FROM attempt", "2 rows were written, and 1 are there"),
    "row_128_state": ("UPDATE attempt SET state = 'failure'", "one of its 2 rows is not as it was written"),
    "row_128_value": ("UPDATE run SET status = 'failure'", "run 'r00001' was altered or damaged"),
}


@pytest.mark.parametrize("row", MISFITS)
def test_rows_that_do_not_fit_one_another_are_told_as_damaged_and_nothing_is_run(row, told, store):
    statement, *said = MISFITS[row]
    with contextlib.closing(sqlite3.connect(store(), isolation_level=None)) as connection:
        connection.execute(statement)
    words = ["recover", "r00001", "--store", "s.db", "--rerun", "a"]
    told(words, 4, "was altered or damaged", *said)
