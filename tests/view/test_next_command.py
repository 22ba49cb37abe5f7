"""The commands to type next: one answer for the end of a run, for `show`, `why` and the pages."""

from __future__ import annotations

import pytest

from sequent.model.commands import option, resuming_command, with_store
from sequent.model.interventions import Decision, Intervention, InterventionKind, InterventionRecord
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import Pending, TaskPlace
from sequent.view.next_command import commands_for, next_command, next_commands, plan_command
from sequent.view.waiting import Waiting
from sequent.view.why import Why
from tests.cli.plans import a_record

WORDS = {
    RunStatus.FAILURE: "recover",
    RunStatus.STOPPED: "recover",
    RunStatus.INTERRUPTED: "recover",
    RunStatus.SUSPENDED: "continue",
    RunStatus.SUCCESS: "",
    RunStatus.RUNNING: "",
    RunStatus.DAMAGED: "",
}


@pytest.mark.parametrize("status", RunStatus)
def test_each_status_has_its_command_or_none(status):
    word, record = WORDS[status], a_record(status=status)
    assert next_command(record) == (word and f"sequent {word} r00412")
    assert plan_command(record) == ("sequent recover r00412 --plan" if word == "recover" else "")


def test_a_typed_limit_goes_on_in_a_recovery_and_a_continued_run_has_one_by_itself():
    assert resuming_command(RunStatus.STOPPED, "r1", 3) == "sequent recover r1 --max-loops 3"
    assert resuming_command(RunStatus.SUSPENDED, "r1", 3) == "sequent continue r1"


@pytest.mark.parametrize(
    ("wait", "place"),
    [
        (Pending("ship", "1", 1, 0.0), "ship"),
        (Pending("sales.ship", "1.1", 1, 0.0), "sales.ship/1.1"),
        (Pending("ship", "1", 1, 0.0, "etl2", 1), "ship@etl2"),
    ],
)
def test_the_answer_to_a_question_comes_before_the_command_that_takes_up_the_run(wait, place):
    more = Pending("later", "1", 1, 0.0)
    with with_store(option("store", "my runs.db")):
        commands = next_commands(a_record(status=RunStatus.STOPPED), [wait, more], [])
    end = "--store 'my runs.db'"
    assert commands == [f"sequent approve r00412 {place} {end}", f"sequent recover r00412 {end}"]
    assert next_commands(a_record(status=RunStatus.RUNNING), [wait], []) == [f"sequent approve r00412 {place}"]


def a_why(status, *, question="", hold=None):
    waiting = Waiting(hold=hold, time=None, question=question, host="", pools=(), limits=(), is_driven=True)
    place = TaskPlace("sales.ship", (1, 2))
    return Why(place=place, sentence="waits", status=status, waiting=waiting)


def test_a_held_question_is_released_and_answered():
    request = Intervention(kind=InterventionKind.HOLD, user="ada", host="etl1", place="sales")
    why = a_why(Status.READY, question="Ship it?", hold=InterventionRecord(number=1, at=0.0, request=request))
    commands = commands_for(why, a_record(status=RunStatus.SUSPENDED), [])
    words = ["release r00412 sales", "approve r00412 sales.ship/1.2", "continue r00412"]
    assert commands == [f"sequent {each}" for each in words]


def test_an_answer_that_waits_to_be_taken_is_not_asked_for_again():
    record = a_record(status=RunStatus.STOPPED)
    waits = [Pending("ship", "1", 1, 0.0), Pending("sales.ship", "1.2", 1, 0.0)]

    def asked(kind, place, decision=None):
        request = Intervention(kind=kind, user="ada", host="etl1", place=place)
        return InterventionRecord(number=1, at=0.0, request=request, decision=decision)

    given = [asked(InterventionKind.APPROVE, "ship/1"), asked(InterventionKind.HOLD, "sales.ship/1.2")]
    commands = ["sequent approve r00412 sales.ship/1.2", "sequent recover r00412"]
    assert next_commands(record, waits, given) == commands
    both = [*given, asked(InterventionKind.APPROVE, "sales.ship/1.2")]
    assert next_commands(record, waits, both) == ["sequent recover r00412"]
    assert commands_for(a_why(Status.READY, question="Ship it?"), record, both) == ["sequent recover r00412"]
    refused = [asked(InterventionKind.APPROVE, "ship", Decision(refusal="not a Terms", at=1.0))]
    assert next_commands(record, waits, refused)[0] == "sequent approve r00412 ship"


def test_a_part_that_has_succeeded_or_runs_needs_nobody():
    assert commands_for(a_why(Status.SUCCESS), a_record(status=RunStatus.FAILURE), []) == []
    assert commands_for(a_why(Status.ACTIVE), a_record(status=RunStatus.RUNNING), []) == []
    assert commands_for(a_why(Status.CANCELLED), a_record(status=RunStatus.FAILURE), []) == ["sequent recover r00412"]
