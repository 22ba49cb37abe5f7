"""Runs that are suspended, and gone on with from cron."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta

import pytest

from tests.sealing import seal_anew

WAITS = """
from sequent import Sequent, container, step


@container
class daily:
    @step
    def first(self) -> None: ...

    @step(requires=first, delay="24h")
    def second(self) -> None: ...

    @step(requires=second, delay="24h")
    def third(self) -> str:
        return "through"

    result = third


@container
class trying:
    @step(retries=1, backoff="24h")
    def once(self) -> None:
        raise ValueError("not yet")


if __name__ == "__main__":
    flow = Sequent("script")
    a = flow.add_step("a", func=print, args=("a",))
    flow.add_step("b", func=print, args=("b",), requires=a, delay="24h")
    flow.run(max_loops=1)
"""


@pytest.fixture
def waits(sequent):
    (sequent.directory / "waits.py").write_text(WAITS)
    return sequent


def let_a_day_pass(sequent):
    """What is waited for is due now, as if the clocks had gone on."""
    with closing(sqlite3.connect(sequent.store)) as connection, connection:
        connection.execute("UPDATE wait SET due = due - 86400, due_boot = due_boot - 86400")
        seal_anew(connection)


MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"


def test_a_run_with_nothing_due_is_suspended_and_says_when_and_how_it_goes_on(waits):
    done = waits("run", "waits:daily", "--max-loops", "1", "--store", str(waits.store))
    assert done.returncode == 0
    *_, end, due, following = done.stderr.splitlines()
    assert "‖ suspended in" in end
    assert re.fullmatch(rf"  next due at {MOMENT}", due)
    assert following == f"next: sequent continue r00001 --store {waits.store}"
    assert re.search(rf"‖ suspended +1 success, next due at {MOMENT}\n", waits("ls").stdout)
    shown = waits("show").stdout
    assert "r00001 of daily: ‖ suspended" in shown
    assert re.search(rf"^  next due at {MOMENT}$", shown, re.MULTILINE)
    run = json.loads(waits("show", "--json").stdout)["run"]
    assert (run["status"], run["reason"]) == ("suspended", due.strip())
    outcome = json.loads(waits("continue", "--json").stdout)["run"]
    told = datetime.fromisoformat(due.removeprefix("  next due at "))
    assert abs(datetime.fromisoformat(outcome["due"]) - told) < timedelta(seconds=2)


def test_continue_is_silent_while_nothing_is_due_and_does_what_is(waits):
    waits("run", "waits:daily", "--max-loops", "1")
    for _ in range(2):
        quiet = waits("continue", "r00001")
        assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    let_a_day_pass(waits)
    done = waits("continue")
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert [line for line in lines if "success  " in line] == ["✓ success  second/1"]
    assert lines[0] == "run r00001 of daily"
    assert "suspended" in done.stderr
    let_a_day_pass(waits)
    done = waits("continue", "r00001")
    assert (done.returncode, done.stdout) == (0, "through\n")
    ended = waits("continue", "r00001")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    again = waits("recover", "r00001")
    assert again.returncode == 0
    assert "nothing to do" in again.stderr


def test_a_step_that_waits_to_be_tried_again_is_no_failure_until_it_is(waits):
    done = waits("run", "waits:trying", "--max-loops", "1")
    assert done.returncode == 0
    assert "↻ retry  once/1  (attempt 1)  ValueError: not yet; will be tried again in 1 day" in done.stderr.splitlines()
    assert "failure" not in done.stderr
    let_a_day_pass(waits)
    done = waits("continue")
    assert done.returncode == 1
    assert "✗ failure  once/1  (attempt 2)" in done.stderr
    refused = waits("continue")
    assert refused.returncode == 2
    assert "sequent recover r00001" in refused.stderr


def test_a_script_is_continued_by_running_it_again(waits):
    subprocess.run(
        [sys.executable, "waits.py"], cwd=waits.directory, env=waits.environment, check=True, capture_output=True
    )
    let_a_day_pass(waits)
    done = waits("continue")
    assert done.returncode == 0, done.stderr
    assert "✓ success" in waits("ls").stdout
    assert waits("show", "--json").stdout.count('"success": 1') == 2


CRON = """
from pathlib import Path

from sequent import Sequent, container, step


