"""Output that cannot be written: one line says so, the exit code is 4, and the run is as it is."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import pytest

from tests.acceptance.command_line import CommandLine

DAY = ("-p", "day=2026-11-24")
LINE = "error: standard output cannot be written: No space left on device\n"
COMMANDS = [
    ("run", "flows:nightly", *DAY),
    ("recover", "broken", "--plan"),
    ("check", "flows:nightly"),
    ("plan", "flows:nightly"),
    *(("graph", "flows:nightly", "-f", form) for form in ("mermaid", "dot", "svg", "json")),
    ("ls",),
    ("show", "done"),
    ("show", "broken", "-v"),
    ("logs", "done"),
    ("config",),
    ("completion", "show", "bash"),
    ("--help",),
    ("--version",),
    ("run", "flows:nightly", "--help"),
]
WITH_JSON = [
    ["run", "flows:nightly", *DAY, "--json"],
    ["ls", "--json"],
    ["run", "flows:broken", "--json"],
    ["recover", "done", "--json"],
    ["show", "nosuch", "--json"],
    ["check", "mistaken:wrong", "--json"],
    ["nosuch", "--json"],
]


@pytest.fixture
def ran(sequent: CommandLine) -> CommandLine:
    assert sequent("run", "flows:nightly", *DAY, "--run-id", "done").returncode == 0
    assert sequent("run", "flows:broken", "--run-id", "broken").returncode == 1
    return sequent


def test_output_that_finds_no_room_is_one_line_and_exit_code_4(ran):
    for words in (*COMMANDS, *WITH_JSON):
        with open("/dev/full", "w") as full:
            process = ran.start(*words, stdout=full)
            _, errors = process.communicate()
        assert (words, process.returncode, errors[-len(LINE) :]) == (words, 4, LINE)
        assert errors.count("error:") == 1, errors
        assert "Traceback" not in errors
    runs = json.loads(ran("ls", "--json").stdout)["runs"]
    # What the runs were is written, and nothing else happened to them.
    assert sorted(run["status"] for run in runs) == ["failure", "failure", *["success"] * 3]


def test_what_is_told_to_people_is_no_result_and_may_get_lost(ran):
    for words, code in ((("run", "flows:nightly", *DAY), 0), (("run", "flows:broken"), 1), (("ls", "--nosuch"), 2)):
        with open("/dev/full", "w") as full:
            process = ran.start(*words, stderr=full)
            process.communicate()
        assert process.returncode == code


def test_a_picture_that_finds_no_room_is_told_of_too(sequent):
    done = sequent("graph", "flows:nightly", "-o", "/dev/full")
    assert (done.returncode, done.stderr.split("\n")[0]) == (
        4,
        "error: '/dev/full' cannot be written: No space left on device",
    )


def test_no_picture_and_no_report_overwrites_a_store(sequent, tmp_path):
    assert sequent("run", "flows:nightly", *DAY).returncode == 0
    store = tmp_path / "copy.db"
    assert sequent("store", "backup", str(store)).returncode == 0
    for words in (("graph", "flows:nightly"), ("graph", "latest"), ("report", "latest"), ("report", "--json")):
        done = sequent(*words, "-o", str(store), "--store", str(store))
        assert done.returncode == 2
        assert f"'{store}' is a database, and is not overwritten" in done.stdout + done.stderr
    assert sequent("store", "check", "--store", str(store)).returncode == 0


SCRIPT = """
import sequent

def work():
    print("at work")
    return 7

flow = sequent.Sequent("scripted")
flow.add_step("work", func=work)
flow.add_step("again", func=work, task_construct="THREAD_CONSTRUCT")
assert flow.run()
"""
CLOSED = [" ".join(closed) for size in (1, 2, 3) for closed in itertools.combinations(("0<&-", ">&-", "2>&-"), size)]


def closing(sequent: CommandLine, closed: str, *words: str) -> int:
    """Run a program with some of its standard streams closed."""
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *words]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run(shell, cwd=sequent.directory, env=sequent.environment, check=False, **streams).returncode


@pytest.mark.parametrize("closed", CLOSED)
def test_streams_that_were_closed_are_as_if_nobody_read_them(sequent, closed):
    command = [sys.executable, "-m", "sequent"]
    assert closing(sequent, closed, *command, "run", "flows:nightly", *DAY, "--json") == 0
    assert sequent("logs").stdout.count("loading 3 rows") == 1
    if closed.count("&-") < 3:
        return
    assert closing(sequent, closed, *command, "show") == 0
    assert closing(sequent, closed, *command, "nosuch") == 2


@pytest.mark.parametrize(
    ("closed", "construct"), [(CLOSED[-1], "process"), (CLOSED[-1], "thread"), ("2>&-", "process")]
)
def test_the_same_holds_for_a_script(sequent, closed, construct):
    (sequent.directory / "script.py").write_text(SCRIPT.replace("THREAD_CONSTRUCT", construct))
    assert closing(sequent, closed, sys.executable, "script.py") == 0
    assert sequent("logs").stdout.count("at work") == 2


def test_a_pipe_that_nobody_reads_stays_quiet(ran):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        process = ran.start("ls", stdout=nobody)
        _, errors = process.communicate()
    assert (process.returncode, errors) == (141, "")
