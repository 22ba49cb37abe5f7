"""Failures of attempts: how they are told, and that neither they nor a lost process harm the next attempt."""

from __future__ import annotations

import json
import linecache
import os
import signal
import sys
from pathlib import Path

import pytest

import sequent
from sequent.dsl.builder.blocks import Sequent
from sequent.errors import NotDataError, Place
from tests.runtime.driving import Driving
from tests.runtime.worker_steps import add, end_process, leave, nothing, pid, unnamed

OURS = str(Path(sequent.__file__).parent)


def fail(text):
    raise ValueError(text)


def fail_within():
    json.loads("{")


def chained():
    try:
        fail("first")
    except ValueError as error:
        raise RuntimeError("second") from error


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def unprintable():
    raise Unprintable


def recurse():
    recurse()


def interrupt():
    raise KeyboardInterrupt


def kill_itself(number):
    os.kill(os.getpid(), number)


class Whole(int):
    """A whole number of a class of its own."""


CODES = {"high": 2**60, "higher": 2**70, "low": -(2**53), "true": True, "member": signal.SIGTERM, "own": Whole(3)}


def leave_with(name):
    sys.exit(CODES[name])


def refuse_a_line(line):
    raise NotDataError("no", place=Place("here.py", line))


def connection():
    return {"conn": open(os.devnull)}


def close_everything():
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def come_back_twice():
    if (child := os.fork()) == 0:
        return "the child"
    os.waitpid(child, 0)
    return "the parent"


def end_a_copy():
    """How a forked process ends of a TERM, which only a handler could keep it from."""
    if (child := os.fork()) == 0:
        while True:
            signal.pause()
    os.kill(child, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def end_a_handled_copy():
    signal.signal(signal.SIGTERM, lambda *_: os._exit(7))
    return end_a_copy()


def become_another():
    os.execvp("sh", ["sh", "-c", "echo replaced; exit 4"])  # noqa: S606 - a step may do this


flow = Sequent("flow")
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
flow.add_step("copy", func=end_a_copy)
flow.add_step("handled", func=end_a_handled_copy)
flow.add_step("fail", func=fail, args=("it broke",))
flow.add_step("within", func=fail_within)
flow.add_step("chained", func=chained)
flow.add_step("unprintable", func=unprintable)
flow.add_step("recurse", func=recurse)
flow.add_step("interrupt", func=interrupt)
flow.add_step("leave0", func=leave, args=(0,))
flow.add_step("leave3", func=leave, args=(3,))
for name in CODES:
    flow.add_step(f"leave_{name}", func=leave_with, args=(name,))
flow.add_step("line_high", func=refuse_a_line, args=(2**70,))
flow.add_step("line_low", func=refuse_a_line, args=(-1,))
flow.add_step("ended", func=end_process, args=(3,))
flow.add_step("killed", func=kill_itself, args=(9,))
flow.add_step("segfault", func=kill_itself, args=(int(signal.SIGSEGV),))
flow.add_step("unnamed", func=unnamed)
flow.add_step("connection", func=connection)
flow.add_step("close", func=close_everything)
flow.add_step("pid", func=pid)
flow.add_step("nothing", func=nothing)
flow.add_step("twice", func=come_back_twice)
flow.add_step("exec", func=become_another)


def test_an_exception_is_told_with_the_authors_line_and_frames_alone(driving: Driving):
    problem = driving.run("fail").problem
    assert problem
    assert (problem.type, problem.message, problem.file) == ("ValueError", "it broke", __file__)
    assert Path(__file__).read_text().splitlines()[problem.line - 1].strip() == "raise ValueError(text)"
    assert "raise ValueError(text)" in problem.traceback
    assert OURS not in problem.traceback


def test_an_exception_tells_its_class_and_its_bases_by_qualified_names(driving: Driving):
    within, unprintable = driving.run("within").problem, driving.run("unprintable").problem
    assert within
    assert within.types == (
        "json.decoder.JSONDecodeError",
        "builtins.ValueError",
        "builtins.Exception",
        "builtins.BaseException",
    )
    assert unprintable
    assert unprintable.types[0] == f"{__name__}.Unprintable"


def test_an_exception_of_a_library_is_blamed_on_the_line_that_called_it(driving: Driving):
    problem = driving.run("within").problem
    assert problem
    assert problem.file == __file__
    assert Path(__file__).read_text().splitlines()[problem.line - 1].strip() == 'json.loads("{")'


def test_the_cause_of_an_exception_is_told_too(driving: Driving):
    problem = driving.run("chained").problem
    assert problem
    assert "ValueError: first" in problem.traceback
    assert OURS not in problem.traceback


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        ("unprintable", "Unprintable", "cannot be read"),
        ("recurse", "RecursionError", "recursion"),
        ("interrupt", "KeyboardInterrupt", "interrupted"),
        ("leave0", "SystemExit", "sys.exit(0)"),
        ("leave3", "SystemExit", "sys.exit(3)"),
        ("connection", "NotDataError", "result['conn']"),
        ("unnamed", "NotDataError", "Row"),
    ],
)
def test_a_step_fails_in_one_clear_way_and_the_same_worker_goes_on(driving: Driving, step, kind, words):
    before = driving.run("pid").result
    problem = driving.run(step).problem
    assert problem
    assert problem.type == kind
    assert words in problem.message
    assert driving.run("pid").result == before


@pytest.mark.parametrize(
    ("name", "code"), [("high", 255), ("higher", 255), ("low", 255), ("true", 1), ("member", 15), ("own", 3)]
)
def test_an_exit_code_is_told_as_a_number_that_a_record_holds(driving: Driving, name, code):
    problem = driving.run(f"leave_{name}").problem
    assert problem
    assert (problem.type, problem.exit_code) == ("SystemExit", code)


@pytest.mark.parametrize("step", ["line_high", "line_low"])
def test_a_line_that_no_file_has_is_told_as_none(driving: Driving, step):
    problem = driving.run(step).problem
    assert problem
    assert (problem.type, problem.file, problem.line) == ("NotDataError", "here.py", 0)


def test_a_result_that_cannot_be_kept_is_blamed_on_the_line_that_makes_the_step(driving: Driving):
    problem = driving.run("connection").problem
    assert problem
    assert problem.file == __file__
    assert linecache.getline(problem.file, problem.line).startswith('flow.add_step("connection"')
    assert OURS not in problem.traceback


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        ("ended", "ExitStatus", "status 3"),
        ("killed", "Signal", "killed by SIGKILL (out of memory?)"),
        ("exec", "ExitStatus", "status 4"),
        ("segfault", "Signal", "killed by SIGSEGV"),
        ("close", "WorkerError", "closed or changed a descriptor of its worker"),
    ],
)
def test_a_step_that_ends_its_process_fails_alone_and_the_next_one_runs(driving: Driving, step, kind, words):
    problem = driving.run(step).problem
    assert problem
    assert problem.type == kind
    assert words in problem.message
    assert driving.run("sum").result == "4"


def test_a_forked_copy_that_comes_back_from_the_step_ends_there(driving: Driving):
    assert driving.run("twice").result == '"the parent"'
    assert driving.run("nothing").result == "null"
    assert driving.seen == []


def test_a_forked_copy_ends_of_a_signal_as_one_of_any_program_does(driving: Driving):
    assert driving.run("copy").result == "-15"
    assert driving.run("handled").result == "7"
    assert driving.run("copy").result == "-15"