@container
class cron:
    @step
    def first(self) -> int:
        if not Path("ok").exists():
            raise RuntimeError("not yet")
        return 1

    @step(requires=first, delay="1d")
    def second(self) -> None:
        print("the day after")


@container
class stopped:
    @step
    def first(self) -> None: ...

    @step(requires=first, delay="1d")
    def second(self) -> None: ...


def there() -> None:
    Path("ok").stat()


if __name__ == "__main__":
    flow = Sequent("script")
    a = flow.add_step("a", func=there)
    flow.add_step("b", func=print, args=("b",), requires=a, delay="1d")
    flow.run()
"""


@pytest.fixture
def cron(sequent):
    (sequent.directory / "cron.py").write_text(CRON)
    return sequent


def next_command(done) -> list[str]:
    """What the last line advises to type next, without the program's name."""
    *_, last = done.stderr.splitlines()
    advised = re.fullmatch(r"next: sequent (.*)", last)
    assert advised is not None, done.stderr
    return advised[1].split()


def test_a_flow_that_cron_drives_survives_a_failure_by_typing_what_is_advised(cron):
    failed = cron("run", "cron.py:cron", "--max-loops", "1")
    assert (failed.returncode, next_command(failed)) == (1, ["recover", "r00001", "--max-loops", "1"])
    refused = cron("continue")
    assert refused.returncode == 2
    assert "sequent recover r00001 --max-loops 1" in refused.stderr
    (cron.directory / "ok").touch()
    mended = cron(*next_command(failed))
    assert (mended.returncode, next_command(mended)) == (0, ["continue", "r00001"])
    assert "‖ suspended" in mended.stderr
    quiet = cron(*next_command(mended))
    assert (quiet.returncode, quiet.stderr) == (0, "")
    let_a_day_pass(cron)
    done = cron("continue")
    assert (done.returncode, "✓ success  second/1" in done.stderr) == (0, True)


def test_a_recovery_of_a_script_can_be_suspended_too(cron):
    failed = cron.run_script("cron.py")
    assert "FileNotFoundError" in failed.stderr
    (cron.directory / "ok").touch()
    mended = cron("recover", "--max-loops", "1")
    assert mended.returncode == 0, mended.stderr
    assert json.loads(cron("show", "--json").stdout)["run"]["status"] == "suspended"
    let_a_day_pass(cron)
    assert cron("continue", "--max-loops", "2").returncode == 0
    assert json.loads(cron("show", "--json").stdout)["run"]["status"] == "success"


def test_a_run_that_was_stopped_while_it_waited_can_be_continued(cron):
    running = cron.start("run", "cron.py:stopped")
    assert any("delayed" in line for line in running.stderr)
    assert cron("stop").returncode == 0
    running.communicate()
    assert running.returncode == 130
    for _ in range(2):
        quiet = cron("continue")
        assert (quiet.returncode, quiet.stderr) == (0, "")
    assert json.loads(cron("show", "--json").stdout)["run"]["status"] == "suspended"
    let_a_day_pass(cron)
    done = cron("continue")
    assert (done.returncode, "✓ success  second/1" in done.stderr) == (0, True)
    assert json.loads(cron("show", "--json").stdout)["run"]["recovery"] == 0


def test_a_run_whose_first_pass_ends_it_is_not_suspended(waits):
    done = waits("run", "flows:nightly", "--day=2026-11-24", "--max-loops", "1")
    assert (done.returncode, done.stdout) == (0, "sent 2026-11-24:3\n")


BLOCKED = """
from sequent import Pool, container, step

db = Pool("db", 2)


@container
class greedy:
    @step(acquires={db: 2}, releases=[])
    def keeps(self) -> None: ...

    @step(requires=keeps, acquires={db: 1})
    def waits(self) -> None: ...

    @step(requires=waits, releases={db: 2})
    def frees(self) -> None: ...
"""


def test_who_waits_for_what_is_told_at_the_end_and_later(sequent):
    (sequent.directory / "blocked.py").write_text(BLOCKED)
    done = sequent("run", "blocked:greedy")
    assert done.returncode == 1
    told = "  waits/1 waits for 1 of pool 'db', of which 0 is free; the run holds 2"
    assert told in done.stderr.splitlines()
    assert told in sequent("show").stdout.splitlines()
    assert json.loads(sequent("show", "--json").stdout)["run"]["reason"] == told.strip()
