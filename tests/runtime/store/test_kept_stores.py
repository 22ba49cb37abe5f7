"""Stores that earlier versions wrote, of a flow with every word of the language: each run is recovered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

KEPT = sorted(Path(__file__).with_name("stores").iterdir())
PIN = "1234567"
"""The secret of a step."""
RESULT = [
    ["loaded nowhere", "loaded elsewhere"],
    [52, 1200000, -1],
    [101, 103, 106],
    ["a 1.5 on 2026-11-24", "b 2.5 on 2026-11-24"],
    ["RED", "GREEN", "BLUE"],
    ["eu", "us", "20261124"],
    "computed eu us",
    [False, False, True],
]
OF_ASIA = [
    *RESULT[:3],
    ["a 1.5 on 2026-01-31", "b 2.5 on 2026-01-31"],
    RESULT[4],
    ["asia", "20260131"],
    "computed asia",
    RESULT[7],
]
END = ["again/1", "send/1", "tidy/1"]
ADDED = ["added/1.1", "added/1.2", "added/1.3"]
LATE = ["again/1", "elsewhere.load/1.1", "region.load/1.1", "send/1", "tidy/1"]
RECOVERIES = {
    "failed": (("failed",), END, RESULT),
    "recovered": (("recovered", "--from", "added"), [*ADDED, *END], RESULT),
    "twice": (("twice",), END, RESULT),
    "twice, from its start": (("twice", "--recovery-run", "0"), [*ADDED, *END], RESULT),
    "suspended": (("suspended",), END, OF_ASIA),
    "stopped": (("stopped",), LATE, RESULT),
    "interrupted": (("interrupted",), [*LATE, "one_by_one/1.3", "wait_here/1"], RESULT),
}
"""How each is recovered, which of its steps then run, and what it gives."""


class KeptStore:
    """A copy of a kept store, and the world in which its steps act."""

    def __init__(self, kept: Path, directory: Path) -> None:
        with tarfile.open(kept / "store.tar.xz") as archive:
            # Our own archive: Python has filters from 3.11.4 on.
            archive.extractall(directory)  # noqa: S202
        self.flows = kept / "every_word.py"
        self.world = directory / "world"
        self.world.mkdir()
        (self.world / "mended").touch()
        self.directory = directory

    def sequent(self, *words: str, code: int = 0) -> str:
        """Do a command; give what it prints, or what it says where it is to fail."""
        around = {
            "KEPT_WORLD": str(self.world),
            "SEQUENT_SECRET_PIN": PIN,
            "SEQUENT_STORE": f"{self.directory}/store.db",
        }
        done = subprocess.run(
            [sys.executable, "-m", "sequent", *words],
            env=os.environ | around,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stderr if code else done.stdout

    def changed(self, old: str, new: str) -> str:
        """The flow with other words in it."""
        file = self.directory / "every_word.py"
        text = self.flows.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        return f"{file}:every_word"

    def ran(self) -> list[str]:
        """The steps that have run."""
        return sorted((self.world / "ledger").read_text().split())


@pytest.fixture(params=KEPT, ids=lambda kept: kept.name)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptStore:
    return KeptStore(request.param, tmp_path)


@pytest.mark.parametrize(("how", "ran", "result"), RECOVERIES.values(), ids=RECOVERIES)
def test_a_run_of_a_kept_store_is_recovered(kept, how, ran, result):
    told = json.loads(kept.sequent("recover", *how, "--flow", f"{kept.flows}:every_word", "--json"))
    assert (told["run"]["status"], told["run"]["result"]) == ("success", result)
    assert kept.ran() == sorted(ran)
    kept.sequent("store", "check")


def test_a_run_that_was_written_by_calls_is_recovered(kept):
    told = json.loads(kept.sequent("recover", "calls", "--flow", f"{kept.flows}:by_calls", "--json"))
    assert told["run"]["result"] == "[('flag', 'flag'), ('ships', ['Ada with 5', 'Bob with 5'])]"
    assert kept.ran() == ["home/1", "last/1", "ships.sail/1.2"]


def test_what_has_changed_in_the_flow_of_a_kept_run_is_told(kept):
    told = kept.sequent("recover", "failed", "--flow", kept.changed("=send.failed", "=send.done"), code=2)
    (line,) = told.splitlines()[1:-1]
    assert line.startswith("    'alert' has changed")
    assert line.endswith(". Before: requires send.failed. Now: requires send.done")
    renamed = kept.changed("alert", "warn")
    assert "'alert' is gone. It was a step, requires send.failed" in kept.sequent(
        "recover", "failed", "--flow", renamed, code=2
    )
    kept.sequent("recover", "failed", "--flow", renamed, "--renamed", "alert=warn", "--plan")


def test_what_may_be_another_in_a_recovery_may_be_another_in_that_of_a_kept_run(kept):
    kept.sequent("recover", "failed", "--flow", kept.changed("retries=2", "retries=5"), "--plan")


def test_a_suspended_run_of_a_kept_store_is_continued(kept):
    kept.sequent("continue", "suspended", "--flow", f"{kept.flows}:every_word", "--max-loops", "-1")
    assert kept.ran() == ["send/1", "tidy/1"]


def test_a_kept_store_is_told_of(kept):
    statuses = {run["id"]: run["status"] for run in json.loads(kept.sequent("ls", "--json"))["runs"]}
    assert statuses == {
        "failed": "failure",
        "recovered": "success",
        "twice": "failure",
        "suspended": "suspended",
        "calls": "failure",
        "stopped": "stopped",
        "interrupted": "interrupted",
    }
    assert "the receiver is away" in kept.sequent("show", "failed")
    assert kept.sequent("logs", "failed", "computed").splitlines()[-1] == "computed eu us"
    assert "<svg" in kept.sequent("graph", "interrupted", "--format", "svg")


def test_why_says_that_a_kept_run_is_too_old_for_it(kept):
    for run in json.loads(kept.sequent("ls", "--json"))["runs"]:
        told = kept.sequent("why", run["id"], "send", code=2)
        assert "was made by a version of Sequent that did not keep requirements" in told


def test_no_secret_is_in_a_kept_store(kept):
    assert [path for path in kept.directory.rglob("*") if path.is_file() and PIN.encode() in path.read_bytes()] == []
