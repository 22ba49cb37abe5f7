"""What a recovery starts from is looked at once: before the run is taken, where that must be known by then."""

from __future__ import annotations

import os
import re

import pytest

import sequent
from sequent.errors import UsageError
from sequent.model.status import RunStatus, Status
from sequent.runtime.recovery.preparation import plan_of, prepare
from sequent.runtime.recovery.prepared_recovery import PreparedRecovery, open_part
from sequent.runtime.recovery.recovery_plan import Fate
from sequent.runtime.recovery.task_selection import RecoveryRequest
from tests.runtime.driver.test_hosts import Hosts, on_two
from tests.runtime.recovery.test_recovery_plan import failing
from tests.runtime.worlds import Hands, Killed, World, chain, success, work


class Counted:
    """A run that counts how often its open part is loaded."""

    def __init__(self, run, loads):
        self._run = run
        self._loads = loads

    def __getattr__(self, name):
        if name in ("saved", "rewound"):
            self._loads.append(name)
        return getattr(self._run, name)


@pytest.fixture
def world():
    """A run of which the second step has failed, and that nobody drives."""
    made = World(chain("a", "b", "c"))
    assert made.drive(Hands(failing("b"))) is RunStatus.FAILURE
    made.run.close()
    return made


def prepared_for(world: World, request: RecoveryRequest | None, loads: list[str] | None = None) -> PreparedRecovery:
    run = world.store.look(world.store.find("latest"))
    return prepare(world.plan, Counted(run, [] if loads is None else loads), request)


def found_by(world: World, prepared: PreparedRecovery, loads: list[str] | None = None):
    """What the engine starts from, once the run is taken."""
    world.run.close()
    world.run = world.store.take(world.run.record.id, reopens=prepared.reopens)
    counted = Counted(world.run, [] if loads is None else loads)
    return open_part(counted, world.plan, prepared, resumes=False, at=0.0)


@pytest.mark.parametrize(
    "wanted", [None, RecoveryRequest(rerun=("a",)), RecoveryRequest(skip=("b",)), RecoveryRequest(rerun=("a/1",))]
)
def test_the_open_part_of_a_run_is_loaded_once(world, wanted):
    loads: list[str] = []
    saved = found_by(world, prepared_for(world, wanted, loads), loads)
    assert loads == ["saved"]
    assert {world.plan.nodes[index].path[0]: task.status for index, task in saved.tasks.items()} == {
        "a": Status.SUCCESS,
        "b": Status.FAILURE,
    }


def test_what_a_run_was_in_an_earlier_recovery_is_loaded_once_and_what_it_is_then_once(world):
    loads: list[str] = []
    found_by(world, prepared_for(world, RecoveryRequest(recovery_run=0), loads), loads)
    assert loads == ["rewound", "saved"]


def test_a_run_that_somebody_else_has_had_in_between_is_loaded_again(world):
    prepared = prepared_for(world, RecoveryRequest(rerun=("a",)))
    world.recover()
    assert world.drive(Hands(success)) is RunStatus.SUCCESS
    saved = found_by(world, prepared)
    assert [task.status for task in saved.tasks.values()] == [Status.SUCCESS] * 3


def test_a_run_that_was_looked_at_while_somebody_drove_it_is_loaded_again(world):
    world.recover()
    prepared = prepared_for(world, RecoveryRequest(rerun=("a",)))
    world.drive(Hands(success))
    saved = found_by(world, prepared)
    assert [task.status for task in saved.tasks.values()] == [Status.SUCCESS] * 3


def test_a_run_to_go_back_in_that_somebody_else_has_had_is_looked_at_again(world):
    prepared = prepared_for(world, RecoveryRequest(recovery_run=0))
    world.recover()
    world.drive(Hands(success))
    saved = found_by(world, prepared)
    assert [task.status for task in saved.tasks.values()] == [Status.SUCCESS, Status.WAITING, Status.WAITING]


