"""How a plan of a recovery reads, for people and for machines."""

from __future__ import annotations

import json

import pytest

from sequent.cli.output.recovery_plan_text import summary, tell
from sequent.runtime.recovery.recovery_plan import Fate, PlannedTask, RecoveryPlan
from tests.cli.plans import a_record

PLAN = RecoveryPlan(
    tasks=(
        *(PlannedTask("load", f"1.{n}", Fate.KEPT, "it has succeeded") for n in range(1, 6)),
        PlannedTask("load", "1.6", Fate.RERUN, "it failed"),
        PlannedTask("copy", "1", Fate.JOIN, "etl2 may know its attempt", "etl2", 1),
        PlannedTask("alert\x1b[2J", "1", Fate.BLOCKED, "it requires that 'load' fails, which succeeds"),
        PlannedTask("send", "1", Fate.OPEN, "whether it runs depends on the result of 'a'"),
    ),
    notes=("'find/1' may have more iterations than are shown",),
)


def told(plan, capsys, **more):
    tell(plan, a_record(recovery=1), as_json=False, **more)
    return capsys.readouterr().out.splitlines()


def test_tasks_are_told_by_their_fate_those_that_run_first_and_many_alike_together(capsys):
    assert told(PLAN, capsys) == [
        "run r00412 of nightly, recovery 2",
        "↻ 1 task runs",
        "  load/1.6  it failed",
        "⇄ 1 task is joined on its host",
        "  copy@etl2/1  etl2 may know its attempt",
        "· 1 task is open",
        "  send/1  whether it runs depends on the result of 'a'",
        "⊘ 1 task is blocked",
        "  alert\\x1b[2J/1  it requires that 'load' fails, which succeeds",
        "✓ 5 tasks are kept",
        "  load: 5 tasks  it has succeeded",
        "note: 'find/1' may have more iterations than are shown",
        "1 of 9 tasks run; 1 is joined on its host, 1 is open, 1 is blocked, 5 are kept",
    ]


def test_a_long_list_is_cut_with_the_number_of_further_tasks_unless_all_are_asked_for(capsys):
    tasks = [
        *(PlannedTask(f"step{n}", f"1.{i}", Fate.KEPT, "it has succeeded") for n in range(19) for i in range(1, 6)),
        *(PlannedTask("few", f"1.{i}", Fate.KEPT, "it has succeeded") for i in range(1, 4)),
    ]
    plan = RecoveryPlan(tasks=tuple(tasks))
    lines = told(plan, capsys)
    assert lines[1] == "✓ 98 tasks are kept"
    assert lines[-3:-1] == ["  few/1.1          it has succeeded", "  and 2 more; all with --verbose"]
    lines = told(plan, capsys, has_all=True)
    assert lines[-2].startswith("  few/1.3 ")
    assert len(lines) == 1 + 1 + 19 + 3 + 1


def test_it_is_a_document_with_json(capsys):
    tell(PLAN, a_record(), as_json=True)
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert (plan["run"], plan["flow"], plan["recovery"]) == ("r00412", "nightly", 1)
    assert plan["tasks"][5] == {
        "path": "load",
        "sequence": "1.6",
        "host": None,
        "fate": "rerun",
        "reason": "it failed",
    }
    assert plan["counts"] == {"kept": 5, "rerun": 1, "join": 1, "blocked": 1, "open": 1}


@pytest.mark.parametrize(
    ("fates", "text"),
    [
        ((), "0 of 0 tasks run"),
        ((Fate.RERUN,), "1 of 1 task runs"),
        ((Fate.PASSED, Fate.PASSED, Fate.RERUN), "1 of 3 tasks run; 2 are passed over"),
    ],
)
def test_how_many_of_how_many_are_counted(fates, text):
    assert summary(RecoveryPlan(tasks=tuple(PlannedTask("a", "1", fate, "") for fate in fates))) == text
