"""What any store tells pages of a run's tasks: a few of many, and numbers of many."""

from __future__ import annotations

from sequent.model.outcome import Problem
from sequent.model.run_target import Target
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, Ending, RunEnd, TaskKey
from sequent.runtime.task_list_port import START
from tests.contracts.plans import DEEP, GRID, INNER, TASK_A, A, attempted, create, each, intent, iterated, plan
from tests.copied_run import HOSTS, copied_run


def grid(store):
    """A run with three iterations of a container, in each of which one task is in one inside; the second failed."""
    run = create(store)
    problem = Problem(type="ValueError", message="bad", traceback="", file="", line=0, exit_code=None, signal=None)
    for number in (1, 2, 3):
        outer, inner = 10 * number, 10 * number + 1
        iterated(run, 1, GRID, number, outer, Status.FAILURE if number == 2 else Status.SUCCESS)
        iterated(run, outer, INNER, 1, inner)
        if number == 2:
            attempted(run, TaskKey(inner, DEEP, 0), Status.FAILURE, at=20, problem=problem)
        else:
            attempted(run, TaskKey(inner, DEEP, 0), at=20 + number)
    return run


def sequences(page):
    return [task.sequence for task in page.tasks]


def test_iterations_tell_the_tasks_in_them_that_have_not_succeeded(store):
    tasks = store.tasks(grid(store).record)
    path = "grid.inner.deep"
    assert tasks.levels(path) == ["", "grid", "grid.inner"]
    found = tasks.iterations(path, (1,), 0, 10)
    assert [(each.number, each.status, dict(each.counts)) for each in found] == [
        (1, Status.SUCCESS, {}),
        (2, Status.FAILURE, {Status.FAILURE: 1}),
        (3, Status.SUCCESS, {}),
    ]
    assert [each.number for each in tasks.iterations(path, (1,), 1, 1)] == [2]
    assert [each.number for each in tasks.iterations(path, (1, 3), 0, 10)] == [1]
    assert tasks.iterations(path, (1, 7), 0, 10) == []
    assert tasks.iterations("no.such", (), 0, 10) == tasks.iterations("a", (1,), 0, 10) == []


def test_tasks_are_found_by_iteration_and_status(store):
    tasks = store.tasks(grid(store).record)
    path = "grid.inner.deep"
    assert sequences(tasks.tasks(path, (), None, START, 10)) == ["1.1.1", "1.2.1", "1.3.1"]
    assert sequences(tasks.tasks(path, (1,), None, START, 10)) == ["1.1.1", "1.2.1", "1.3.1"]
    assert sequences(tasks.tasks(path, (1, 2), None, START, 10)) == ["1.2.1"]
    assert sequences(tasks.tasks(path, (1, 2, 1), None, START, 10)) == ["1.2.1"]
    assert sequences(tasks.tasks(path, (), Status.FAILURE, START, 10)) == ["1.2.1"]
    assert sequences(tasks.tasks(path, (1, 1), Status.FAILURE, START, 10)) == []
    assert sequences(tasks.tasks(path, (2,), None, START, 10)) == []
    assert sequences(tasks.tasks("nothing", (), None, START, 10)) == []


def test_pages_of_tasks_follow_each_other_without_gaps_and_only_last_attempts_count(store):
    run = create(store)
    for iteration in range(1, 8):
        attempted(run, each(iteration), Status.FAILURE)
        attempted(run, each(iteration), attempt=2)
    tasks, found, after = store.tasks(run.record), [], START
    while after is not None:
        page = tasks.tasks("many", (), None, after, 3)
        assert len(page.tasks) <= 3
        found += [(task.sequence, task.attempt, task.status) for task in page.tasks]
        after = page.next
    assert found == [(f"1.{iteration}", 2, Status.SUCCESS) for iteration in range(1, 8)]
    assert sequences(tasks.tasks("many", (1, 4), None, START, 10)) == ["1.4"]
    assert tasks.failed_attempts(10) == (0, [])


def test_a_task_tells_all_its_attempts(store):
    run = grid(store)
    attempted(run, each(2), Status.FAILURE)
    attempted(run, each(2), attempt=2)
    tasks = store.tasks(run.record)
    assert [each.attempt for each in tasks.attempts_of("many", (1, 2))] == [1, 2]
    assert [each.status for each in tasks.attempts_of("grid.inner.deep", (1, 2, 1))] == [Status.FAILURE]
    assert tasks.attempts_of("grid.inner.deep", (1, 9, 1)) == tasks.attempts_of("no", ()) == []


def names(page):
    return [f"{task.located}/{task.sequence}" for task in page.tasks]


