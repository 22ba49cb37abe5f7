"""Pickled results: bytes that only the worker of a step reads, and only as another step of the run has signed them."""

from __future__ import annotations

import hmac
import json
import os
import pickle
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.model.pickles import SignedPickle, read_pickle
from sequent.runtime.executors.remote.outcome_reports import fault_of
from sequent.runtime.orders import AttemptEnded
from sequent.runtime.pickle_keys import make_key, read_key
from sequent.runtime.store.sql.seals import sealed, unsealed
from tests.called import called
from tests.sealing import seal_anew
from tests.security.pickled_flow import WAYS

FLOW = Path(__file__).with_name("pickled_flow.py")
RESULT = "[1] [1] [10] [10] [1, 100] [1, 100]\n"


class Evil:
    """Touches a file when it is unpickled."""

    def __reduce__(self):
        return os.system, ('touch "$CANARY"',)


@pytest.fixture(scope="module")
def failed(tmp_path_factory) -> Path:
    """A directory with runs that have failed before their pickled results were taken."""
    directory = tmp_path_factory.mktemp("pickled")
    shutil.copy(FLOW, directory / "flow.py")
    before = Path.cwd()
    os.chdir(directory)
    try:
        for flow in ("train", "altered", "altered"):
            assert called(["run", f"flow.py:{flow}", "--store", "s.db"])[0] == 1
    finally:
        os.chdir(before)
    return directory


