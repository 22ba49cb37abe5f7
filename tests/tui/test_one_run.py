"""The screens of one run, and of the tasks of a step."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from sequent.model.outcome import Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, Ending, RunEnd, TaskKey, Wait
from sequent.tui import run_content, task_list_screen
from tests.acceptance.command_line import CommandLine
from tests.contracts.plans import DEEP, GRID, INNER, TASK_A, attempted, create, each, intent, iterated
from tests.tui.test_run_list import HOSTILE
from tests.tui.viewer import look_at
from tests.web.test_one_run import past_and_going


def problem(message="bad"):
    return Problem(type="ValueError", message=message, traceback="", file="", line=0, exit_code=None, signal=None)


def end(run, status=RunStatus.FAILURE):
    run.commit(Batch(end=RunEnd(status, {}, "", {})))
    run.close()


def one_run(path, story, **kwargs):
    """Open the screen of the latest run, and do what a story says."""

    async def opened(viewer):
        await viewer.types("enter")
        await viewer.opens("OneRunScreen")
        await story(viewer)

    look_at(path, opened, **kwargs)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def nested(store):
    """A run with three iterations of a container; the task in the second has failed."""
    run = create(store, "nested")
    for number in (1, 2, 3):
        iterated(run, 1, GRID, number, 10 * number, Status.FAILURE if number == 2 else Status.SUCCESS)
        iterated(run, 10 * number, INNER, 1, 10 * number + 1)
        outcome = (Status.FAILURE,) if number == 2 else ()
        attempted(
            run, TaskKey(10 * number + 1, DEEP, 0), *outcome, **({"problem": problem(HOSTILE)} if outcome else {})
        )
    end(run)


def test_failures_come_first_with_the_command_that_resumes_the_run(path, nested):
    async def story(viewer):
        await viewer.sees("sequent recover nested --plan")
        assert re.search("keep all successes: sequent recover nested$", viewer.text(), re.MULTILINE)
        assert viewer.rows()[0][:2] == ["✗ failure", "grid.inner.deep/1.2.1"]
        assert viewer.rows()[0][3] == "ValueError: [bold]x[/] \\x1b]0;owned\\x07\\u202e[/"
        assert viewer.screen.focused.id == "failures"
        steps = dict(viewer.rows("steps"))
        assert steps["grid.inner.deep"] == "✓ 2 success  ✗ 1 failure"
        assert steps["a"].startswith(
            "was cancelled because grid.inner.deep/1.2.1 failed (ValueError: [bold]x[/] \\x1b]0;"
        )

    one_run(path, story)


def test_failures_with_the_same_error_are_one_row(path, store):
    run = create(store, "many")
    for number in range(1, 6):
        attempted(run, each(number), Status.FAILURE, problem=problem(f"item {number}"))
    end(run)

    async def story(viewer):
        await viewer.until(lambda: viewer.rows("failures"))
        assert viewer.rows("failures") == [["✗ failure", "many", "5 tasks", "ValueError: item 1"]]
        assert viewer.screen.query_one("#failures").border_title == "5 failures"

    one_run(path, story)


def test_active_tasks_are_shown_with_their_start_and_waits_with_their_reason(path, store):
    run = create(store, "going")
    attempted(run, TASK_A, Status.ACTIVE, at=run.record.created)
    attempted(run, each(1), Status.FAILURE, problem=problem())
    run.commit(Batch(waits=[Wait(each(1), 2, "", 0.0, run.record.created + 9000, None)]))

    async def story(viewer):
        await viewer.until(lambda: len(viewer.rows("present")) == 2)
        active, wait = viewer.rows("present")
        assert active[:2] == ["▶ active", "a/1"]
        assert re.fullmatch(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, for .*", active[3])
        assert wait[:3] == ["↻ retry", "many/1.1", "attempt 2"]
        assert wait[3].startswith("until 2")
        assert not viewer.screen.query_one("#failures").display
        assert "driven by process" in viewer.text()

    one_run(path, story)


def test_the_screen_follows_the_run_and_the_cursor_stays(path, store):
    run = create(store, "going")

    async def story(viewer):
        await viewer.types("down", "down")
        chosen = viewer.screen.query_one("#steps").chosen
        attempted(run, TASK_A, Status.FAILURE, problem=problem())
        end(run)
        await viewer.looks_again()
        await viewer.sees("✗ failure", "ValueError: bad", "sequent recover going")
        assert viewer.screen.query_one("#steps").chosen == chosen

    one_run(path, story)


def test_a_run_that_has_not_changed_is_not_read_again(path, nested, store, monkeypatch):
    made = []
    asked = type(store).interventions
    monkeypatch.setattr(type(store), "interventions", lambda *given: made.append(1) or asked(*given))

    async def story(viewer):
        await viewer.sees("sequent recover")
        count = len(made)
        assert count > 0
        for _ in range(3):
            await viewer.looks_again()
        assert len(made) == count

    one_run(path, story)


def test_a_run_that_is_removed_is_told_and_the_list_is_one_key_away(path, nested, store):
    async def story(viewer):
        store._session.connection.execute("UPDATE run SET id = 'other'")
        await viewer.looks_again()
        await viewer.sees("no run")
        await viewer.types("escape")
        await viewer.opens("RunListScreen")

    one_run(path, story)


def test_a_screen_without_a_store_tells_it_and_goes_on_when_it_is_back(path, nested):
    async def story(viewer):
        path.rename(path.with_suffix(".away"))
        await viewer.types("r")
        await viewer.until(lambda: viewer.screen.query_one("#notice").display)
        path.with_suffix(".away").rename(path)
        await viewer.looks_again()
        await viewer.until(lambda: not viewer.screen.query_one("#notice").display)

    one_run(path, story)


def test_the_tasks_of_a_step_are_chosen_by_iterations_and_status(path, nested):
    task = 1

    async def story(viewer):
        await viewer.types("t")
        await viewer.opens("TaskListScreen")
        await viewer.sees_rows([f"grid.inner.deep/1.{number}.1" for number in (1, 2, 3)], task)
        assert [row[0] for row in viewer.rows()] == ["✓ success", "✗ failure", "✓ success"]
        await viewer.types("slash", *"1.3.*", "enter")
        await viewer.sees_rows(["grid.inner.deep/1.3.1"], task)
        await viewer.types("s", *["down"] * [*Status].index(Status.FAILURE), "down", "enter")
        await viewer.sees("no such task has begun")
        await viewer.types("slash", *["backspace"] * 5, "x", "enter")
        await viewer.sees("'x' has no numbers of iterations; write them as 1.2.*")
        await viewer.types("backspace", "enter")
        await viewer.sees_rows(["grid.inner.deep/1.2.1"], task)
        await viewer.types("enter")
        await viewer.opens("LogScreen")
        await viewer.sees("grid.inner.deep/1.2.1")
        await viewer.types("escape", "escape", "escape")
        await viewer.opens("RunListScreen")

    one_run(path, story)


def test_many_tasks_are_shown_by_pages(path, store, monkeypatch):
    monkeypatch.setattr(task_list_screen, "_TASKS", 3)
    run = create(store, "many")
    for number in range(1, 6):
        attempted(run, each(number), Status.FAILURE, problem=problem())
    end(run)

    async def story(viewer):
        await viewer.types("t")
        await viewer.opens("TaskListScreen")
        await viewer.sees_rows([f"many/1.{number}" for number in (1, 2, 3)], 1)
        await viewer.sees("there are further tasks: press n")
        await viewer.types("n")
        await viewer.sees_rows(["many/1.4", "many/1.5"], 1)
        await viewer.types("p")
        await viewer.sees_rows([f"many/1.{number}" for number in (1, 2, 3)], 1)

    one_run(path, story)


def test_an_active_task_of_a_run_that_no_process_drives_was_interrupted(path, store):
    run = create(store, "lost")
    attempted(run, TASK_A, Status.ACTIVE)
    run.close()

    async def story(viewer):
        await viewer.types("t")
        await viewer.opens("TaskListScreen")
        await viewer.sees_rows(["! interrupted"], 0)

    one_run(path, story)


@pytest.mark.parametrize("is_driven", [True, False])
def test_only_a_run_that_is_driven_has_ready_tasks(path, store, is_driven):
    run = create(store, "some")
    run.commit(Batch(unrun={"a": {Status.READY: 3}}))
    if not is_driven:
        run.close()

    async def story(viewer):
        await viewer.until(lambda: viewer.rows("steps"))
        assert ("3 ready" in dict(viewer.rows("steps"))["a"]) is is_driven

    one_run(path, story)


def test_of_many_active_tasks_the_first_are_shown(path, store, monkeypatch):
    monkeypatch.setattr(run_content, "_ACTIVE", 3)
    run = create(store, "going")
    for task in (TASK_A, each(1), each(2), each(3)):
        attempted(run, task, Status.ACTIVE, at=run.record.created)

    async def story(viewer):
        await viewer.sees_rows(["a/1", "many/1.1", "many/1.2"], 1, "present")

    one_run(path, story)


def test_the_screen_reads_as_much_for_many_tasks_as_for_few(path, store):
    sizes = {}
    for name, count in (("few", 60), ("many", 1_500)):
        run = create(store, name)
        tasks = [each(number) for number in range(1, count + 1)]
        run.commit(Batch(intents=[intent(task) for task in tasks]))
        run.commit(Batch(endings=[Ending(task, 1, Status.FAILURE, 11.0, problem=problem()) for task in tasks[::2]]))

        async def story(viewer, name=name):
            await viewer.until(lambda: viewer.rows("present"))
            sizes[name] = len(viewer.rows())

        one_run(path, story)
    assert sizes["many"] < sizes["few"] + 50


def test_the_expected_end_moves_without_news_of_the_run(path, store):
    past_and_going(store)

    async def story(viewer):
        await viewer.sees("expected end: 2", "from 1 earlier run)")
        shown = viewer.screen.content
        kept = viewer.app.source.digests._kept[store.find("going").number]
        kept.digest = replace(kept.digest, at=kept.digest.at - 60, cost=0.0)
        await viewer.looks_again()
        assert viewer.screen.content is not shown

    one_run(path, story)


def test_the_result_of_a_run_is_told(tmp_path):
    sequent = CommandLine(tmp_path)
    (sequent.directory / "adds.py").write_text(
        "from sequent import container, step\n"
        "@container\n"
        "class adds:\n"
        "    @step\n"
        "    def first(self): return [{'airport': 'BRU', 'flights': 3}, {'airport': 'ZRH', 'flights': 4}]\n"
        "    result = first\n"
    )
    sequent("run", "adds.py:adds", "--run-id", "r1")

    async def story(viewer):
        await viewer.sees("result: 2 rows of airport, flights")

    one_run(sequent.store, story)


def test_steps_that_have_not_begun_say_why(tmp_path):
    sequent = CommandLine(tmp_path)
    (sequent.directory / "why.py").write_text(
        "from sequent import container, step\n"
        "@container\n"
        "class flow:\n"
        "    @step\n"
        "    def first(self): raise ValueError('bad')\n"
        "    @step(requires=first)\n"
        "    def second(self): ...\n"
    )
    sequent("run", "why.py:flow", "--run-id", "r1")

    async def story(viewer):
        await viewer.until(lambda: viewer.rows("steps"))
        assert dict(viewer.rows("steps"))["second"] == "- 1 skipped  was skipped because first/1 failed"

    one_run(sequent.store, story)
