"""Steps on hosts, as a driver has them done: an executor for each host, results by host, and hosts out of reach."""

from __future__ import annotations

import json
import re

import pytest

import sequent
from sequent.errors import FencedError
from sequent.model.directives import Directives, Selection
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.orders import (
    AttemptEnded,
    AttemptLost,
    AttemptOrder,
    AttemptTakenBack,
    HostReachable,
    HostUnreachable,
    Report,
)
from tests.runtime.worlds import Hands, Killed, World, success, work


class Hosts:
    """Makes an executor for each host, which says at once that it can be reached, unless it is down."""

    def __init__(self, end=success, *, down=()) -> None:
        self.end = end
        self.down = set(down)
        self.made: dict[str, Hands] = {}

    def __call__(self, host: str) -> Hands:
        hands = self.made[host] = Hands(self.end)
        hands.tell(
            HostUnreachable(host, "no route", 1.0, "look at the cable") if host in self.down else HostReachable(host, 2)
        )
        return hands

    @property
    def orders(self) -> list[AttemptOrder]:
        return [order for hands in self.made.values() for order in hands.orders]


def on_two(**options) -> sequent.Sequent:
    flow = sequent.Sequent("f")
    load = flow.add_step("load", func=work, hosts=["etl1", "etl2"], **options)
    flow.add_step("after", func=take, kwargs={"loaded": load.result})
    return flow


def take(loaded) -> None:
    """Be a step that takes a result."""


def returning(order: AttemptOrder) -> Report:
    return AttemptEnded(order.frame, order.node, order.attempt, json.dumps(f"{order.host}:{order.sequence}"))


def failing_on(host: str):
    def end(order: AttemptOrder) -> Report:
        problem = Problem(type="E", message="no") if order.host == host else None
        return AttemptEnded(order.frame, order.node, order.attempt, None if problem else "1", problem=problem)

    return end


def attempts(world: World) -> list[tuple[str, str, int, str]]:
    return [
        (one.located, one.sequence, one.attempt, one.status.value) for one in world.store.attempts(world.run.record)
    ]


def test_each_copy_goes_to_the_executor_of_its_host_and_bears_its_name():
    world, hosts, here = World(on_two()), Hosts(returning), Hands(success)
    assert world.drive(here, host_executor=hosts) is RunStatus.SUCCESS
    assert [(order.host, order.located, order.sequence) for order in hosts.orders] == [
        ("etl1", "load@etl1", "1"),
        ("etl2", "load@etl2", "1"),
    ]
    assert [order.inputs for order in here.orders] == [('{"etl1":"etl1:1","etl2":"etl2:1"}',)]
    assert attempts(world) == [
        ("load@etl1", "1", 1, "success"),
        ("load@etl2", "1", 1, "success"),
        ("after", "1", 1, "success"),
    ]


def test_the_result_of_a_single_host_is_one_and_of_repeats_a_list_for_each_host():
    flow = sequent.Sequent("f")
    one = flow.add_step("one", func=work, hosts=["etl1"])
    many = flow.add_step("many", func=work, hosts=["etl1", "etl2"], repeats=[1, 2])
    several = flow.add_step("several", func=work, hosts=["etl1"], repeats=[1, 2])
    for step in (one, many, several):
        flow.add_step(f"after_{step.__sequent__.name}", func=take, kwargs={"loaded": step.result})
    world, here = World(flow), Hands(success)
    world.drive(here, host_executor=Hosts(returning))
    assert {order.path: order.inputs for order in here.orders} == {
        "after_one": ('"etl1:1"',),
        "after_many": ('{"etl1":["etl1:1.1","etl1:1.2"],"etl2":["etl2:1.1","etl2:1.2"]}',),
        "after_several": ('["etl1:1.1","etl1:1.2"]',),
    }


def test_a_value_stands_for_each_host_without_a_result_and_failures_name_their_hosts():
    flow = sequent.Sequent("f")
    load = flow.add_step("load", func=work, hosts=["etl1", "etl2"], stop_on_exception=False)
    flow.add_step("after", func=take, kwargs={"loaded": load.result_or(0)})
    flow.add_step("told", func=take, kwargs={"loaded": load.failures}, requires=load.failed)
    world, here = World(flow), Hands(success)
    assert world.drive(here, host_executor=Hosts(failing_on("etl2"))) is RunStatus.SUCCESS
    inputs = {order.path: order.inputs[0] for order in here.orders}
    assert inputs["after"] == '{"etl1":1,"etl2":0}'
    (failure,) = world.run.failures(10)[1]
    assert (failure.host, failure.located) == ("etl2", "load@etl2")
    assert '"etl2"' in inputs["told"]


