"""Ctrl-C ends a command without a word, from the first import of the package to the end of the interpreter."""

from __future__ import annotations

import signal

import pytest

from tests.acceptance.command_line import CommandLine

SITE = """
import atexit
import os
import signal
import sys

place = os.environ.get("INTERRUPT_AT", "nowhere")


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)


class Collected:
    def __del__(self):
        interrupt()
        # The signal is heard in here, from where Python can raise nothing.
        sum(range(1000))


def look(event, arguments):
    if event == "import" and arguments[0] == place.removeprefix("collected "):
        if place.startswith("collected "):
            Collected()
        else:
            interrupt()


if place == "exit":
    # Called last of all that is called.
    atexit.register(interrupt)
elif place == "threads":
    # Called first of it, while threads are waited for.
    import threading

    threading._register_atexit(interrupt)
else:
    sys.addaudithook(look)
"""
PLACES = [
    *("sequent.cli.app", "sequent.errors", "sequent.cli.output.terminal", "sequent.runtime.processes.standard_streams"),
    *(
        "cyclopts",
        "sequent.cli.arguments.options",
        "sequent.runtime.store",
        "sqlite3",
        "sequent.runtime.store.sqlite.store",
    ),
    *("collected cyclopts", "collected sequent.runtime.store"),
]


@pytest.fixture
def interrupted(sequent: CommandLine, tmp_path):
    """A command line in whose processes Ctrl-C is pressed at a place, and which has a run to tell of."""
    assert sequent("run", "flows:nightly", "-p", "day=2026-11-24").returncode == 0
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SITE)
    sequent.environment["PYTHONPATH"] = f"{tmp_path / 'site'}:{sequent.environment['PYTHONPATH']}"
    return sequent


def test_while_modules_are_imported(interrupted):
    for place in PLACES:
        interrupted.environment["INTERRUPT_AT"] = place
        # Words that need a parser.
        done = interrupted("ls", "--limit", "3")
        assert (place, done.returncode, done.stdout, done.stderr) == (place, 130, "", "")


def test_before_the_command_line_is_imported_it_ends_the_process_without_a_word(interrupted):
    interrupted.environment["INTERRUPT_AT"] = "sequent.hiding_files"
    done = interrupted("ls")
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("place", ["threads", "exit"])
def test_once_all_is_done_it_changes_nothing(interrupted, place):
    interrupted.environment["INTERRUPT_AT"] = place
    done = interrupted("check", "flows:nightly")
    assert (done.returncode, done.stdout, done.stderr) == (0, "nightly: 2 steps, no mistakes\n", "")


@pytest.mark.parametrize("place", ["threads", "exit"])
def test_it_changes_nothing_either_where_the_process_ends_at_once(interrupted, place):
    interrupted.environment["INTERRUPT_AT"] = place
    done = interrupted("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
