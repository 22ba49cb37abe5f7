"""Runs that steps of other runs start: what they are told to be, and that they are not taken for the latest."""

from __future__ import annotations

import json
import os
import signal

import pytest

FLOWS = """
import subprocess
import sys
import threading
from pathlib import Path

from sequent import Sequent, command, container, item, step


@container
class inner:
    @step
    def first(self) -> None:
        print("from within")

    @step(requires=first)
    def second(self) -> None:
        if Path("began").exists() and not Path("again").exists():
            Path("again").touch()
            Path("began").write_text("now")
            Path("go").read_text()


@container
class called:
    @container(repeats=["eu", "us"])
    class regions:
        region: str = item()

        @step
        def sub(self) -> None:
            if self.region == "us":
                assert inner().run()


@container
class threaded:
    @step
    def sub(self) -> None:
        thread = threading.Thread(target=lambda: inner().run())
        thread.start()
        thread.join()


TYPED = (sys.executable, "-m", "sequent", "run", "within.py:inner")


@container
class typed:
    sub = command(*TYPED)


@container
class copied:
    sub = command(*TYPED, hosts=["localhost", "127.0.0.1"])
    @step(hosts=["localhost", "127.0.0.1"], requires=sub)
    def called(self) -> None:
        inner().run()


prefixed = Sequent("prefixed", config={"envvar_prefix": "MINE_"})
prefixed.add_step("sub", command=TYPED)


@container
class spawned:
    @step
    def sub(self) -> None:
        subprocess.run(TYPED, check=True)


@container(task_construct="invoke")
class invoked:
    @step
    def sub(self) -> None:
        assert inner().run()


@container
class failing:
    @step
    def sub(self) -> None:
        inner().run()
        raise ValueError("after all")
"""


@pytest.fixture
def within(sequent):
    (sequent.directory / "within.py").write_text(FLOWS)
    return sequent


def listed(sequent) -> list[tuple[str, object]]:
    """Each run's flow, and what started it, latest first."""
    runs = json.loads(sequent("ls", "--json").stdout)["runs"]
    return [(run["flow"], run["started_by"]) for run in runs]


@pytest.mark.parametrize("flow", ["threaded", "typed", "prefixed", "spawned", "invoked"])
def test_the_step_that_started_a_run_is_known_whichever_way_it_did(within, flow):
    done = within("run", f"within.py:{flow}", "--quiet")
    assert done.returncode == 0, done.stderr
    origin = {"run": "r00001", "path": "sub", "sequence": "1", "host": None, "store": str(within.store)}
    assert listed(within) == [("inner", origin), (flow, None)]


def test_ls_and_show_tell_it(within):
    within("run", "within.py:called", "--quiet")
    heading, inner, outer = within("ls").stdout.splitlines()
    assert heading.endswith("  started by")
    assert inner.endswith("  r00001 regions.sub/1.2")
    assert outer.startswith("r00001  called")
    assert "\n  started by r00001 regions.sub/1.2\n" in within("show", "r00002").stdout
    assert "started by" not in within("show", "r00001").stdout


def test_the_host_of_a_copy_is_told(within):
    done = within("run", "within.py:copied", "--quiet")
    assert done.returncode == 0, done.stderr
    origins = [origin for _, origin in listed(within) if origin is not None]
    assert sorted((origin["path"], origin["host"]) for origin in origins) == [
        ("called", "127.0.0.1"),
        ("called", "localhost"),
        ("sub", "127.0.0.1"),
        ("sub", "localhost"),
    ]
    assert "  r00001 sub/1 on localhost\n" in within("ls").stdout


def test_where_no_step_started_a_run_ls_has_no_column_for_it(within):
    within("run", "within.py:inner", "--quiet")
    assert "started by" not in within("ls").stdout


def test_the_latest_run_is_none_that_a_step_started(within):
    assert within("run", "within.py:failing", "--quiet").returncode == 1
    assert [flow for flow, _ in listed(within)] == ["inner", "failing"]
    for words in (("show",), ("show", "latest"), ("recover", "--plan")):
        told = within(*words)
        assert "r00001" in told.stdout + told.stderr, words
        assert "r00002" not in told.stdout + told.stderr, words
    assert "from within" not in within("logs").stdout
    assert "'failing'" in within("stop").stderr
    assert within("graph", "latest", "--format", "json").stdout.count('"failing"') == 1
    continued = within("continue")
    assert (continued.returncode, "run 'r00001' has failed" in continued.stderr) == (2, True)
    assert "from within" in within("logs", "r00002").stdout


def test_a_run_whose_step_ran_another_flow_is_taken_up_after_its_driver_was_killed(within):
    for pipe in ("began", "go"):
        os.mkfifo(within.directory / pipe)
    running = within.start("run", "within.py:called")
    assert (within.directory / "began").read_text() == "now"
    running.send_signal(signal.SIGKILL)
    running.communicate()
    done = within("recover")
    assert done.returncode == 0, done.stderr
    assert "recovering r00001, a run of called" in done.stderr
    assert "✓ success  regions.sub/1.2  (attempt 2)" in done.stderr


def test_where_steps_started_all_runs_of_a_store_they_are_named(within):
    other = within.directory / "other"
    other.mkdir(mode=0o700)
    text = FLOWS.replace("inner().run()", f"inner().run(store={str(other / 's.db')!r})")
    (within.directory / "within.py").write_text(text)
    within("run", "within.py:called", "--quiet")
    refused = within("recover", "--store", str(other / "s.db"))
    assert refused.returncode == 2
    assert "were started by steps of other runs" in refused.stderr
    assert "name one of them: r00001 (inner, success)" in refused.stderr
    shown = within("show", "r00001", "--store", str(other / "s.db"))
    assert f"started by r00001 regions.sub/1.2 in {within.store}\n" in shown.stdout


def test_a_flow_that_is_named_says_of_which_flow_the_latest_run_is_meant(within):
    within("run", "flows:broken", "--quiet")
    within("run", "within.py:inner", "--quiet")
    assert "r00002" in within("recover").stderr
    (within.directory / "mended").touch()
    done = within("recover", "--flow", "flows:broken")
    assert done.returncode == 0, done.stderr
    assert "recovering r00001, a run of broken" in done.stderr
    refused = within("continue", "--flow", "flows:nightly")
    assert refused.returncode == 2
    assert "there are no runs of the flow 'nightly'" in refused.stderr
