"""The examples, run as a user runs them: by the command line, in a directory and a store of their own."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
FLIGHTS = "examples/flights/flow.py:delays"

# The orders that the original's documentation shows.
RUNLY00 = "prog1 prog2 prog1 prog2 prog3 prog1 prog2 prog1 prog2 prog3 prog4"
RUNLY04_UNTIL_IT_FAILS = (
    "s1_s11_s111/1.1.1 s1_s11_s112/1.1.1 s1_s11_s111/1.1.2 s1_s11_s112/1.1.2 s1_s12/1.1 "
    "s1_s11_s111/1.2.1 s1_s11_s112/1.2.1 s1_s11_s111/1.2.2"
)
RUNLY04_RECOVERED = "s1_s11_s111/1.2.2 s1_s11_s112/1.2.2 s1_s12/1.2 s2/1"


class Home:
    """A directory with the examples in it, and a user who has no store yet."""

    def __init__(self, directory):
        self.directory = directory
        shutil.copytree(EXAMPLES, directory / "examples", ignore=shutil.ignore_patterns("__pycache__"))
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("SEQUENT_")}
        self.environment["XDG_STATE_HOME"] = str(directory / "state")

    def python(self, *words):
        return subprocess.run(
            [sys.executable, *words],
            check=False,
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def sequent(self, *words):
        return self.python("-m", "sequent", *words)

    def attempts(self):
        """The attempts of the latest run, by their start, as (path/sequence, status)."""
        shown = self.sequent("show", "--json", "-v")
        assert shown.returncode == 0, shown.stderr
        return [(f"{a['path']}/{a['sequence']}", a["status"]) for a in json.loads(shown.stdout)["run"]["attempts"]]


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_the_flights_fail_at_c2_and_a_recovery_runs_only_c2_and_what_follows(home):
    # As after a run that had succeeded: what it delivered is moved out of the way.
    (home.directory / "flights-out" / "share" / "old").mkdir(parents=True)
    failed = home.sequent(FLIGHTS, "--fail", "--last-month", "2")
    assert failed.returncode == 1
    assert "sequent recover" in failed.stderr
    before = home.attempts()
    statuses = dict(before)
    assert statuses["post/1"] == "success"
    assert statuses["copy/1"] == "failure"
    assert statuses["alert/1"] == "success"
    assert statuses["tidy/1"] == "success"
    assert "report/1" not in statuses
    assert len([task for task in statuses if task.startswith("months.airports.join")]) == 6

    (home.directory / "flights-out/share").mkdir()
    recovered = home.sequent("recover")
    assert recovered.returncode == 0, recovered.stderr
    assert home.attempts()[len(before) :] == [("copy/1", "success"), ("report/1", "success"), ("tidy/1", "success")]


def test_the_flights_of_a_month_reach_both_receivers_and_the_report_counts_them(home):
    done = home.sequent(FLIGHTS, "--last-month", "1")
    assert done.returncode == 0, done.stderr
    out = home.directory / "flights-out"
    names = ["01-EWR.csv", "01-JFK.csv", "01-LGA.csv", "summary.csv"]
    for receiver in (out / "received", out / "share/joined"):
        assert sorted(file.name for file in receiver.iterdir()) == names
    with (out / "received/01-JFK.csv").open() as file:
        joined = list(csv.DictReader(file))
    assert len(joined) == 9161
    # The second flight of the year from there, to Puerto Rico at 5 in the morning, in 15 mph of wind.
    assert {"carrier": "B6", "flight": "725", "dest": "BQN", "wind_speed": "14.960139999999999"}.items() <= joined[
        1
    ].items()
    with (out / "received/summary.csv").open() as file:
        counted = sum(int(row["flights"]) for row in csv.DictReader(file))
    assert counted <= 27004
    report = (out / "report.txt").read_text()
    assert "20 and more" in report
    assert report in done.stdout
    assert list(out.rglob("*.part")) == []


def test_the_first_program_of_the_documentation_keeps_its_order(home):
    done = home.python("examples/documentation/runly00.py")
    assert done.returncode == 0, done.stderr
    logs = home.sequent("logs", "latest").stdout
    assert [line.split()[-3] for line in logs.splitlines() if "doing what" in line] == RUNLY00.split()


def test_the_second_program_of_the_documentation_fails_and_recovers_in_its_order(home):
    done = home.python("examples/documentation/runly04.py")
    assert done.returncode == 0, done.stderr
    tasks = home.attempts()
    names = [task.replace(".", "_", task.split("/")[0].count(".")) for task, _ in tasks]
    expected = f"{RUNLY04_UNTIL_IT_FAILS} {RUNLY04_RECOVERED}"
    assert names == expected.split()
    assert [task for task, status in tasks if status == "failure"] == ["s1.s11.s111/1.2.2"]


def test_the_fan_out_gathers_in_order(home):
    done = home.sequent("run", "examples/fan_out.py:fan_out", "--count", "30")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "27"
    assert len(home.attempts()) == 32


def test_the_loop_ends_at_the_first_empty_page(home):
    done = home.sequent("run", "examples/until.py:read_all")
    assert done.returncode == 0, done.stderr
    assert [task for task, _ in home.attempts() if "read" in task] == [f"pages.read/1.{n}" for n in range(1, 5)]
    assert "eel" in home.sequent("logs", "latest", "join").stdout


def test_the_commands_count_words(home):
    done = home.sequent("run", "examples/commands.py:inventory", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"]["result"] == {"be": 2, "not": 1, "or": 1, "to": 2}
    assert [task for task, _ in home.attempts()][-1] == "clean_up/1"


@pytest.mark.parametrize(
    "target", [FLIGHTS, "examples/fan_out.py:fan_out", "examples/until.py:read_all", "examples/commands.py:inventory"]
)
def test_an_example_compiles_without_a_warning(home, target):
    checked = home.sequent("check", target)
    assert checked.returncode == 0, checked.stderr
    assert "warning" not in checked.stderr.lower()
