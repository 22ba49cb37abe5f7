"""Where the disk with the logs is full, steps go on: their logs say what is missing, and nothing else is."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sequent.dsl.builder.blocks import Sequent
from sequent.dsl.references.reference_words import secret
from sequent.runtime.disk_room import RESERVE
from sequent.runtime.orders import Notice
from tests.disks import SmallDisk, small_disk
from tests.runtime.driving import Driving, forked, inline, threads

LINE = "a line of some length that is written again and again\n"
MUCH = 2 * RESERVE // len(LINE)


def which() -> int:
    return os.getpid()


def print_much() -> str:
    for _ in range(MUCH):
        print(LINE, end="")
    return "printed"


def print_little() -> str:
    print("little")
    return "printed"


def write_to_errors() -> str:
    sys.stderr.write(LINE * MUCH)
    sys.stderr.flush()
    return "written"


def log_much() -> str:
    for _ in range(MUCH):
        logging.getLogger("app").warning(LINE)
    return "logged"


def write_to_the_descriptor() -> str:
    for _ in range(MUCH):
        os.write(1, LINE.encode())
    return "written"


def have_a_child_write() -> str:
    words = [sys.executable, "-c", f"import os\nfor _ in range({MUCH}): os.write(1, {LINE.encode()!r})"]
    subprocess.run(words, check=True)
    return "written"


def write_little_to_the_descriptor() -> None:
    os.write(2, b"little\n")


def have_a_child_write_little() -> None:
    subprocess.run(["sh", "-c", "echo little"], check=True)


def print_beside_a_secret(word: str = secret("SEQUENT_TEST_SECRET")) -> str:
    for _ in range(MUCH):
        print(word, LINE, end="")
    return "printed"


def raise_after_much() -> None:
    print_much()
    raise ValueError("its own mistake")


def wait_for(file: str) -> None:
    while not Path(file).exists():
        time.sleep(0.01)


def print_through_a_full_disk(disk: str) -> str:
    """Fill the disk oneself, and free it again."""
    print("before")
    SmallDisk(Path(disk)).fill()
    print_much()
    SmallDisk(Path(disk)).free()
    print("after")
    return "printed"


SCRIPT = f"for i in $(seq {MUCH}); do echo {LINE.strip()} || exit 3; done"
FUNCTIONS = (print_much, write_to_errors, log_much, raise_after_much)
LITTLE = (write_little_to_the_descriptor, have_a_child_write_little)
IN_PROCESSES = (write_to_the_descriptor, have_a_child_write, print_beside_a_secret)
COMMANDS = {
    "command_kept": ("bash", "-c", f"{SCRIPT}; echo end"),
    "command_logged": ("bash", "-c", SCRIPT),
    "command_errors": ("bash", "-c", f"({SCRIPT}) >&2; echo end"),
}


def flow_on(disk: Path) -> Sequent:
    flow = Sequent("full")
    for function in (which, print_little, *FUNCTIONS, *IN_PROCESSES, *LITTLE):
        flow.add_step(function.__name__, func=function)
    flow.add_step("wait", func=wait_for, args=(str(disk / "go"),))
    flow.add_step("through", func=print_through_a_full_disk, args=(str(disk),))
    for name, words in COMMANDS.items():
        flow.add_step(name, command=words, result=None if name == "command_logged" else str)
    return flow


WAYS = {"processes": forked, "threads": threads, "inline": inline}


@contextmanager
def secret_in_environment() -> Generator[None]:
    """The secret of the steps, for as long as they run."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SEQUENT_TEST_SECRET", "canary-of-the-test")
        yield


@contextmanager
def driven(way: str, directory: Path) -> Generator[tuple[Driving, SmallDisk]]:
    """Within the test, whose standard output what executes in its process takes."""
    with (
        secret_in_environment(),
        small_disk(directory / "run") as disk,
        WAYS[way](flow_on(disk.directory), disk.directory) as driving,
    ):
        driving.run("which")
        yield driving, disk


