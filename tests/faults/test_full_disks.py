"""Full disks, each alone: that of the store, of the runs' directories, and of a run's logs."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.command_line import CommandLine
from tests.disks import small_disk
from tests.patience import PATIENCE, wait_until

FLOW = """
import os
import subprocess
import time
from pathlib import Path

from sequent import command, container, step


def tell(name):
    with open("ledger", "a") as ledger:
        ledger.write(f"{name} ")


def wait_for(name):
    while not Path(name).exists():
        time.sleep(0.01)


@container
class flow:
    @step
    def begin(self) -> int:
        print("it has begun", flush=True)
        tell("begin")
        wait_for("full")
        return 1

    @step(requires=begin)
    def chatter(self) -> str:
        tell("chatter")
        for _ in range(10_000):
            print("a line of some length that is written again and again")
        return "chattered"

    listing = command(
        "bash",
        "-c",
        "for i in $(seq 5000); do echo a line that is the result; done; echo listing >> ledger",
        result=str,
        requires=begin,
    )

    @step(requires=begin)
    def child(self) -> None:
        tell("child")
        subprocess.run(["echo", "from a child"], check=True)

    @step
    def end(self, lines: str = listing.result, told: str = chatter.result) -> int:
        tell("end")
        return len(lines.split("\\n"))

    result = end
"""


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    made = CommandLine(tmp_path)
    (tmp_path / "chatty.py").write_text(FLOW)
    made.environment["SEQUENT_STORE"] = str(tmp_path / "store" / "s.db")
    return made


def read_until(process: subprocess.Popen[str], wanted: str) -> None:
    """Read what a command tells people until one line has that in it."""
    while wanted not in (line := process.stderr.readline()):
        assert line, "it has ended"


def ledger(line: CommandLine) -> list[str]:
    return sorted((line.directory / "ledger").read_text().split())


ONCE = ["begin", "chatter", "child", "end", "listing"]


@pytest.mark.parametrize("where", ["store", "store/s.db.runs"])
def test_where_it_is_full_while_steps_run_nothing_fails_and_nothing_runs_twice(line, tmp_path, where):
    with small_disk(tmp_path / where, "6m") as disk:
        process = line.start("run", "chatty:flow", "--run-id", "r1")
        wait_until(lambda: (tmp_path / "ledger").exists())
        disk.fill()
        (tmp_path / "full").touch()
        if where == "store":
            # Nothing that depends on an outcome begins before that is written.
            read_until(process, "No space left on device; trying again")
            assert ledger(line) == ["begin"]
        else:
            # Workers for the steps that run at once may have to wait; logs never do.
            wait_until(lambda: "chatter" in ledger(line) or "listing" in ledger(line))
        disk.free()
        out, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (0, "5000\n"), errors
        assert ledger(line) == ONCE
        assert "it has begun" in line("logs", "r1").stdout


def test_where_logs_have_no_room_for_the_whole_time_the_run_succeeds_and_the_logs_say_so(line, tmp_path):
    with small_disk(tmp_path / "store" / "s.db.runs", "6m") as disk:
        process = line.start("run", "chatty:flow", "--max-concurrent", "1")
        wait_until(lambda: (tmp_path / "ledger").exists())
        disk.fill()
        (tmp_path / "full").touch()
        out, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (0, "5000\n"), errors
        assert ledger(line) == ONCE
        logs = line("logs").stdout
        assert "bytes missing" in logs or "bytes of output are missing" in logs


def test_a_run_for_whose_directory_there_is_no_room_waits_before_it_begins(line, tmp_path):
    (tmp_path / "full").touch()
    with small_disk(tmp_path / "store" / "s.db.runs", "6m") as disk:
        disk.fill()
        process = line.start("run", "chatty:flow")
        while "a worker cannot be started: No space left on device; trying again" not in (
            said := process.stderr.readline()
        ):
            assert said
        disk.free()
        assert process.communicate(timeout=PATIENCE)[0] == "5000\n"
        assert process.returncode == 0


BEGINNINGS = {
    "a run in a new store": (False, ("run", "short:flow")),
    "a run": (True, ("run", "short:flow")),
    "a recovery": (True, ("recover", "--rerun", "a")),
}


@pytest.mark.parametrize(("is_there", "words"), BEGINNINGS.values(), ids=BEGINNINGS)
def test_what_begins_with_a_full_disk_waits_until_there_is_room(line, tmp_path, is_there, words):
    (tmp_path / "short.py").write_text(
        "from sequent import container, step\n\n@container\nclass flow:\n    @step\n    def a(self) -> None: ..."
    )
    with small_disk(tmp_path / "store", "6m") as disk:
        if is_there:
            assert line("run", "short:flow").returncode == 0
        disk.fill()
        process = line.start(*words)
        read_until(process, "No space left on device; trying again for up to 300 seconds")
        disk.free()
        errors = process.communicate(timeout=90)[1]
        assert process.returncode == 0, errors
        assert "it can be written again" in errors
        assert line("store", "check").returncode == 0


def test_a_command_that_waits_for_room_obeys_ctrl_c(line, tmp_path):
    with small_disk(tmp_path / "store", "6m") as disk:
        disk.fill()
        process = line.start("run", "chatty:flow")
        read_until(process, "trying again")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=90)
        assert process.returncode == 130