def test_what_was_to_be_tried_again_is_found_so_by_the_recovery_as_by_its_plan():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, retries=1, recovery={sequent.STEP_FAILURE: sequent.STP_SKIP})
    flow.add_step("b", func=work)
    world = World(flow)

    def die(batch):
        if any(ending.status is Status.SUCCESS for ending in batch.endings):
            raise Killed

    with pytest.raises(Killed):
        world.drive(Hands(failing("a")), slots=1, look=die)
    world.run.close()
    record = world.store.find("latest")
    planned = plan_of(world.plan, world.store.look(record), None, world.store.attempts(record))
    assert {task.path: (task.fate, task.reason) for task in planned.tasks} == {
        "a": (Fate.RERUN, "it failed, and was waiting for a retry"),
        "b": (Fate.RERUN, "it was running"),
    }
    hands = Hands(success)
    saved = found_by(world, prepared_for(world, None))
    assert saved.tasks[1].waits
    hands.close()


def test_only_a_host_with_attempts_that_lack_an_outcome_is_given_up():
    world = World(on_two())

    def die(batch):
        if batch.endings:
            raise Killed

    with pytest.raises(Killed):
        world.drive(Hands(success), host_executor=Hosts(), look=die)
    world.run.close()
    assert prepared_for(world, RecoveryRequest(assumed_lost=("etl2",))).assumed_lost == ("etl2",)
    record = world.store.find("latest")
    for lost, fates in (
        ((), {"load@etl1": Fate.JOIN, "load@etl2": Fate.JOIN}),
        (("etl2",), {"load@etl1": Fate.JOIN, "load@etl2": Fate.RERUN}),
    ):
        request = RecoveryRequest(assumed_lost=lost)
        planned = plan_of(world.plan, world.store.look(record), request, world.store.attempts(record))
        found = {task.located: task for task in planned.tasks}
        assert {name: found[name].fate for name in fates} == fates
        assert found["load@etl1"].reason == "its attempt is on etl1, which tells whether it goes on or has ended"
    with pytest.raises(UsageError, match="no attempt of run 'r00001' on that host lacks an outcome") as told:
        prepared_for(world, RecoveryRequest(assumed_lost=("etl2", "etl11")))
    assert told.value.hint == "did you mean 'etl1'? such attempts are on etl1, etl2"


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        (None, r"recover would be refused: {driven}; stop it first: sequent stop r00001"),
        (RecoveryRequest(skip=("b",)), r"recover would be refused: {driven}; stop it first: sequent stop r00001"),
        (
            RecoveryRequest(forces=True),
            r"{driven}: --force ends that process and the steps that it executes, and takes the run",
        ),
    ],
)
def test_the_plan_of_a_run_that_is_driven_says_what_recover_would_do(world, request_, note):
    world.run = world.store.take("r00001")
    record = world.store.find("latest")
    notes = plan_of(world.plan, world.store.look(record), request_, world.store.attempts(record)).notes
    driven = rf"run 'r00001' is driven by process {os.getpid()} on host '\S+' \(user \S+\) since [-0-9]+ [:0-9]+"
    assert re.fullmatch(note.format(driven=driven), notes[0])
    world.run.close()
    record = world.store.find("latest")
    assert not plan_of(world.plan, world.store.look(record), request_, world.store.attempts(record)).notes


@pytest.mark.parametrize("directives", [RecoveryRequest(rerun=("many",)), RecoveryRequest(skip=("many/1.1",))])
def test_an_attempt_on_a_host_that_loses_its_task_is_not_joined(directives):
    flow = sequent.Sequent("f")
    flow.add_step("many", func=work, hosts=["etl1"], repeats=[1, 2])
    world = World(flow)

    def end(order):
        raise Killed

    with pytest.raises(Killed):
        world.drive(Hands(success), host_executor=Hosts(end))
    world.run.close()
    record = world.store.find("latest")
    planned = plan_of(world.plan, world.store.look(record), None, world.store.attempts(record))
    assert planned.tasks[0].fate is Fate.JOIN
    assert planned.notes == ()
    planned = plan_of(world.plan, world.store.look(record), directives, world.store.attempts(record))
    assert Fate.JOIN not in {task.fate for task in planned.tasks}
    assert planned.notes == ("the attempt of 'many@etl1/1.1' that etl1 may still execute is ended there",)