def test_a_recovery_redoes_only_the_copy_that_failed():
    world = World(on_two(stop_on_exception=False))
    assert world.drive(Hands(success), host_executor=Hosts(failing_on("etl2"))) is RunStatus.FAILURE
    world.recover()
    hosts, here = Hosts(returning), Hands(success)
    assert world.drive(here, host_executor=hosts) is RunStatus.SUCCESS
    assert [(order.host, order.attempt) for order in hosts.orders] == [("etl2", 2)]
    assert [order.inputs for order in here.orders] == [('{"etl1":1,"etl2":"etl2:1"}',)]


def test_a_directive_names_one_copy():
    world = World(on_two())
    world.drive(Hands(success), host_executor=Hosts(returning))
    world.run.close()
    world.run = world.store.take(world.run.record.id, reopens=True)
    world.is_taken = True
    hosts = Hosts(returning)
    directives = Directives(rerun=(Selection(("load",), (), "etl2"),))
    assert world.drive(Hands(success), host_executor=hosts, directives=directives) is RunStatus.SUCCESS
    assert [(order.host, order.attempt) for order in hosts.orders] == [("etl2", 2)]


def test_tasks_of_a_host_out_of_reach_wait_and_the_run_says_so_until_it_is_back():
    world, hosts, here = World(on_two()), Hosts(returning, down=["etl2"]), Hands(success)
    reasons: list[str] = []

    def look(batch) -> None:
        reasons.append(world.store.find("latest").reason)
        if batch.endings and batch.endings[0].key.frame == 2:
            hosts.made["etl2"].tell(HostReachable("etl2", 1))

    assert world.drive(here, host_executor=hosts, look=look) is RunStatus.SUCCESS
    told = (
        r"host 'etl2' cannot be reached since \d{4}-\S+, and its tasks wait: no route; "
        r"next try at \d{4}-\S+; look at the cable"
    )
    assert any(re.fullmatch(told, reason) for reason in reasons)
    assert world.observer.notes == [
        "host 'etl2' cannot be reached, and its tasks wait: no route; look at the cable",
        "host 'etl2' can be reached again",
    ]
    assert world.store.find("latest").reason == ""


def test_a_driver_that_was_replaced_says_nothing_about_hosts():
    """A host may say that another driver has the run: that is so if the store says it, and only then the run ends."""
    world, hosts = World(on_two()), Hosts(returning, down=["etl2"])

    def look(batch) -> None:
        if batch.reason is not None:
            raise FencedError("taken over")

    with pytest.raises(FencedError):
        world.drive(Hands(success), host_executor=hosts, look=look)
    assert world.observer.notes == []


def test_an_attempt_that_never_reached_its_host_leaves_no_row():
    sent: list[AttemptOrder] = []

    def end(order: AttemptOrder) -> Report:
        sent.append(order)
        if order.host == "etl2" and len(sent) == 2:
            hosts.made["etl2"].tell(HostUnreachable("etl2", "gone", 1.0))
            hosts.made["etl2"].tell(AttemptTakenBack(order.frame, order.node, order.attempt))
            return HostReachable("etl2", 1)
        return success(order)

    world, hosts = World(on_two()), Hosts(end)
    assert world.drive(Hands(success), host_executor=hosts) is RunStatus.SUCCESS
    assert [(order.host, order.attempt) for order in sent] == [("etl1", 1), ("etl2", 1), ("etl2", 1)]
    assert [attempt for attempt in attempts(world) if attempt[3] != "success"] == []


def test_a_host_may_forget_an_attempt_only_once_its_outcome_is_written():
    world, hosts = World(on_two()), Hosts(returning)
    written: list[tuple[int, int]] = []
    early: list[tuple[int, int, int]] = []

    def look(batch) -> None:
        """Look before each commit."""
        told = [key for hands in hosts.made.values() for key in hands.acknowledged]
        early.extend(key for key in told if key[:2] not in written)
        written.extend((ending.key.frame, ending.key.node) for ending in batch.endings)

    assert world.drive(Hands(success), host_executor=hosts, look=look) is RunStatus.SUCCESS
    assert early == []
    assert sorted(len(hands.acknowledged) for hands in hosts.made.values()) == [1, 1]


def test_a_recovery_orders_an_attempt_with_the_token_that_its_host_knows():
    world, hosts = World(on_two()), Hosts(lambda order: None if order.host == "etl2" else returning(order))

    def die(batch) -> None:
        if batch.endings:
            raise Killed

    with pytest.raises(Killed):
        world.drive(Hands(success), host_executor=hosts, look=die)
    before = {order.host: order.token for order in hosts.orders}
    world.recover()
    again = Hosts(returning)
    assert world.drive(Hands(success), host_executor=again) is RunStatus.SUCCESS
    assert {order.host: order.token for order in again.orders} == before
    assert {order.attempt for order in again.orders} == {2}


