"""The time of whole steps beside earlier runs, and the command that takes up a run."""

from __future__ import annotations

import pytest

from sequent.model.status import RunStatus
from sequent.runtime.task_list_port import AttemptPiece
from sequent.view.next_command import next_command, plan_command
from sequent.view.step_spans import step_spans
from tests.view.ran import ACTIVE, DONE, a_run


def piece(path, started, ended, status=DONE):
    return AttemptPiece(path, 0, status, 1, started, ended, ended - started)


def test_a_step_takes_from_its_first_beginning_to_its_last_end():
    pieces = [piece("load", 5.0, 9.0), piece("load", 3.0, 4.0), piece("one", 9.0, 20.0, ACTIVE)]
    earlier = [[piece("load", 0.0, 2.0)]] * 4
    spans = step_spans(("load", "one", "last"), pieces, earlier, is_driven=True)
    assert [(each.path, each.seconds, each.is_active) for each in spans] == [
        ("load", 6.0, False),
        ("one", 11.0, True),
        ("last", None, False),
    ]
    assert [each.usual and each.usual.median for each in spans] == [2.0, None, None]
    assert not any(each.is_late for each in spans)
    (load,) = step_spans(("load",), pieces, [*earlier, *earlier], is_driven=False)
    assert load.is_late


def test_nothing_is_active_in_a_run_that_no_process_drives():
    (one,) = step_spans(("one",), [piece("one", 9.0, 20.0, ACTIVE)], [], is_driven=False)
    assert not one.is_active


@pytest.mark.parametrize(
    ("status", "command", "has_plan"),
    [
        (RunStatus.FAILURE, "sequent recover r00007", True),
        (RunStatus.SUSPENDED, "sequent continue r00007", False),
        (RunStatus.RUNNING, "", False),
        (RunStatus.SUCCESS, "", False),
    ],
)
def test_a_run_is_taken_up_as_its_status_says(status, command, has_plan):
    record = a_run(status=status)
    assert next_command(record) == command
    assert plan_command(record) == ("sequent recover r00007 --plan" if has_plan else "")
