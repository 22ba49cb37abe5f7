"""What tasks hold of pools, in the store with what they hold it for; and what several runs share."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sequent
from sequent.errors import StoreError, StoreLostError, UsageError
from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.orders import AttemptEnded, AttemptLost, AttemptOrder, Report
from sequent.runtime.rows import Ask, Batch, Hold, TaskKey
from sequent.runtime.store import open_store
from tests.runtime.worlds import FakeClock, Hands, World, success, work

OTHERS = TaskKey(1, 1, 0)
"""Who holds something in another run."""


def failure(order: AttemptOrder) -> Report:
    return AttemptEnded(order.frame, order.node, order.attempt, problem=Problem(type="E", message="no"))


def holds_of(world: World, hands: Hands, **how: object) -> list[list[tuple[str | None, int]]]:
    """Drive; give what each commit writes of holds, in which a task is named by its step."""
    written: list[list[tuple[str | None, int]]] = []

    def look(batch: Batch) -> None:
        written.append(
            [
                (None if hold.key is None else ".".join(world.plan.nodes[hold.key.node].path), hold.amount)
                for hold in batch.holds
            ]
        )

    world.drive(hands, look=look, **how)
    return [holds for holds in written if holds]


def test_a_hold_is_written_with_the_intent_and_its_return_with_the_outcome():
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 2)
    flow.add_step("a", func=work, acquires={db: 2})
    world = World(flow)
    seen: list[tuple[int, int, list[int]]] = []
    world.drive(
        Hands(success),
        look=lambda batch: seen.append((len(batch.intents), len(batch.endings), [hold.amount for hold in batch.holds])),
    )
    assert seen == [(1, 0, [2]), (0, 1, [0]), (0, 0, [])]


def test_what_a_lost_or_failed_attempt_held_returns_and_is_taken_again():
    flow = sequent.Sequent("f")
    flow.add_step("a", func=work, acquires={sequent.Pool("db", 2): 2}, retries=1)
    world = World(flow)

    def end(order: AttemptOrder) -> Report:
        if order.attempt == 1:
            return failure(order)
        if order.attempt == 2:
            return AttemptLost(order.frame, order.node, order.attempt, "gone")
        return success(order)

    assert holds_of(world, Hands(end)) == [[("a", 2)], [("a", 0), ("a", 2)], [("a", 0), ("a", 2)], [("a", 0)]]


def test_what_is_kept_for_the_run_is_there_in_its_recovery_before_anything_starts():
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 2)
    keep = flow.add_step("keep", func=work, acquires={db: 2}, releases=[])
    give = flow.add_step("give", func=work, releases={db: 2}, requires=((keep, sequent.STEP_SUCCESS),))
    flow.add_step("after", func=work, acquires={db: 1}, requires=((give, sequent.STEP_SUCCESS),))
    world = World(flow)

    def fail_give(order: AttemptOrder) -> Report:
        return failure(order) if order.path == "give" else success(order)

    assert world.drive(Hands(fail_give)) is RunStatus.FAILURE
    assert world.run.kept() == {"db": 2}
    world.recover()
    assert holds_of(world, Hands(success)) == [[(None, 0), ("after", 1)], [("after", 0)]]
    assert world.run.kept() == {}


def test_giving_back_more_than_is_held_is_a_failure_of_that_attempt():
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 4)
    first = flow.add_step("first", func=work, acquires={db: 2}, releases=[])
    # Others keep enough, as far as can be seen before it runs.
    flow.add_step("never", func=work, acquires={db: 2}, releases=[], requires=((first, sequent.STEP_FAILURE),))
    last = flow.add_step("last", func=work, releases={db: 2}, requires=((first, sequent.STEP_SUCCESS),))
    flow.add_step("again", func=work, releases={db: 2}, requires=((last, sequent.STEP_SUCCESS),))
    world = World(flow)

    def lose_it_once(order: AttemptOrder) -> Report:
        if (order.path, order.attempt) == ("again", 1):
            return AttemptLost(order.frame, order.node, order.attempt, "its agent is gone")
        return success(order)

    assert world.drive(Hands(lose_it_once), slots=1) is RunStatus.FAILURE
    count, (failed,) = world.run.failures(10)
    assert (count, failed.path) == (1, "again")
    assert failed.problem.type == "PoolError"
    assert failed.problem.message == "it gives back 2 of pool 'db', but it and the run hold only 0"
    assert [(path, str(status)) for path, status in world.observer.settled] == [
        ("first", "success"),
        ("never", "skipped"),
        ("last", "success"),
        ("again", "waiting"),
        ("again", "failure"),
    ]


def test_a_container_that_gives_back_more_than_is_held_has_failed_and_says_why():
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 4)
    first = flow.add_step("first", func=work, acquires={db: 2}, releases=[])
    flow.add_step("never", func=work, acquires={db: 2}, releases=[], requires=((first, sequent.STEP_FAILURE),))
    block = flow.add_step("block", releases={db: 2}, requires=((first, sequent.STEP_SUCCESS),))
    block.add_step("a", func=work)
    again = flow.add_step("again", releases={db: 2}, requires=((block, sequent.STEP_SUCCESS),))
    again.add_step("b", func=work)
    world = World(flow)
    assert world.drive(Hands(success), slots=1) is RunStatus.FAILURE
    (told,) = world.run.container_problems(10)
    assert (told.path, "gives back 2 of pool 'db'" in told.problem.message) == ("again", True)
    world.recover()
    saved = world.run.saved(world.plan)
    assert saved is not None
    statuses = {".".join(world.plan.nodes[node].path): block.status for node, block in saved.blocks.items()}
    assert statuses == {"block": Status.SUCCESS, "again": Status.FAILURE}


def test_a_run_that_cannot_go_on_ends_and_says_who_waits_for_what():
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 2)
    keep = flow.add_step("keep", func=work, acquires={db: 1}, releases=[])
    wants = flow.add_step("wants", func=work, acquires={db: 2}, requires=((keep, sequent.STEP_SUCCESS),))
    maybe = flow.add_step("maybe", func=work, requires=((keep, sequent.STEP_SUCCESS),))
    flow.add_step("give", func=work, releases={db: 1}, requires=((maybe, sequent.STEP_FAILURE),))
    assert wants is not None
    world = World(flow)
    assert world.drive(Hands(success)) is RunStatus.FAILURE
    reason = "wants/1 waits for 2 of pool 'db', of which 1 is free; the run holds 1"
    assert world.run.record.reason == reason
    assert world.store.find("latest").reason == reason


# -- shared by several runs -------------------------------------------------------------------------


def sharing(amount: int, name: str = "f", capacity: int = 2, **options: object) -> sequent.Sequent:
    flow = sequent.Sequent(name)
    flow.add_step("a", func=work, acquires={sequent.Pool("db", capacity, shared=True): amount}, **options)
    return flow


def test_a_step_that_takes_from_a_shared_pool_starts_once_it_holds_it():
    world = World(sharing(2))
    hands = Hands(success)
    assert world.drive(hands) is RunStatus.SUCCESS
    assert [order.path for order in hands.orders] == ["a"]


def test_a_stop_ends_a_run_that_waits_for_another_one():
    clock = FakeClock()
    world = World(sharing(2))
    other = World(sharing(2), store=world.store)
    other.run.use_pools({"db": 2})
    assert other.run.ask([Ask(TaskKey(1, 1, 0), (("db", 1),), 0)])
    stops: list[float] = []

    def stop() -> None:
        stops.append(clock.boot)
        os.kill(os.getpid(), 2)

    clock.at(100.0, stop)
    hands = Hands(success)
    assert world.drive(hands, clock=clock) is RunStatus.STOPPED
    assert hands.orders == []
    assert other.run.ask([Ask(TaskKey(1, 9, 0), (("db", 1),), 0)])


def test_a_step_that_was_cancelled_while_it_waited_for_another_run_takes_nothing_any_more():
    clock = FakeClock()
    flow = sharing(2)
    bad = flow.add_step("bad", func=work, delay="1m")
    flow.add_step("tell", func=work, delay="10m", requires=((bad, sequent.STEP_FAILURE),), handles=False)
    world = World(flow)
    other = World(sharing(2), store=world.store)
    other.run.use_pools({"db": 2})
    assert other.run.ask([Ask(OTHERS, (("db", 1),), 0)])
    free = Batch(holds=[Hold(OTHERS, "db", 0, is_shared=True)])
    clock.at(clock.boot + 120.0, lambda: other.run.commit(free))
    wanted = Ask(TaskKey(1, 9, 0), (("db", 2),), 0)
    granted: list[list[Ask]] = []
    clock.at(clock.boot + 300.0, lambda: granted.append(other.run.ask([wanted])))
    hands = Hands(lambda order: failure(order) if order.path == "bad" else success(order))
    assert world.drive(hands, clock=clock) is RunStatus.FAILURE
    assert [order.path for order in hands.orders] == ["bad", "tell"]
    assert granted == [[wanted]]


def test_what_a_run_kept_of_a_shared_pool_is_awaited_before_its_recovery_begins():
    clock = FakeClock()
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 2, shared=True)
    keep = flow.add_step("keep", func=work, acquires={db: 2}, releases=[])
    flow.add_step("after", func=work, requires=((keep, sequent.STEP_SUCCESS),))
    give = flow.add_step("give", func=work, releases={db: 2}, requires=((keep, sequent.STEP_SUCCESS),))
    assert give is not None
    world = World(flow)

    def fail(order: AttemptOrder) -> Report:
        return success(order) if order.path == "keep" else failure(order)

    assert world.drive(Hands(fail), clock=clock) is RunStatus.FAILURE
    other = World(sharing(2), store=world.store)
    other.run.use_pools({"db": 2})
    key = TaskKey(1, 1, 0)
    assert other.run.ask([Ask(key, (("db", 1),), 0)])
    world.recover()
    began = clock.boot
    clock.at(began + 60.0, lambda: other.run.commit(Batch(holds=[Hold(key, "db", 0, is_shared=True)])))
    starts: list[float] = []

    def end(order: AttemptOrder) -> Report:
        starts.append(clock.boot - began)
        return success(order)

    assert world.drive(Hands(end), clock=clock) is RunStatus.SUCCESS
    assert len(starts) == 2
    assert 60.0 <= min(starts) <= 66.0


def test_a_run_that_waits_for_a_shared_pool_sleeps_while_the_store_takes_nothing():
    flow = sequent.Sequent("f")
    db = sequent.Pool("db", 1, shared=True)
    for name in ("a", "b"):
        flow.add_step(name, func=work, acquires={db: 1})
    world, clock = World(flow), FakeClock()
    since: list[float] = []

    def look(batch: Batch) -> None:
        if batch.endings:
            since.append(clock.boot)
            if clock.boot - since[0] < 30:
                raise StoreLostError("it does not answer")

    assert world.drive(Hands(success), clock=clock, look=look) is RunStatus.SUCCESS
    assert sum(clock.sleeps) >= 30
    assert clock.looks < 2_000, "it keeps a processor busy"


def test_a_flow_that_takes_a_shared_pool_to_be_of_another_size_than_a_run_under_way_is_refused():
    world = World(sharing(1))
    world.run.use_pools({"db": 2})
    with pytest.raises(UsageError, match="'db' has the capacity 3, but 2 in run 'r00001'"):
        World(sharing(1, capacity=3), store=world.store)


def test_runs_that_share_a_pool_take_turns_and_wake_one_another(tmp_path: Path):
    path = str(tmp_path / "s.db")
    guard, under_way, most = threading.Lock(), [0], [0]

    def run() -> RunStatus:
        store = open_store(path)
        try:
            return World(sharing(2, repeats=range(5), parallel=5), store=store).drive(hands_of())
        finally:
            store.close()

    def hands_of() -> Hands:
        def end(order: AttemptOrder) -> None:
            with guard:
                under_way[0] += 2
                most[0] = max(most[0], under_way[0])
            threading.Timer(0.01, finish, (order,)).start()

        def finish(order: AttemptOrder) -> None:
            with guard:
                under_way[0] -= 2
            hands.tell(success(order))

        hands = Hands(end)
        return hands

    open_store(path).close()
    with ThreadPoolExecutor(3) as threads:
        runs = [threads.submit(run) for _ in range(3)]
    assert [ended.result() for ended in runs] == [RunStatus.SUCCESS] * 3
    assert most == [2]
    assert list(tmp_path.glob("*.runs/*/wake")) == []


def test_a_driver_that_fails_leaves_no_socket_behind():
    world = World(sharing(2))
    socket = Path(world.run.directory) / "wake"

    def look(batch: Batch) -> None:
        assert socket.is_socket()
        raise StoreError("gone")

    with pytest.raises(StoreError):
        world.drive(Hands(success), look=look)
    world.run.close()
    assert not socket.exists()
