"""What is told of a run where nobody shows its progress."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from loguru import logger

from sequent.model.commands import option, with_store
from sequent.model.outcome import LogSpan, Problem
from sequent.model.plan import ContainerPlan, Plan, StepPlan
from sequent.model.run_target import Target
from sequent.model.scope import Scope
from sequent.model.status import Construct, RunStatus, Status
from sequent.runtime.records import RunRecord
from sequent.runtime.runs.observers import LoggingObserver, PrintingObserver

ROOT = Scope(1, 0, 1, (1,))
STEP = StepPlan(index=1, path=("load",), parent=0, position=0, construct=Construct.PROCESS)
PLAN = Plan(name="nightly", nodes=(ContainerPlan(index=0, path=(), parent=-1, children=(1,)), STEP))
PROBLEM = Problem(type="ValueError", message="no {way}", file="flows.py", line=3)
RECORD = RunRecord(
    number=1,
    id="r00001",
    target=Target(flow="nightly"),
    status=RunStatus.RUNNING,
    recovery=2,
    params={},
    created=0.0,
    ended=None,
    owner=None,
    counts={},
    description={},
    fingerprints={},
)


@pytest.fixture
def logged():
    lines: list[str] = []
    number = logger.add(lines.append, format="{level} {message}")
    yield lines
    logger.remove(number)


def watch(observer, wait):
    """Be a run in which a step fails, and fails again."""
    observer.run_began(RECORD, PLAN)
    observer.task_started(ROOT, 1, 1)
    observer.attempt_failed(ROOT, 1, 1, PROBLEM, None, wait)
    observer.task_settled(ROOT, 1, 2, Status.FAILURE, PROBLEM, None)
    observer.draw_failed(1, PROBLEM)
    observer.note("an agent is gone")
    observer.run_ended(RunStatus.FAILURE)


def test_a_program_logs_beginning_failures_and_end(logged):
    watch(LoggingObserver(), 0.0)
    assert [line.rstrip() for line in logged] == [
        "INFO run r00001 of nightly, recovery 2 begins",
        "WARNING load/1 failed at attempt 1: ValueError: no {way} (flows.py:3); it will be tried again",
        "ERROR load/1 failed: ValueError: no {way} (flows.py:3)",
        "ERROR load failed: ValueError: no {way} (flows.py:3)",
        "WARNING an agent is gone",
        "INFO run r00001 ended: failure; next: sequent recover r00001",
    ]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (RunStatus.SUCCESS, "success"),
        (RunStatus.STOPPED, "stopped; next: sequent recover r00001 --store s.db"),
        (RunStatus.SUSPENDED, "suspended; next: sequent continue r00001 --store s.db"),
    ],
)
def test_the_log_of_a_program_ends_with_the_command_to_type_next(logged, status, told):
    observer = LoggingObserver()
    observer.run_began(RECORD, PLAN)
    with with_store(option("store", "s.db")):
        observer.run_ended(status)
    assert logged[-1] == f"INFO run r00001 ended: {told}\n"


def test_what_is_not_tried_again_after_all_is_told(logged, capsys):
    for observer in (LoggingObserver(), PrintingObserver()):
        observer.run_began(RECORD, PLAN)
        observer.attempt_failed(ROOT, 1, 1, PROBLEM, None, 3600.0)
        observer.task_settled(ROOT, 1, 0, Status.FAILURE, None, None)
        observer.run_ended(RunStatus.FAILURE)
    assert "ERROR load/1 is not tried again, and has failed" in [line.rstrip() for line in logged]
    told = capsys.readouterr().out
    assert "load/1 is not tried again, and has failed\n" in told
    assert "failure, 1 failure\n" in told


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (RunStatus.SUCCESS, []),
        (RunStatus.FAILURE, ["next: call .run(run_mode=sequent.RUN_RECOVER) of the flow"]),
        (RunStatus.STOPPED, ["next: call .run(run_mode=sequent.RUN_RECOVER) of the flow"]),
        (RunStatus.SUSPENDED, ["next: call .run(run_mode=sequent.RUN_CONTINUE) of the flow"]),
    ],
)
def test_a_notebook_is_told_the_call_that_resumes_the_run(capsys, status, told):
    observer = PrintingObserver()
    observer.run_began(RECORD, PLAN)
    observer.run_ended(status)
    assert capsys.readouterr().out.splitlines()[1:] == [f"run r00001: {status.value}", *told]


@pytest.mark.parametrize(("wait", "text"), [(3600.0, "1h"), (59.97, "1m"), (90.0, "1m 30s"), (0.25, "0.25s")])
def test_a_wait_is_told_as_people_write_lengths_of_time(capsys, wait, text):
    watch(PrintingObserver(), wait)
    assert f"it will be tried again in {text}\n" in capsys.readouterr().out


def test_a_notebook_is_told_now_and_then_how_far_a_run_has_come(capsys):
    times = iter([0.0, 4.0, 6.0, 7.0, 12.0])
    observer = PrintingObserver(monotonic=lambda: next(times))
    observer.run_began(RECORD, PLAN)
    for _ in range(4):
        observer.task_settled(ROOT, 1, 1, Status.SUCCESS, None, None)
    observer.run_ended(RunStatus.SUCCESS)
    assert capsys.readouterr().out.splitlines() == [
        "run r00001 of nightly, recovery 2",
        "run r00001 goes on, 2 success",
        "run r00001 goes on, 4 success",
        "run r00001: success, 4 success",
    ]


@pytest.mark.parametrize("kind", [LoggingObserver, PrintingObserver])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_an_attempt_has_written_is_shown_as_it_ends_and_steers_no_terminal(
    kind, is_terminal, tmp_path, capsys, monkeypatch
):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/w1.log").write_bytes(b"other's\ndoing \x1b[2Jit\nand more\nnext's\n")
    span = LogSpan(segment="w1.log", offset=8, length=len(b"doing \x1b[2Jit\nand more\n"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    observer = kind(str(tmp_path))
    observer.run_began(RECORD, PLAN)
    capsys.readouterr()
    observer.task_settled(ROOT, 1, 1, Status.SUCCESS, None, span)
    observer.task_settled(ROOT, 1, 1, Status.SUCCESS, None, None)
    assert capsys.readouterr().out == ("doing \\x1b[2Jit\nand more\n" if is_terminal else "doing \x1b[2Jit\nand more\n")


@pytest.mark.parametrize("kind", [LoggingObserver, PrintingObserver])
@pytest.mark.parametrize(
    ("replace", "told"),
    [
        (os.mkfifo, r"the log '.*/w1\.log' cannot be read: .*"),
        (lambda path: os.symlink("/etc/passwd", path), r"the log '.*/w1\.log' cannot be read: .*"),
        (lambda path: None, r"the log file '.*/w1\.log' is missing"),
    ],
    ids=["pipe", "link", "nothing"],
)
def test_a_log_that_a_step_has_replaced_is_not_shown_and_holds_nothing_up(kind, replace, told, tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    replace(str(tmp_path / "logs/w1.log"))
    observer = kind(str(tmp_path))
    observer.run_began(RECORD, PLAN)
    capsys.readouterr()
    observer.task_settled(ROOT, 1, 1, Status.SUCCESS, None, LogSpan(segment="w1.log", offset=0, length=8))
    assert re.fullmatch(rf"\[sequent: {told}\]\n", capsys.readouterr().out)


LINES = """
import os, sys
if sys.argv[1:]:
    import loguru
from sequent.runtime.runs.observers import tell
tell("INFO", "run r1 of flow begins")
tell("WARNING", "a\\x1b[2Jb, é")
print("loguru" in sys.modules)
"""


def test_without_loguru_a_line_is_as_loguru_writes_it():
    def lines_of(*words):
        done = subprocess.run([sys.executable, "-c", LINES, *words], capture_output=True, text=True, check=True)
        assert done.stdout == f"{bool(words)}\n"
        return [re.sub(r"\d", "9", line) for line in done.stderr.splitlines()]

    assert lines_of() == lines_of("loguru")
    assert len(lines_of()) == 2
    assert all(" | sequent:run:9 - " in line for line in lines_of())


def test_loguru_is_used_where_it_is_set_up():
    environment = {**os.environ, "LOGURU_LEVEL": "ERROR"}
    done = subprocess.run([sys.executable, "-c", LINES], capture_output=True, text=True, check=True, env=environment)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_run_goes_on_if_nobody_can_read_its_lines():
    done = subprocess.run(["/bin/sh", "-c", f'"{sys.executable}" -c "$0" 2>&-', LINES], capture_output=True, check=True)
    assert done.stdout == b"False\n"
