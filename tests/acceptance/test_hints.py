"""Commands that a hint gives to type name the store that was used, wherever the hint comes from."""

from __future__ import annotations

import ast
import os
import re
import shlex
from pathlib import Path

import pytest

import sequent as package

STORE = "the runs' own.db"
DAY = ("-p", "day=2026-11-24")
COMMAND = re.compile(r"sequent (?:run|recover|continue|stop|show|logs|prune|mark) ")
SCRIPT = """
import sys
import sequent

def work():
    pass

flow = sequent.Sequent("scripted", store=sys.argv[1], run_id="r1")
flow.add_step("work", func=work)
flow.run()
"""


def commands_in(text: str) -> list[list[str]]:
    """What is to be typed, as a shell would read it."""
    lines = [line[match.start() :] for line in text.splitlines() if (match := COMMAND.search(line))]
    return [shlex.split(line) for line in lines]


def test_every_command_that_is_to_be_typed_finds_the_run(sequent, tmp_path):
    del sequent.environment["SEQUENT_STORE"]
    sequent.environment["XDG_STATE_HOME"] = str(tmp_path / "state")
    named = ("--store", STORE)
    assert sequent("run", "flows:nightly", *DAY, "--run-id", "done", *named).returncode == 0
    failed = sequent("run", "flows:broken", "--run-id", "bad", *named)
    flows = (sequent.directory / "flows.py").read_text()
    told = [
        failed.stderr,
        sequent("show", "bad", *named).stdout,
        sequent("run", "flows:nightly", *DAY, "--run-id", "done", *named).stderr,
        sequent("stop", "bad", *named).stderr,
        sequent("logs", "bad", "nosuch", *named).stderr,
        sequent("show", "send/1", *named).stderr,
        sequent("logs", "send", *named).stderr,
        sequent("continue", "bad", *named).stderr,
    ]
    (sequent.directory / "flows.py").write_text(flows.replace("def load(self) -> int", "def fetch(self) -> int"))
    told.append(sequent("recover", "bad", "--accept-changes", *named).stderr)
    (sequent.directory / "flows.py").write_text(
        flows.replace("    def send(self, loaded: int", "    def post(self, loaded: int")
    )
    told.append(sequent("recover", "bad", *named).stderr)
    (sequent.directory / "flows.py").write_text(flows)
    (sequent.directory / STORE).chmod(0o666)
    told.append(sequent("recover", "bad", *named).stderr)
    (sequent.directory / STORE).chmod(0o600)
    for text in told:
        for words in commands_in(text):
            assert words[-2:] == list(named), text
            assert sequent(*(words[1:2] if words[1] == "run" else ("show", words[2])), *named).returncode == 0
    assert sum(map(len, map(commands_in, told))) >= 10, told


def test_so_does_one_that_comes_from_below_while_somebody_drives_the_run(sequent, tmp_path):
    del sequent.environment["SEQUENT_STORE"]
    for name in ("began", "go"):
        os.mkfifo(tmp_path / name)
    process = sequent.start("run", "waiting:slow", "--run-id", "slow1", "--store", STORE)
    assert (tmp_path / "began").read_text() == "now"
    busy = sequent("recover", "slow1", "--store", STORE)
    process.kill()
    process.communicate()
    assert busy.returncode == 3
    assert f"sequent stop slow1 --store {shlex.quote(STORE)}" in busy.stderr


def test_a_store_that_a_script_names_is_named_too(sequent, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    place = tmp_path / STORE
    assert sequent.run_script("script.py", str(place)).returncode == 0
    again = sequent.run_script("script.py", str(place))
    assert f"sequent recover r1 --store {shlex.quote(str(place))}" in again.stderr


CLASSES = """
from dataclasses import dataclass

from sequent import container, step


@dataclass
class Row:
    number: int


@container
class changing:
    @step
    def make(self) -> Row:
        return Row(1)

    @step(task_construct="CONSTRUCT")
    def take(self, row: Row = make.result) -> int:
        raise ValueError("the first time")
"""


@pytest.mark.parametrize("construct", ["process", "thread"])
def test_so_does_one_that_a_worker_gives(sequent, tmp_path, construct):
    (tmp_path / "changing.py").write_text(CLASSES.replace("CONSTRUCT", construct))
    named = ("--store", STORE)
    assert sequent("run", "changing:changing", *named).returncode == 1
    changed = CLASSES.replace("CONSTRUCT", construct).replace("number: int", "name: str").replace("Row(1)", "Row('')")
    (tmp_path / "changing.py").write_text(changed)
    told = sequent("recover", *named).stderr
    assert f"sequent recover --from make --store {shlex.quote(STORE)}" in told


def test_one_function_makes_them():
    by_hand = re.compile(r"sequent (recover|continue|stop|show|logs|prune|mark) $")
    root = Path(package.__file__).parent
    found = [
        f"{file.relative_to(root)}:{node.lineno}"
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.JoinedStr)
        and any(isinstance(part, ast.Constant) and by_hand.search(str(part.value)) for part in node.values)
    ]
    assert found == []


def test_a_store_that_everybody_finds_is_not_named(sequent):
    assert sequent("run", "flows:broken", "--run-id", "bad").stderr.rstrip().endswith("next: sequent recover bad")
