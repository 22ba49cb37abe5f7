"""`simulate`: what a run would do, as people and programs read it; no step is executed."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.test_terminal import interrupted

INTERRUPTED = """
import os, signal, sys
from sequent.cli import main
from sequent.cli.output import live_line
from sequent.testing.recording import Recording

live_line.PATIENCE = 0.0
Recording.run_ended = lambda *_: os.kill(os.getpid(), signal.SIGINT)
sys.exit(main())
"""

WAREHOUSE = """
from pathlib import Path

from sequent import container, item, param, step


@container
class warehouse:
    day: str = param()

    @step
    def find(self) -> list[int]:
        Path("executed").touch()
        return [1, 2]

    @container(repeats=find.result)
    class each:
        @step
        def load(self, number: int = item()) -> None: ...

    @step(requires=each, delay="1h")
    def late(self) -> None: ...


@container
class lost:
    @step
    def wait(self) -> int:
        return 1
"""

BROKEN = """
from sequent import Pool, container, step

db = Pool("db", 2)


def items():
    raise ValueError("no disk\\x1b[2J")


@container
class itemless:
    @step(repeats=items)
    def each(self) -> None: ...


@container
class keeps:
    @step(acquires={db: 2}, releases=[])
    def a(self) -> None: ...

    @step(acquires={db: 1}, requires=a)
    def b(self) -> None: ...
"""


@pytest.fixture
def warehouse(sequent):
    (sequent.directory / "warehouse.py").write_text(WAREHOUSE)
    return sequent


def test_a_simulation_follows_an_earlier_run_and_executes_nothing(warehouse):
    done = warehouse("run", "warehouse.py:warehouse", "--day", "monday", "--max-loops", "1")
    assert done.returncode == 0, done.stderr
    assert warehouse("mark", "latest", "late", "success").returncode == 0
    assert warehouse("recover").returncode == 0
    (warehouse.directory / "executed").unlink()
    done = warehouse("simulate", "warehouse.py:warehouse", "--history")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()[2:]) for line in done.stdout.splitlines()]
    assert lines[:2] == ["started find/1", "ended find/1 ✓ success"]
    assert [line for line in lines if line.startswith("started each.load")] == [
        "started each.load/1.1",
        "started each.load/1.2",
    ]
    assert "of simulated time" in done.stdout
    shown = json.loads(warehouse("simulate", "warehouse.py:warehouse", "--history", "--json").stdout)["simulation"]
    assert (shown["status"], shown["counts"]) == ("success", {"success": 4})
    assert shown["seconds"] > 3600
    assert not (warehouse.directory / "executed").exists()


def test_without_history_steps_take_no_time_and_an_unknown_result_leads_to_it(warehouse):
    done = warehouse("simulate", "warehouse.py:lost")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "lost: ✓ success after 0.00 s of simulated time"
    told = "each step took no time: no durations are known; --history takes them from earlier runs\n"
    assert done.stderr == told
    assert warehouse("simulate", "warehouse.py:lost", "--quiet").stderr == ""
    assert warehouse("simulate", "warehouse.py:lost", "--json").stderr == ""
    done = warehouse("simulate", "warehouse.py:warehouse", "-p", "day=monday")
    assert done.returncode == 2
    assert "the result of 'find' decides the repeats of 'each'" in done.stderr
    assert "--history" in done.stderr
    done = warehouse("simulate", "warehouse.py:warehouse", "--history")
    assert done.returncode == 2
    assert "there is no earlier run of the flow 'warehouse'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        ("itemless", "✗ failure  each/1  ValueError: no disk\\x1b[2J"),
        ("keeps", "b/1 waits for 1 of pool 'db', of which 0 is free; the run holds 2"),
    ],
)
def test_a_failure_that_no_task_has_is_told(sequent, flow, told):
    (sequent.directory / "broken.py").write_text(BROKEN)
    done = sequent("simulate", f"broken.py:{flow}")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-2:] == [told, f"{flow}: ✗ failure after 0.00 s of simulated time"]


def test_the_progress_is_shown_on_a_terminal_and_ctrl_c_ends_it_with_a_sentence(sequent):
    (sequent.directory / "one.py").write_text(
        "from sequent import container, step\n@container\nclass one:\n    @step\n    def work(self): ...\n"
    )
    text = interrupted(sequent, INTERRUPTED, "simulate", "one.py:one")
    shown = "simulated: 1 attempt, 0.00 s of simulated time"
    told = "interrupted: there is no simulation to show; nothing was changed"
    assert text == f"\x1b[2K{shown}\r\x1b[2K{told}"