def told_of_losses(driving: Driving, ended) -> bool:
    return ended.log is not None and (ended.log.dropped > 0 or "bytes of output are missing" in driving.log_of(ended))


@pytest.mark.parametrize("way", WAYS)
def test_what_cannot_be_logged_changes_no_outcome_and_is_told_of(way, tmp_path):
    with driven(way, tmp_path) as (driving, disk):
        for step in [*(function.__name__ for function in FUNCTIONS), *COMMANDS]:
            disk.fill()
            ended = driving.run(step)
            disk.free()
            if step == "raise_after_much":
                assert ended.problem.message == "its own mistake"
            else:
                assert (step, ended.problem) == (step, None)
                assert ended.result.endswith({"command_kept": 'end"', "command_errors": 'end"'}.get(step, ""))
            assert told_of_losses(driving, ended), step
            assert driving.log_of(driving.run("print_little")) == "little\n"


@pytest.mark.parametrize("step", [function.__name__ for function in IN_PROCESSES])
def test_nor_does_what_a_steps_descriptors_and_children_write(step, tmp_path):
    with driven("processes", tmp_path) as (driving, disk):
        disk.fill()
        # What was set aside is used up first; from then on nothing goes to the disk directly.
        first, second = driving.run("print_much"), driving.run(step)
        disk.free()
        assert (first.problem, second.problem) == (None, None)
        assert told_of_losses(driving, second)
        assert "canary" not in driving.log_of(second)


@pytest.mark.parametrize("step", ["write_little_to_the_descriptor", "have_a_child_write_little"])
def test_what_little_they_write_has_its_room_set_aside(step, tmp_path):
    with driven("processes", tmp_path) as (driving, disk):
        disk.fill()
        ended = driving.run(step)
        assert (ended.problem, driving.log_of(ended)) == (None, "little\n")


@pytest.mark.parametrize("way", WAYS)
def test_a_log_goes_on_as_soon_as_there_is_room_and_says_in_between_how_much_is_missing(way, tmp_path):
    with driven(way, tmp_path) as (driving, _):
        ended = driving.run("through")
        assert ended.problem is None
        lines = driving.log_of(ended).split("\n")
    assert lines[0] == "before"
    assert lines[-2] == "after"
    told = re.compile(r"\[sequent: \d+ bytes of output are missing here: No space left on device\]")
    assert any(map(told.fullmatch, lines))


def is_told(report: object) -> bool:
    return isinstance(report, Notice)


def test_a_worker_for_which_there_is_no_room_is_started_once_there_is(tmp_path):
    with driven("processes", tmp_path) as (driving, disk):
        other = driving.start("wait", announces=True)
        driving.begun(other)
        disk.fill()
        frame = driving.start("which")
        text = "a worker cannot be started: No space left on device; trying again for up to 300 seconds"
        assert driving.wait(is_told) == Notice(text)
        disk.free()
        assert driving.end_of(frame).problem is None
        assert driving.wait(is_told) == Notice("workers can be started again")
        (disk.directory / "go").touch()
        assert driving.end_of(other).problem is None


def test_an_agent_for_whose_files_there_is_no_room_begins_once_there_is(tmp_path):
    with small_disk(tmp_path / "run") as disk:
        disk.fill()
        with forked(flow_on(disk.directory), disk.directory) as driving:
            frame = driving.start("which")
            driving.wait(is_told)
            disk.free()
            assert driving.end_of(frame).problem is None


@pytest.mark.parametrize("way", ["threads", "inline"])
def test_a_step_in_this_process_does_not_need_room_for_its_log_to_begin(way, tmp_path):
    with small_disk(tmp_path / "run") as disk:
        (disk.directory / "logs").mkdir()
        disk.fill()
        with WAYS[way](flow_on(disk.directory), disk.directory) as driving:
            ended = driving.run("print_little")
            assert (ended.problem, ended.result) == (None, '"printed"')
            assert told_of_losses(driving, ended)
            disk.free()
            assert driving.log_of(driving.run("print_little")) == "little\n"
