"""Attempts in threads of the driver's process: several at once, each with its own context and log."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import contextmanager

from loguru import logger
from msgspec.structs import replace

import sequent.runtime.context as where
from sequent import Sequent
from sequent.dsl.specification.definitions import definition_of
from sequent.model.run_target import Target
from sequent.runtime.executors.thread_executor import ThreadExecutor
from sequent.runtime.orders import AttemptEnded
from tests.patience import PATIENCE
from tests.runtime.driving import Driving, setup_of, threads
from tests.runtime.worker_steps import add, leave, told

both = threading.Barrier(2, timeout=PATIENCE)
go = threading.Event()


def meet(name):
    """Be under way together with another, and tell of it between its lines."""
    print("before", name)
    both.wait()
    print("after", name)
    both.wait()
    return [name, where.context().sequence]


def meet_and_ask(name):
    """The same, and ask the flow which step asks."""
    both.wait()
    told = [flow.get_step_name(), flow.get_step_sequence()]
    both.wait()
    return [name, *told]


def wait():
    go.wait(PATIENCE)
    return "waited"


def log():
    logging.getLogger("app").debug("too low")
    logging.getLogger("app").warning("from logging")
    where.context().logger.info("from the context")
    logger.debug("too low")
    logger.info("from loguru")
    print("to errors", file=sys.stderr)
    sys.stdout.buffer.write(b"bytes\n")


def in_thread():
    found = []

    def ask():
        try:
            found.append(where.context().path)
        except Exception as error:  # noqa: BLE001 - it is the answer
            found.append(type(error).__name__)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return found


flow = Sequent("flow")
flow.add_step("a", func=meet, args=("a",))
flow.add_step("b", func=meet, args=("b",))
outer = flow.add_step("outer")
outer.add_step("c", func=meet_and_ask, args=("c",))
outer.add_step("d", func=meet_and_ask, args=("d",))
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
flow.add_step("leave", func=leave, args=(3,))
flow.add_step("wait", func=wait)
flow.add_step("log", func=log)
flow.add_step("told", func=told)
flow.add_step("pid", func=os.getpid)
flow.add_step("cwd", func=os.getcwd)
flow.add_step("in_thread", func=in_thread)
flow.add_step("program", command=("sh", "-c", 'echo "$SEQUENT_STEP_PATH"; echo and errors >&2'))


@contextmanager
def opened(directory):
    """Threads that are ready: within a test, since pytest replaces the standard streams before it."""
    go.clear()
    with threads(flow, directory) as driving:
        yield driving


def test_attempts_run_at_once_in_this_process_and_what_each_writes_is_its_own(tmp_path):
    with opened(tmp_path) as driving:
        first, second = driving.start("a", sequence="1.1"), driving.start("b", sequence="1.2")
        a, b = driving.end_of(first), driving.end_of(second)
        assert (a.result, b.result) == ('["a","1.1"]', '["b","1.2"]')
        assert (driving.log_of(a), driving.log_of(b)) == ("before a\nafter a\n", "before b\nafter b\n")
        assert driving.run("pid").result == str(os.getpid())


def test_a_flow_of_the_whole_process_knows_which_step_asks_it(tmp_path, monkeypatch):
    # Of a step that runs this program, say.
    monkeypatch.setenv("SEQUENT_STEP_NAME", "another")
    with opened(tmp_path) as driving:
        first, second = driving.start("outer.c", sequence="1.1"), driving.start("outer.d", sequence="1.2")
        c, d = driving.end_of(first), driving.end_of(second)
        assert (c.result, d.result) == ('["c","outer_c","1.1"]', '["d","outer_d","1.2"]')
        assert flow.get_step_name() == "another"


def test_a_step_fails_alone_and_the_thread_goes_on(tmp_path):
    with opened(tmp_path) as driving:
        problem = driving.run("leave").problem
        assert problem
        assert (problem.type, problem.exit_code) == ("SystemExit", 3)
        assert driving.run("sum").result == "4"
        assert len({thread.name for thread in threading.enumerate() if thread.name == "sequent-step"}) == 1


def test_what_others_of_this_process_write_is_not_in_a_log(tmp_path, capsys):
    with opened(tmp_path) as driving:
        waiting = driving.start("wait")
        print("from the driver")
        go.set()
        assert driving.log_of(driving.end_of(waiting)) == ""
        assert "from the driver" in capsys.readouterr().out


def test_both_libraries_log_to_the_attempt_from_the_level_on_that_is_set(tmp_path):
    with opened(tmp_path) as driving:
        lines = driving.log_of(driving.run("log")).splitlines()
        assert [line.rpartition(": ")[2].rpartition(" - ")[2] for line in lines] == [
            "from logging",
            "from the context",
            "from loguru",
            "to errors",
            "bytes",
        ]


def test_a_step_is_told_where_it_is_and_the_environment_is_the_process_own(tmp_path):
    with opened(tmp_path) as driving:
        found = json.loads(driving.run("told", sequence="1.4", attempt=2).result)
        assert found["context"][:3] == ["told", "told", "1.4"]
        assert "SEQUENT_STEP_NAME" not in found["environment"]


def test_a_program_has_the_variables_and_writes_to_its_attempts_log(tmp_path):
    with opened(tmp_path) as driving:
        assert driving.log_of(driving.run("program")) == "program\nand errors\n"


def test_a_thread_that_a_step_has_started_sees_no_other_steps_context(tmp_path):
    with opened(tmp_path) as driving:
        waiting = driving.start("wait")
        assert driving.run("in_thread").result == '["UsageError"]'
        go.set()
        driving.end_of(waiting)


def test_steps_run_in_the_directory_of_the_run_and_all_is_put_back_afterwards(tmp_path):
    before = (sys.stdout, sys.stderr, os.getcwd(), list(logging.getLogger().handlers))
    setup = setup_of(Target(flow="f", cwd=str(tmp_path)), tmp_path / "run")
    driving = Driving(ThreadExecutor(definition_of(flow), setup), tmp_path / "run")
    try:
        assert driving.run("cwd").result == json.dumps(str(tmp_path))
    finally:
        driving.close()
    assert (sys.stdout, sys.stderr, os.getcwd(), list(logging.getLogger().handlers)) == before
    assert [path.name for path in (tmp_path / "run" / "logs").iterdir()] == []


def test_what_runs_may_finish_when_all_is_to_end(tmp_path):
    with opened(tmp_path) as driving:
        waiting = driving.start("wait", announces=True)
        driving.begun(waiting)
        driving.executor.end_tasks(at_once=False)
        go.set()
        assert driving.end_of(waiting).result == '"waited"'


def test_closing_waits_for_what_runs(tmp_path):
    go.clear()
    ended: list[AttemptEnded] = []
    with threads(flow, tmp_path) as driving:
        driving.begun(driving.start("wait", announces=True))
        threading.Timer(0, go.set).start()
        driving.executor.close()
        ended += driving.executor.reports()
        driving.executor = ThreadExecutor(definition_of(flow), setup_of(Target(flow="f"), tmp_path))
    assert [report.result for report in ended] == ['"waited"']


def test_formats_and_levels_are_those_of_the_configuration(tmp_path):
    setup = replace(
        setup_of(Target(flow="f"), tmp_path),
        logging_level=logging.WARNING,
        logging_formats=((0, "%(levelname)s|%(message)s"), (logging.WARNING, "careful: %(message)s")),
    )
    driving = Driving(ThreadExecutor(definition_of(flow), setup), tmp_path)
    try:
        text = driving.log_of(driving.run("log"))
    finally:
        driving.close()
    assert text == "careful: from logging\nto errors\nbytes\n"


def test_what_must_end_at_once_ends_with_the_process(tmp_path):
    script = tmp_path / "stuck.py"
    script.write_text(
        "import os, signal, time\n"
        "from sequent import Sequent\n"
        # The tests may have been started by nohup.
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "def stuck():\n"
        # Two of the same might be heard as one.
        "    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "        os.kill(os.getpid(), number)\n"
        "    time.sleep(600)\n"
        "flow = Sequent('stuck', config={'task_construct': 'thread'})\n"
        "flow.add_step('stuck', func=stuck)\n"
        "flow.run()\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "SEQUENT_STORE": str(tmp_path / "runs.db"), "PYTHONPATH": os.getcwd()},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == -9, ended.stderr
