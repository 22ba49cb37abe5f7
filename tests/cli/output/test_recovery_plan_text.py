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
        PlannedTask("alert\x1b[2J", "1", Fate.BLOCKED, "it requires that 'load' fails, which succeeds"),
        PlannedTask("send", "1", Fate.OPEN, "whether it runs depends on the result of 'a'"),
    ),
    notes=("'find/1' may have more iterations than are shown",),
)


def test_each_task_is_told_with_its_fate_and_many_alike_together(capsys):
    tell(PLAN, a_record(recovery=1), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "run r00412 of nightly, recovery 2"
    assert [line.split(maxsplit=1) for line in lines[1:3]] == [
        ["task", "fate     why"],
        ["load:", "5 tasks   kept     it has succeeded"],
    ]
    assert lines[3].split() == "load/1.6 rerun it failed".split()
    assert "alert\\x1b[2J/1" in lines[4]
    assert lines[6] == "  note: 'find/1' may have more iterations than are shown"
    assert lines[7] == "1 of 8 tasks run; 5 are kept, 1 is blocked, 1 is open"


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
    assert plan["counts"] == {"kept": 5, "rerun": 1, "blocked": 1, "open": 1}


@pytest.mark.parametrize(
    ("fates", "text"),
    [
        ((), "0 of 0 tasks run"),
        ((Fate.RERUN,), "1 of 1 tasks run"),
        ((Fate.PASSED, Fate.PASSED, Fate.RERUN), "1 of 3 tasks run; 2 are passed over"),
    ],
)
def test_how_many_of_how_many_are_counted(fates, text):
    assert summary(RecoveryPlan(tasks=tuple(PlannedTask("a", "1", fate, "") for fate in fates))) == text
