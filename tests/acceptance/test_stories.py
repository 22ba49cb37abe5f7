"""What steps leave is shown with their run, whatever becomes of them and of their driver."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.patience import PATIENCE

FLOW = """
import os
import signal
from pathlib import Path

from sequent import container, context, item, step


@container
class tale:
    @step(repeats=["eu", "us"])
    def rows(self, region: str = item()) -> None:
        context().note(f"**{region}**: 3 rows\\x1b]0;owned\\x07\\n\\n- one")
        Path("chart").write_bytes(b"\\x89PNG\\r\\n\\x1a\\n")
        context().artifact("chart", title="Rows by day")

    @step(requires=rows, task_construct="thread")
    def in_a_thread(self) -> None:
        context().note("of a thread")

    @step(requires=in_a_thread, task_construct="invoke")
    def here(self) -> None:
        context().note("of this process")

    @step(requires=here, retries=1)
    def fails(self) -> None:
        context().note(f"attempt {context().attempt}")
        if not Path("mended").exists():
            raise ValueError("no")

    @step(requires=fails, timeout=3)
    def late(self) -> None:
        context().note("before the time is over")
        while not Path("in time").exists():
            pass

    @step(requires=late)
    def killed(self) -> None:
        context().note("never told")
        if not Path("alive").exists():
            os.kill(os.getpid(), signal.SIGKILL)


@container
class many:
    @step(repeats=range(60))
    def each(self, number: int = item()) -> None:
        context().note(f"number {number}")
        Path(f"file{number}").write_text(str(number))
        context().artifact(f"file{number}")
        if number == 59:
            Path("began").touch()
"""


@pytest.fixture
def told(sequent):
    (sequent.directory / "flow.py").write_text(FLOW)
    return sequent


def story_of(sequent, run: str = "latest", *words: str) -> list[dict[str, object]]:
    return json.loads(sequent("show", run, *words, "--json").stdout)["run"]["story"]


def notes_of(sequent) -> list[tuple[str, int, str]]:
    return [(part["path"], part["attempt"], part["note"]) for part in story_of(sequent) if part["note"]]


def test_notes_and_artifacts_are_shown_below_their_attempts_and_cannot_control_a_terminal(told):
    assert told("run", "flow.py:tale").returncode == 1
    shown = told("show").stdout
    assert "\x1b" not in shown
    told_of = shown[shown.index("  rows/1.1\n") :].splitlines()
    assert told_of[:5] == [
        "  rows/1.1",
        "    **eu**: 3 rows\\x1b]0;owned\\x07",
        "    ",
        "    - one",
        "    Rows by day  chart  image/png, 8 B",
    ]
    file = Path(told_of[5].strip())
    assert file.read_bytes() == b"\x89PNG\r\n\x1a\n"
    assert "  fails/1\n    attempt 1\n  fails/1  (attempt 2)\n    attempt 2" in shown
    only = story_of(told, "latest", "rows/1.2")
    assert [part["sequence"] for part in only] == ["1.2", "1.2"]
    assert only[0]["note"].startswith("**us**: 3 rows\x1b]0;owned")
    assert only[1]["artifact"]["file"] == str(file)


def test_they_are_kept_of_threads_of_the_drivers_process_of_failures_and_of_time_limits_but_not_of_kills(told):
    assert told("run", "flow.py:tale").returncode == 1
    (told.directory / "mended").touch()
    done = told("recover")
    assert "Timeout" in done.stderr
    assert notes_of(told)[2:] == [
        ("in_a_thread", 1, "of a thread"),
        ("here", 1, "of this process"),
        ("fails", 1, "attempt 1"),
        ("fails", 2, "attempt 2"),
        ("fails", 3, "attempt 3"),
        ("late", 1, "before the time is over"),
    ]
    (told.directory / "in time").touch()
    (told.directory / "flow.py").write_text(FLOW.replace("timeout=3", f"timeout={PATIENCE}"))
    assert told("recover").returncode == 1
    (told.directory / "alive").touch()
    assert told("recover").returncode == 0
    assert notes_of(told)[8:] == [("late", 2, "before the time is over"), ("killed", 2, "never told")]
    assert told("store", "check").returncode == 0


@pytest.mark.parametrize("moment", [1, 20, 40])
def test_a_kill_of_the_driver_loses_and_doubles_nothing_that_is_on_disk(told, moment):
    process = told.start("run", "flow.py:many", "--run-id", "many")
    wanted = told.directory / f"file{moment}"
    while not wanted.exists() and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = story_of(told, "many")
    assert told("recover", "many").returncode == 0
    after = story_of(told, "many")
    assert {json.dumps(part) for part in before} <= {json.dumps(part) for part in after}
    succeeded = Counter(part["sequence"] for part in after if part["note"])
    assert succeeded == {f"1.{number + 1}": 1 for number in range(60)}
    files = [part["artifact"] for part in after if part["artifact"]]
    assert [Path(file["file"]).read_text() for file in files] == [file["name"].removeprefix("file") for file in files]
    assert len(files) == 60
    assert told("store", "check").returncode == 0


def test_a_copy_of_the_store_has_the_artifacts(told):
    assert told("run", "flow.py:many").returncode == 0
    assert told("store", "backup", "copy.db").returncode == 0
    files = [part["artifact"]["file"] for part in story_of(told, "latest", "--store", "copy.db") if part["artifact"]]
    assert len(files) == 60
    assert all(str(told.directory / "copy.db.runs") in file for file in files)
    assert told("store", "check", "--store", "copy.db").returncode == 0


def test_a_trial_shows_them_and_keeps_none(told):
    assert told("run", "flow.py:tale").returncode == 1
    before = story_of(told)
    done = told("try", "latest", "rows/1.1")
    assert "    **eu**: 3 rows\\x1b]0;owned\\x07\n" in done.stderr
    assert "    Rows by day  chart  image/png, 8 B\n" in done.stderr
    assert story_of(told) == before
