"""Attempts on hosts whose tasks a recovery forgets: they are ended, and keep their amounts until they are over."""

from __future__ import annotations

import pytest

import sequent
from sequent.model.directives import NO_DIRECTIVES, Directives, Selection
from sequent.model.interventions import Intervention, InterventionKind
from sequent.model.status import RunStatus
from sequent.runtime.orders import AttemptOrder, EarlierGone, HostReachable, Report
from sequent.runtime.rows import Batch
from tests.runtime.worlds import Hands, Killed, World, success, work


class Agents:
    """Makes an executor for each host; attempts succeed at once, or their driver is killed as the first begins."""

    def __init__(self, *, is_killing: bool = False) -> None:
        self.is_killing = is_killing
        self.course: list[str] = []
        self.orders: list[AttemptOrder] = []
        self.made: list[Agent] = []

    def __call__(self, host: str) -> Agent:
        made = Agent(self)
        self.made.append(made)
        made.tell(HostReachable(host, 4))
        return made

    def end(self, order: AttemptOrder) -> Report:
        self.orders.append(order)
        self.course.append(f"begins {order.located}/{order.sequence}")
        if self.is_killing:
            raise Killed
        return success(order)


class Agent(Hands):
    """The executor of one host, whose earlier attempts go on until it is told to end them."""

    def __init__(self, agents: Agents) -> None:
        super().__init__(agents.end)
        self._agents = agents

    def end_earlier(self, token: str) -> None:
        self._agents.course.append(f"ends {token}")
        self.tell(EarlierGone(token))


def flow() -> sequent.Sequent:
    """A repeat on a host, each of whose iterations takes the whole pool."""
    made = sequent.Sequent("f")
    made.add_step("many", func=work, hosts=["etl1"], repeats=[1, 2], acquires={sequent.Pool("db", 1): 1})
    return made


def killed_within_an_attempt() -> tuple[World, str]:
    """A run whose driver was killed while an attempt is executed on a host; return its token as well."""
    world, agents = World(flow()), Agents(is_killing=True)
    with pytest.raises(Killed):
        world.drive(Hands(success), host_executor=agents)
    world.recover()
    return world, agents.orders[0].token


@pytest.mark.parametrize(
    "directives",
    [Directives(rerun=(Selection(("many",)),)), Directives(skip=(Selection(("many",), (1, 1)),))],
    ids=["its repeat begins anew", "it is passed over"],
)
def test_an_orphan_is_ended_once_that_is_written_and_its_amount_is_taken_only_then(directives):
    world, token = killed_within_an_attempt()
    agents = Agents()
    written: list[str] = []
    gone: list[bytes] = []

    def look(batch: Batch) -> None:
        gone.extend(batch.gone)
        if batch.renewed or batch.passed:
            written.extend(agents.course)

    assert world.drive(Hands(success), host_executor=agents, directives=directives, look=look) is RunStatus.SUCCESS
    assert written == []
    assert agents.course[0] == f"ends {token}"
    assert {order.token for order in agents.orders}.isdisjoint({token})
    assert gone == [bytes.fromhex(token)]


def test_the_attempt_of_a_task_that_a_person_marks_is_ended_once_the_mark_is_written():
    world, token = killed_within_an_attempt()
    record = world.store.find("latest")
    mark = {"place": "many@etl1/1.1", "outcome": "failure", "epoch": record.epoch}
    world.store.intervene(record, Intervention(kind=InterventionKind.MARK, user="ada", host="here", why="", **mark))
    agents = Agents()
    written: list[str] = []

    def look(batch: Batch) -> None:
        if batch.marked:
            written.extend(agents.course or ["nothing"])

    status = world.drive(Hands(success), host_executor=agents, look=look, hears_people=True)
    assert status is RunStatus.FAILURE
    assert written == ["nothing"]
    assert agents.course == [f"ends {token}"]


def test_a_task_that_goes_on_joins_its_attempt_which_is_not_ended():
    world, token = killed_within_an_attempt()
    agents = Agents()
    assert world.drive(Hands(success), host_executor=agents, directives=NO_DIRECTIVES) is RunStatus.SUCCESS
    assert agents.course == ["begins many@etl1/1.1", "begins many@etl1/1.2"]
    assert agents.orders[0].token == token


def test_an_orphan_that_a_driver_has_left_is_ended_by_the_next_one():
    world, token = killed_within_an_attempt()
    repeat = next(node for node in world.plan.nodes if getattr(node, "wraps", False))
    around = world.run.handed_over()[0].key
    world.run.commit(Batch(renewed=[(around.frame, repeat.index, repeat.children[0])]))
    world.recover()
    agents = Agents()
    assert world.drive(Hands(success), host_executor=agents) is RunStatus.SUCCESS
    assert agents.course == [f"ends {token}", "begins many@etl1/1.1", "begins many@etl1/1.2"]