def test_copies_on_hosts_are_chosen_by_the_host_in_its_place(store):
    tasks = store.tasks(copied_run(store).record)
    part, on_host = "rounds.group.part", "rounds.group@etl2.example.part"
    assert tasks.levels("load") == tasks.levels("load@etl1") == [""]
    assert (tasks.levels(part), tasks.levels(on_host)) == (["", "rounds"], ["", "rounds", "rounds.group"])
    failed = [("etl1", Status.SUCCESS, {}), ("etl2.example", Status.FAILURE, {Status.FAILURE: 1})]
    assert [(*each[:2], dict(each.counts)) for each in tasks.hosts("load", ())] == failed
    assert [each.host for each in tasks.hosts(part, (1, 2))] == [*HOSTS]
    assert tasks.hosts(part, (1,)) == tasks.hosts(part, (1, 9)) == tasks.hosts("none", ()) == []
    of_load = [f"load@etl2.example/1.{number}" for number in (1, 2, 3)]
    assert names(tasks.tasks("load@etl2.example", (1,), None, START, 9)) == of_load
    assert names(tasks.tasks("load@etl2.example", (), Status.FAILURE, START, 9)) == of_load[1:2]
    assert names(tasks.tasks("load@etl2.example", (1, 3), None, START, 9)) == of_load[2:]
    assert names(tasks.tasks(on_host, (1, 2), None, START, 9)) == [f"{on_host}/1.2.1"]
    assert [each.number for each in tasks.iterations(on_host, (1, 2), 0, 9)] == [1]
    assert names(tasks.tasks(part, (1, 2), None, START, 9)) == ["rounds.group@etl1.part/1.2.1", f"{on_host}/1.2.1"]
    assert len(tasks.tasks(part, (), None, START, 9).tasks) == 4
    assert tasks.tasks("load@none", (1,), None, START, 9).tasks == []
    assert [each.status for each in tasks.attempts_of("load@etl2.example", (1, 2))] == [Status.FAILURE]
    assert [each.located for each in tasks.attempts_of(on_host, (1, 1, 1))] == [on_host]
    assert tasks.attempts_of("load", (1, 2)) == tasks.attempts_of("load@none", (1, 2)) == []


def test_failed_tasks_are_counted_and_the_first_ones_told(store):
    run = create(store)
    for iteration in range(1, 5):
        attempted(run, each(iteration), Status.FAILURE, at=10 + iteration)
    count, first = store.tasks(run.record).failed_attempts(2)
    assert (count, [each.sequence for each in first]) == (4, ["1.1", "1.2"])


def test_attempts_are_counted_by_pieces_of_time(store):
    run = create(store)
    attempted(run, TASK_A, at=100)
    for iteration in range(1, 4):
        attempted(run, each(iteration), at=150 + iteration / 10)
    attempted(run, TaskKey(1, A, 0), Status.ACTIVE, attempt=2, at=190)
    found = store.tasks(run.record).pieces(100, 200, 10)
    assert sorted((*each[:1], *each[2:6], round(each.seconds, 6)) for each in found) == [
        ("a", Status.ACTIVE, 1, 190, 200, 0),
        ("a", Status.SUCCESS, 1, 100, 101, 1),
        ("many", Status.SUCCESS, 3, 150.1, 151.3, 3),
    ]
    assert [each.piece for each in found if each.path == "many"] == [5]


def test_pieces_of_time_survive_a_clock_that_was_set_back(store):
    run = create(store)
    run.commit(Batch(intents=[intent(TASK_A, at=90)]))
    run.commit(Batch(endings=[Ending(TASK_A, 1, Status.FAILURE, 80)]))
    attempted(run, TASK_A, Status.ACTIVE, attempt=2, at=300)
    found = store.tasks(run.record).pieces(100, 200, 10)
    assert sorted((each.status, each.piece, each.seconds) for each in found) == [
        (Status.ACTIVE, 20, 0),
        (Status.FAILURE, 0, 0),
    ]


def test_all_that_is_written_of_a_run_is_news(store):
    run = create(store)
    seen = [store.news_of(run.record)]
    attempted(run, TASK_A)
    seen.append(store.news_of(run.record))
    run.commit(Batch(end=RunEnd(RunStatus.SUCCESS, {}, "", {})))
    seen.append(store.news_of(run.record))
    assert len({*seen}) == 3
    assert store.news_of(run.record) == seen[-1]


def test_runs_are_found_by_time_and_number_the_latest_first(store):
    for name in ("first", "second", "third"):
        store.create(Target(flow="small", file="/x.py"), plan(), name, {}).close()
    runs = store.runs()
    last = runs[0]
    assert [run.id for run in store.runs_within(0, last.created + 1, 2, 2**40)] == ["third", "second"]
    assert [run.id for run in store.runs_within(0, last.created + 1, 9, last.number)] == ["second", "first"]
    assert store.runs_within(0, runs[-1].created, 9, 2**40) == []
    assert [run.flow for run in store.outcomes(0, 2)] == ["small", "small"]
    assert store.outcomes(last.created + 1, 2) == []
