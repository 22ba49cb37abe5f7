"""How any store lets runs share pools: never more than there is, in turn, and never for those who are gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from selectors import DefaultSelector

import pytest

from sequent.errors import UsageError
from sequent.model.plan import Plan
from sequent.model.run_target import Target
from sequent.model.spec import PoolSpec
from sequent.model.status import RunStatus
from sequent.runtime.ports import DrivenRun
from sequent.runtime.rows import Ask, Batch, Hold, RunEnd, TaskKey
from tests.contracts.plans import BLOCK, TASK_A, B, create, plan
from tests.patience import wait_until

IN_BLOCK = TaskKey(2, B, 0)
AROUND_IT = TaskKey(1, BLOCK, 0)


def using(store, **capacities: int) -> DrivenRun:
    """A run that uses shared pools of these sizes."""
    run = create(store)
    run.use_pools(capacities or {"db": 4})
    return run


@contextmanager
def woken(*runs: DrivenRun) -> Iterator[Callable[[int], set[str]]]:
    """Waits for some wakes; gives the runs whose drivers were woken since the last time."""
    found: list[str] = []
    with DefaultSelector() as selector:
        for run in runs:
            run.watch(selector, lambda run=run: found.append(run.record.id))

        def who(count: int) -> set[str]:
            wait_until(lambda: [key.data() for key, _ in selector.select(0.1)] and len(set(found)) >= count)
            seen = set(found)
            found.clear()
            return seen

        yield who


def ask(run: DrivenRun, amount: int, key: TaskKey | None = TASK_A, priority: int = 0, **more: object) -> bool:
    wanted = Ask(key, (("db", amount),), priority, **more)
    granted = run.ask([wanted])
    assert granted in ([], [wanted])
    return bool(granted)


def release(run: DrivenRun, key: TaskKey | None = TASK_A) -> None:
    run.commit(Batch(holds=[Hold(key, "db", 0, is_shared=True)]))


def test_runs_never_hold_more_of_a_pool_than_there_is(store):
    first, second = using(store), using(store)
    assert ask(first, 3)
    assert ask(second, 1)
    assert not ask(second, 1, IN_BLOCK)
    release(first)
    assert ask(second, 1, IN_BLOCK)
    assert not ask(first, 3)
    release(second)
    assert ask(first, 3)


def test_what_is_asked_for_is_held_as_a_whole_or_not_at_all(store):
    first, second = using(store, db=4, net=1), using(store, db=4, net=1)
    assert first.ask([Ask(TASK_A, (("net", 1),), 0)])
    both = Ask(TASK_A, (("db", 2), ("net", 1)), 0)
    assert second.ask([both]) == []
    release(second)
    assert ask(first, 4, IN_BLOCK)
    release(first, IN_BLOCK)
    assert second.ask([both]) == []
    first.commit(Batch(holds=[Hold(TASK_A, "net", 0, is_shared=True)]))
    assert second.ask([both]) == [both]
    assert not ask(first, 3, IN_BLOCK)


def test_asking_again_for_what_is_held_takes_nothing_twice(store):
    run = using(store)
    assert ask(run, 3)
    run.commit(Batch(holds=[Hold(TASK_A, "db", 3, is_shared=True)]))
    assert ask(using(store), 1)


def test_a_large_request_is_not_starved_by_small_ones_that_come_later(store):
    first, large, small = using(store), using(store), using(store)
    assert ask(first, 2)
    assert not ask(large, 4)
    assert not ask(small, 1)
    release(first)
    assert not ask(small, 1)
    assert ask(large, 4)


def test_a_higher_priority_goes_first_and_then_who_came_first(store):
    holder, low, high, second = (using(store) for _ in range(4))
    assert ask(holder, 4)
    for run, priority in ((low, 0), (second, 0), (high, 7)):
        assert not ask(run, 4, priority=priority)
    release(holder)
    assert not ask(low, 4)
    assert not ask(second, 4)
    assert ask(high, 4, priority=7)
    release(high)
    assert not ask(second, 4)
    assert ask(low, 4)


def test_who_holds_of_a_pool_through_a_container_goes_before_those_who_wait_for_it(store):
    holder, large = using(store), using(store)
    assert ask(holder, 2, AROUND_IT)
    assert not ask(large, 4, priority=9)
    assert ask(holder, 1, IN_BLOCK, around=(AROUND_IT,))
    assert not ask(holder, 1, TASK_A)


def test_two_who_hold_of_a_pool_through_containers_do_not_wait_for_one_another(store):
    first, second = using(store), using(store)
    assert ask(first, 1, AROUND_IT)
    assert ask(second, 2, AROUND_IT)
    assert not ask(first, 3, IN_BLOCK, around=(AROUND_IT,))
    assert ask(second, 1, IN_BLOCK, around=(AROUND_IT,))


def test_who_holds_of_another_pool_through_a_container_goes_before_those_who_hold_nothing(store):
    holder, both = using(store, db=4, net=1), using(store, db=4, net=1)
    assert holder.ask([Ask(AROUND_IT, (("net", 1),), 0)])
    assert both.ask([Ask(TASK_A, (("db", 4), ("net", 1)), 9)]) == []
    assert ask(holder, 1, IN_BLOCK, around=(AROUND_IT,))
    assert not ask(holder, 1, TASK_A)


def test_who_gives_up_waiting_leaves_its_place(store):
    holder, large, small = using(store), using(store), using(store)
    assert ask(holder, 2)
    assert not ask(large, 4)
    assert not ask(small, 1)
    release(large)
    assert ask(small, 1)


def test_what_a_run_held_that_nobody_drives_any_more_is_free(store):
    gone, other = using(store), using(store)
    assert ask(gone, 4)
    assert not ask(gone, 1, IN_BLOCK, priority=9)
    assert not ask(other, 4)
    gone.close()
    assert ask(other, 4)


def test_a_run_that_has_ended_is_granted_nothing(store):
    run = using(store)
    run.commit(Batch(end=RunEnd(RunStatus.STOPPED, {})))
    assert not ask(run, 1)


def test_what_a_run_keeps_of_a_shared_pool_is_given_back_at_its_end_and_asked_for_again(store):
    first, second = using(store), using(store)
    assert ask(first, 3)
    first.commit(Batch(holds=[Hold(TASK_A, "db", 0, is_shared=True), Hold(None, "db", 3, is_shared=True)]))
    assert not ask(second, 2)
    first.commit(Batch(end=RunEnd(RunStatus.FAILURE, {})))
    assert ask(second, 2)
    first.close()
    again = store.take(first.record.id)
    assert again.kept() == {}
    assert again.wanted_again() == (("db", 3),)
    again.use_pools({"db": 4})
    assert not ask(again, 3, None)
    release(second)
    assert ask(again, 3, None)
    assert again.wanted_again() == ()


def test_what_a_run_kept_that_was_killed_is_asked_for_again_however_often(store):
    run = using(store)
    assert ask(run, 3)
    run.commit(Batch(holds=[Hold(TASK_A, "db", 0, is_shared=True), Hold(None, "db", 3, is_shared=True)]))
    for _ in range(2):
        run.close()
        run = store.take(run.record.id)
        run.use_pools({"db": 4})
        assert run.wanted_again() == (("db", 3),)
    other = using(store)
    assert not ask(other, 4)
    assert ask(other, 1, IN_BLOCK) is False
    run.close()
    assert ask(other, 4)


def test_a_pool_of_a_runs_own_has_nothing_to_do_with_a_shared_one_of_that_name(store):
    run, other = create(store), using(store)
    run.commit(Batch(holds=[Hold(None, "db", 9), Hold(TASK_A, "db", 9)]))
    assert ask(other, 4)


def test_who_waits_for_what_is_given_back_is_woken_and_nobody_else(store):
    first, second, third = using(store), using(store, db=4, net=1), using(store)
    assert ask(first, 4)
    assert not ask(second, 1)
    assert not ask(third, 1)
    with woken(first, second, third) as who:
        first.wake_waiting({"net"})
        store.wake(first.record)
        assert who(1) == {"r00001"}
        first.wake_waiting({"db"})
        assert who(2) == {"r00002", "r00003"}
        second.wake_waiting({"db"})
        assert who(1) == {"r00003"}


def test_a_driver_is_woken_again_and_again_and_a_run_without_one_wakes_nobody(store):
    run, ended = create(store), create(store)
    with woken(run) as who:
        for _ in range(3):
            store.wake(run.record)
            assert who(1) == {"r00001"}
    ended.close()
    store.wake(ended.record)
    run.close()
    store.wake(run.record)
    with woken(store.take("r00001")) as who:
        store.wake(run.record)
        assert who(1) == {"r00001"}


def test_two_runs_that_are_driven_take_a_shared_pool_to_be_of_one_size(store):
    first = using(store, db=4)
    second = create(store)
    with pytest.raises(UsageError, match=r"'db' has the capacity 3, but 4 in run 'r00001'"):
        second.use_pools({"db": 3})
    shared = Plan(
        name="small", nodes=plan().nodes, description=plan().description, pools=(PoolSpec("db", 3, is_shared=True),)
    )
    with pytest.raises(UsageError, match="'db' has the capacity 3, but 4"):
        store.create(Target(flow="small"), shared, None, {})
    assert len(store.runs()) == 2
    first.close()
    second.use_pools({"db": 3})
    assert not ask(second, 4)
    assert ask(second, 3, IN_BLOCK) is False
    release(second)
    assert ask(second, 3, IN_BLOCK)


def test_who_waits_for_other_pools_is_in_nobodys_way(store):
    first, second = using(store, net=1), using(store, db=4)
    assert first.ask([Ask(TASK_A, (("net", 1),), 0)])
    assert first.ask([Ask(IN_BLOCK, (("net", 1),), 9)]) == []
    assert ask(second, 4)