@pytest.fixture
def copied(failed, tmp_path, monkeypatch) -> Path:
    """A copy of it, in which the step that had failed succeeds."""
    shutil.copytree(failed, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.setenv("MENDED", "1")
    monkeypatch.setenv("CANARY", str(tmp_path / "canary"))
    return tmp_path / "copy"


@pytest.fixture
def canary(tmp_path) -> Path:
    """A file that appears once evil code runs."""
    return tmp_path / "canary"


class Rows:
    """The results of a run, by their steps and iterations."""

    def __init__(self, connection: sqlite3.Connection, run: int = 3) -> None:
        self._connection = connection
        self._run = run

    def __getitem__(self, at: tuple[str, int]) -> str:
        return unsealed(self._connection.execute(_READ, (self._run, *at)).fetchone()[0], "", has_seal=True)

    def __setitem__(self, at: tuple[str, int], text: str) -> None:
        assert self._connection.execute(_WRITE, (sealed(text), self._run, *at)).rowcount == 1

    def pickle(self, name: str) -> SignedPickle:
        return read_pickle(json.loads(self[name, 0])["$k"])


_OF_STEP = """run = ? AND node = (SELECT max(id) FROM node WHERE path = ? AND kind = 'step' AND definition = 2)
    AND iteration = ? AND state = 'success'"""
_READ = f"SELECT result FROM attempt WHERE {_OF_STEP}"
_WRITE = f"UPDATE attempt SET result = ? WHERE {_OF_STEP}"


def alter(rows: Rows, earlier: Rows) -> None:
    """Alter results as somebody would who can write the store, and knows how its checksums are made."""

    def put(name: str, **fields: object) -> None:
        rows[name, 0] = rows.pickle(name)._replace(**fields).text

    evil = pickle.dumps(Evil())
    put("forged", data=evil)
    put("no_signature", data=evil, signature="")
    unsigned = rows.pickle("another_key")._replace(data=evil)
    put("another_key", data=evil, signature=hmac.digest(b"0" * 32, unsigned.signed, "sha256").hex())
    rows["another_step", 0] = rows["genuine", 0]
    rows["another_iteration", 0] = rows["many", 1]
    rows["another_run", 0] = earlier["another_run", 0]
    rows["another_run_renamed", 0] = earlier.pickle("another_run_renamed")._replace(run="r00003").text
    put("a_later_attempt", attempt=2)
    rows["within_data", 0] = f"[{rows['within_data', 0]}]"
    put("cut", data=rows.pickle("cut").data[:-5])
    rows["cut_text", 0] = rows["cut_text", 0][:-9] + '"]}'
    rows["data", 0] = rows["genuine", 0]
    # The first iteration has the result of the second, spelt in a way that a reader of the text overlooks.
    rows["many", 1] = rows["many", 2].replace('"$k"', '"\\u0024k"')


@pytest.fixture
def altered(copied) -> Path:
    with closing(sqlite3.connect("s.db", isolation_level=None)) as connection:
        alter(Rows(connection), Rows(connection, 2))
        seal_anew(connection)
    return copied


def test_objects_that_are_no_data_are_passed_on_and_a_recovery_reads_those_of_the_run(copied):
    code, out, said = called(["recover", "r00001", "--store", "s.db"])
    assert (code, out) == (0, RESULT), said
    assert said.count("✓ success") == 3


def test_a_pickle_that_its_step_has_not_written_there_is_not_read(altered, canary):
    code, out, said = called(["recover", "r00003", "--store", "s.db", "--json"])
    assert code == 1, said
    document = json.loads(out)
    failures = {each["path"]: f"{each}" for each in (document.get("run") or document)["failures"]}
    assert failures.keys() == {f"take_{way}" for way in (*WAYS, "data", "many") if way != "genuine"}
    assert {path: message for path, message in failures.items() if "signature mismatch" not in message} == {}
    assert all("recover --from" in message for message in failures.values())
    assert not canary.exists()


def test_the_evil_pickle_of_these_tests_would_do_harm(copied, canary):
    pickle.loads(pickle.dumps(Evil()))  # noqa: S301  that is the point
    assert canary.exists()


@pytest.mark.parametrize("words", [["ls"], ["show", "-v"], ["show", "--json"], ["logs"], ["graph", "r00003"]])
def test_a_forged_pickle_does_not_keep_commands_from_reading_a_run(words, altered, canary):
    code, _, said = called([*words, "--store", "s.db"])
    assert (code, "error" in said) == (0, False)
    assert not canary.exists()


def test_the_key_is_a_file_of_this_user_outside_of_the_database(failed):
    path = failed / "s.db.runs" / "pickle.key"
    assert (stat.S_IMODE(path.stat().st_mode), path.stat().st_size) == (0o600, 32)
    for file in failed.glob("s.db*"):
        if file.is_file():
            assert path.read_bytes() not in file.read_bytes()


def spoilt(path: Path, how: str) -> None:
    content = path.read_bytes()
    match how:
        case "mode":
            path.chmod(0o640)
        case "owner":
            os.chown(path, 65534, 65534)
        case "short":
            path.write_bytes(content[:-1])
        case "long":
            path.write_bytes(content + b"0")
        case "link":
            path.rename(path.with_name("elsewhere"))
            path.symlink_to("elsewhere")
        case "fifo":
            path.unlink()
            os.mkfifo(path, 0o600)


@pytest.mark.parametrize("how", ["mode", "owner", "short", "long", "link", "fifo"])
def test_a_key_that_somebody_else_may_know_is_not_used(how, tmp_path):
    path = tmp_path / "pickle.key"
    make_key(str(path))
    assert len(read_key(str(path))) == 32
    spoilt(path, how)
    for use in (read_key, make_key):
        with pytest.raises(StoreError, match="key"):
            use(str(path))


def test_drivers_that_begin_at_once_have_one_key(tmp_path):
    path = tmp_path / "pickle.key"
    make_key(str(path))
    before = path.read_bytes()
    make_key(str(path))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["pickle.key"]


def test_a_store_that_has_lost_its_key_does_not_read_what_was_signed_with_it(copied):
    (copied / "s.db.runs" / "pickle.key").unlink()
    code, _, said = called(["recover", "r00001", "--store", "s.db"])
    assert code == 1
    assert "signature mismatch" in said
    code, out, said = called(["recover", "r00001", "--from", "model", "--from", "many", "--store", "s.db"])
    assert (code, out) == (0, RESULT), said


def test_a_copy_of_a_store_has_its_key(copied):
    assert called(["store", "backup", "copy.db", "--store", "s.db"])[0] == 0
    assert stat.S_IMODE((copied / "copy.db.runs" / "pickle.key").stat().st_mode) == 0o600
    code, out, said = called(["recover", "r00001", "--store", "copy.db"])
    assert (code, out) == (0, RESULT), said


def test_a_pickle_from_a_host_is_refused():
    text = SignedPickle("r1", "a", "1", 1, "0" * 64, b"x").text
    assert fault_of(AttemptEnded(1, 1, 1, '{"$d":[["$k",1]]}')) == ""
    for result in (text, f"[{text}]"):
        assert "pickle" in fault_of(AttemptEnded(1, 1, 1, result))