def test_an_attempt_that_was_lost_is_tried_again_with_another_token():
    world = World(on_two())
    tokens: list[str] = []

    def end(order: AttemptOrder) -> Report:
        tokens.append(order.token)
        if order.host == "etl2" and order.attempt == 1:
            return AttemptLost(order.frame, order.node, order.attempt, "the machine was restarted")
        return success(order)

    assert world.drive(Hands(success), host_executor=Hosts(end)) is RunStatus.SUCCESS
    assert len(set(tokens)) == 3


def test_an_attempt_that_was_lost_with_its_host_runs_there_again():
    def end(order: AttemptOrder) -> Report:
        if order.host == "etl2" and order.attempt == 1:
            return AttemptLost(order.frame, order.node, order.attempt, "the host restarted")
        return success(order)

    world, hosts = World(on_two()), Hosts(end)
    assert world.drive(Hands(success), host_executor=hosts) is RunStatus.SUCCESS
    assert [(order.host, order.attempt) for order in hosts.orders] == [("etl1", 1), ("etl2", 1), ("etl2", 2)]
    assert world.observer.notes == ["'load@etl2' was lost: the host restarted"]


def test_no_more_run_on_a_host_than_it_has_room_for():
    flow = sequent.Sequent("f")
    flow.add_step("load", func=work, hosts=["etl1"], repeats=range(5), parallel=0)
    running: set[str] = set()
    most = 0

    def end(order: AttemptOrder) -> None:
        nonlocal most
        running.add(order.sequence)
        most = max(most, len(running))
        if len(running) == 2:
            for sequence in sorted(running):
                running.discard(sequence)
                done = next(one for one in hosts.orders if one.sequence == sequence)
                hosts.made["etl1"].tell(success(done))

    hosts = Hosts(end)
    world = World(flow)
    hosts_of_last = {"1.5"}

    def look(batch) -> None:
        if batch.intents and hosts_of_last and any(intent.key.iteration == 5 for intent in batch.intents):
            hosts_of_last.clear()

    def end_last(order: AttemptOrder) -> Report | None:
        return success(order) if order.sequence == "1.5" else end(order)

    hosts.end = end_last
    assert world.drive(Hands(success), host_executor=hosts, look=look, slots=50) is RunStatus.SUCCESS
    assert most == 2


def test_hosts_may_be_the_result_of_a_step_and_are_checked_then():
    flow = sequent.Sequent("f")
    find = flow.add_step("find", func=work)
    flow.add_step("load", func=work, hosts=find.result)

    def found(text: str):
        return lambda order: AttemptEnded(order.frame, order.node, order.attempt, text)

    world, hosts = World(flow), Hosts(returning)
    assert world.drive(Hands(found('["etl3"]')), host_executor=hosts) is RunStatus.SUCCESS
    assert [order.host for order in hosts.orders] == ["etl3"]
    world, hosts = World(flow), Hosts(returning)
    assert world.drive(Hands(found('["etl3","a b"]')), host_executor=hosts) is RunStatus.FAILURE
    (problem,) = world.run.container_problems(10)
    assert "'hosts' of 'load' has 'a b', which is not the name of a host" in problem.message
    world, here = World(flow), Hands(found("[]"))
    assert world.drive(here) is RunStatus.SUCCESS
    assert [(order.path, order.host) for order in here.orders] == [("find", ""), ("load", "")]


def test_without_a_way_to_other_hosts_the_step_fails_by_name():
    world = World(on_two())
    assert world.drive(Hands(success)) is RunStatus.FAILURE
    (problem,) = world.run.container_problems(10)
    assert problem.message == "'load': it runs on host 'etl1', and no other host can be reached"


def test_a_copy_of_a_name_of_this_machine_runs_here():
    flow = sequent.Sequent("f")
    flow.add_step("load", func=work, hosts=["localhost", "127.0.0.1"])
    flow.add_step("one", func=work, hosts=["localhost"])
    world, here = World(flow), Hands(success)
    assert world.drive(here) is RunStatus.SUCCESS
    assert sorted((order.located, order.host) for order in here.orders) == [
        ("load@127.0.0.1", "127.0.0.1"),
        ("load@localhost", "localhost"),
        ("one", "localhost"),
    ]


def test_a_store_tells_the_copies_of_containers():
    flow = sequent.Sequent("f")
    block = flow.add_step("block", hosts=["etl1", "etl2"])
    block.add_step("a", func=work)
    world = World(flow)
    assert world.drive(Hands(success), host_executor=Hosts(failing_on("etl1"))) is RunStatus.FAILURE
    assert [one[:2] for one in attempts(world)] == [("block@etl1.a", "1.1"), ("block@etl2.a", "1.1")]
    assert world.store.standings(world.run.record)["block"] == {Status.FAILURE: 1, Status.SUCCESS: 1}
