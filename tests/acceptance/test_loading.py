"""What is loaded on the way from a typed command to a flow's first step, and what is not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from attrs import frozen

PLAIN = """
import gc
import sys
from pathlib import Path

from sequent import container, outer, step

with Path("loads").open("a") as loads:
    loads.write(f"{gc.isenabled()} ")


@container
class plain:
    @step
    def first(self) -> None:
        Path("modules").write_text(" ".join(sys.modules))
        Path("collects").write_text(str(gc.isenabled()))

    @step(requires=first)
    def second(self) -> None: ...


@container
class ahead:
    @container
    class block:
        @step(requires=outer.last)
        def first(self) -> None: ...

    @step
    def last(self) -> None: ...
"""

NOT_FOR_A_RUN = {
    "cyclopts",
    "loguru",
    "networkx",
    "pytimeparse",
    "rich",
    "sequent.cli.output.live_progress",
    "sequent.cli.arguments.parameters",
    "sequent.pictures",
    "sequent.runtime.executors.inline_executor",
    "sequent.runtime.executors.thread_executor",
    "sequent.runtime.recovery.recovery_plan",
    "sequent.runtime.recovery.preparation",
    "sequent.runtime.recovery.task_selection",
    "sequent.runtime.store.sqlite.temporary",
    "sequent.testing",
    "sqlalchemy.orm",
    "tomllib",
    "yaml",
}
NOT_FOR_A_WORKER = {
    "asyncio",
    "sequent.cli",
    "sequent.compiler",
    "sequent.engine",
    "sequent.model.plan",
    "sequent.runtime.driver",
    "sequent.runtime.executors.process_executor",
    "sequent.runtime.rows",
    "sequent.runtime.runs.drive",
    "sequent.runtime.store",
    "sqlalchemy",
}


@frozen
class Ended:
    """A command that has ended, just before its process does."""

    code: int
    modules: set[str]
    collects: bool
    """Whether garbage is looked for."""
    spared: int
    """Objects that are never looked through for garbage, and those that are."""
    searched: int


@pytest.fixture
def command(sequent):
    """Runs a command in a process of its own, and gives how it was in the end."""
    (sequent.directory / "plain_flows.py").write_text(PLAIN)

    def run(*words):
        script = (
            "import gc, json, sys; from sequent.cli import main\n"
            f"code = main({list(words)!r}); print()\n"
            "spared, searched = gc.get_freeze_count(), len(gc.get_objects())\n"
            "print(json.dumps([code, [*sys.modules], gc.isenabled(), spared, searched]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=sequent.directory,
            env=sequent.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        code, modules, collects, spared, searched = json.loads(done.stdout.splitlines()[-1])
        return Ended(code, set(modules), collects, spared, searched)

    return run


def test_a_target_that_is_typed_alone_loads_nothing_that_only_other_runs_and_commands_need(command):
    ended = command("plain_flows:plain")
    assert ended.code == 0
    assert "sequent.runtime.driver.loop" in ended.modules
    assert ended.modules & NOT_FOR_A_RUN == set()


def test_a_worker_loads_what_executes_steps_and_nothing_of_what_drives_a_run(sequent, command):
    assert command("plain_flows:plain").code == 0
    modules = set((sequent.directory / "modules").read_text().split())
    assert "sequent.runtime.worker.attempt" in modules
    assert modules & (NOT_FOR_A_RUN | NOT_FOR_A_WORKER) == set()


@pytest.mark.parametrize("command_word", ["check", "plan", "graph"])
def test_a_flow_is_compiled_without_a_store_and_without_networkx(command, command_word):
    ended = command(command_word, "plain_flows:plain")
    assert ended.code == 0
    assert "sequent.compiler.compile" in ended.modules
    assert ended.modules & {"networkx", "sqlalchemy", "sequent.runtime.driver", "loguru", "yaml"} == set()


def test_networkx_is_loaded_where_a_step_waits_for_one_that_is_written_below_it(command):
    ended = command("check", "plain_flows:ahead")
    assert ended.code == 0
    assert "networkx" in ended.modules


@pytest.mark.parametrize("words", [["ls"], ["show", "once"], ["config"]])
def test_what_is_only_told_is_told_without_the_words_of_flows_and_whatever_drives_them(command, words):
    assert command("plain_flows:plain", "--run-id", "once").code == 0
    ended = command(*words)
    assert ended.code == 0
    assert "sequent.errors" in ended.modules
    unneeded = {"sequent.dsl.specification.definitions", "sequent.runtime.driver", "networkx", "loguru", "yaml"}
    assert ended.modules & unneeded == set()


def test_the_version_is_told_without_a_parser(command):
    ended = command("--version")
    assert ended.code == 0
    assert ended.modules & {"cyclopts", "rich", "attrs", "sequent.model.plan", "sqlalchemy"} == set()


@pytest.mark.parametrize(
    "words", [["plain_flows:plain"], ["ls"], ["plain_flows:missing"], ["ls", "--store", "plain_flows.py"]]
)
def test_garbage_is_collected_again_once_all_is_loaded(command, words):
    assert command(*words).collects


@pytest.mark.parametrize("words", [["plain_flows:plain"], ["ls"]])
def test_most_of_what_was_loaded_is_never_looked_through_for_garbage(command, words):
    ended = command(*words)
    assert ended.spared > ended.searched


def test_garbage_is_collected_while_the_authors_module_is_loaded_and_while_a_step_runs(sequent, command):
    assert command("plain_flows:plain").code == 0
    # In the command itself, and in the worker.
    in_command, *in_workers = (sequent.directory / "loads").read_text().split()
    assert (in_command, set(in_workers)) == ("True", {"True"})
    assert (sequent.directory / "collects").read_text() == "True"
