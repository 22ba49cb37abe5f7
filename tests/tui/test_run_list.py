"""The screen of all runs."""

from __future__ import annotations

import re
import threading

import pytest

from sequent.dashboard.run_query import PAGE
from sequent.model.run_target import Target
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, RunEnd
from sequent.tui.run_list_screen import RunListScreen
from tests.contracts.plans import create, plan
from tests.patience import PATIENCE
from tests.tui.viewer import look_at

HOSTILE = "[bold]x[/] \x1b]0;owned\x07\u202e[/"
FLOW, RUN = 1, 2
"""Columns."""


def ended(store, run_id, status, flow="small"):
    run = create(store, run_id, flow)
    run.commit(Batch(end=RunEnd(status, {}, "", {})))
    run.close()


@pytest.fixture
def path(store, tmp_path):
    ended(store, "good", RunStatus.SUCCESS)
    ended(store, "bad", RunStatus.FAILURE, "nightly")
    create(store, "lost", "nightly").close()
    return tmp_path / "store.db"


def test_an_empty_store_says_how_to_start(store, tmp_path):
    async def story(viewer):
        await viewer.sees("no runs yet; start one: sequent run TARGET")

    look_at(tmp_path / "store.db", story)


def test_the_latest_run_comes_first_and_each_status_is_a_glyph_and_a_word(path):
    async def story(viewer):
        await viewer.sees_rows(["lost", "bad", "good"], RUN)
        assert [row[0] for row in viewer.rows()] == ["! interrupted", "✗ failure", "✓ success"]

    look_at(path, story)


def test_runs_are_chosen_by_status_by_flow_and_by_a_search(path):
    async def story(viewer):
        await viewer.types("s", *["down"] * [*RunStatus].index(RunStatus.FAILURE), "down", "enter")
        await viewer.sees_rows(["bad"], RUN)
        await viewer.sees("status ✗ failure")
        await viewer.types("f", "down", "down", "enter")
        await viewer.sees("flow small", "no run fits")
        await viewer.types("c")
        await viewer.sees_rows(["lost", "bad", "good"], RUN)
        await viewer.types("slash", *"GOO", "enter")
        await viewer.sees_rows(["good"], RUN)
        await viewer.types("slash", "escape", "escape")
        await viewer.sees_rows(["good"], RUN)

    look_at(path, story)


def test_pages_follow_each_other_and_lead_back(store, tmp_path):
    names = [f"run{number:03}" for number in range(PAGE + 2)]
    for name in names:
        ended(store, name, RunStatus.SUCCESS)

    async def story(viewer):
        await viewer.sees_rows(names[:1:-1], RUN)
        await viewer.types("n")
        await viewer.sees_rows(["run001", "run000"], RUN)
        await viewer.types("p")
        await viewer.sees_rows(names[:1:-1], RUN)

    look_at(tmp_path / "store.db", story)


def test_a_new_run_appears_and_the_cursor_stays_on_its_run(path, store):
    async def story(viewer):
        await viewer.types("down")
        ended(store, "new", RunStatus.SUCCESS)
        await viewer.looks_again()
        await viewer.sees_rows(["new", "lost", "bad", "good"], RUN)
        assert viewer.screen.query_one("#runs").chosen == "bad"

    look_at(path, story)


def test_runs_that_have_not_changed_are_not_read_again(path, store, monkeypatch):
    made = []
    outcomes = type(store).outcomes
    monkeypatch.setattr(type(store), "outcomes", lambda *given: made.append(1) or outcomes(*given))

    async def story(viewer):
        await viewer.sees_rows(["lost", "bad", "good"], RUN)
        for _ in range(3):
            await viewer.looks_again()
        assert len(made) == 1
        ended(store, "new", RunStatus.SUCCESS)
        await viewer.looks_again()
        await viewer.sees_rows(["new", "lost", "bad", "good"], RUN)
        assert len(made) == 2

    look_at(path, story)


def test_a_run_is_shown_as_it_is_now(store, tmp_path):
    run = create(store, "going")

    async def story(viewer):
        await viewer.sees_rows(["▶ running"], 0)
        run.commit(Batch(end=RunEnd(RunStatus.STOPPED, {Status.SUCCESS: 2}, "", {})))
        run.close()
        await viewer.looks_again()
        await viewer.sees_rows(["■ stopped"], 0)
        await viewer.sees("✓ 2 success")
        again = store.take("going")
        await viewer.looks_again()
        await viewer.sees_rows(["▶ running"], 0)
        again.close()
        await viewer.looks_again()
        await viewer.sees_rows(["! interrupted"], 0)

    look_at(tmp_path / "store.db", story)


def test_runs_that_were_read_for_an_earlier_choice_are_not_shown(path, monkeypatch):
    began, goes_on = threading.Event(), threading.Event()
    read, shown = RunListScreen.read, list[list[str]]()

    def read_later(screen, store, seen):
        found = read(screen, store, seen)
        began.set()
        goes_on.wait(PATIENCE)
        return found

    def show(screen, content):
        shown.append([record.id for record in content.page.runs])
        before(screen, content)

    before = RunListScreen.show
    monkeypatch.setattr(RunListScreen, "read", read_later)
    monkeypatch.setattr(RunListScreen, "show", show)

    async def story(viewer):
        await viewer.until(began.is_set)
        viewer.screen._want(status=RunStatus.FAILURE)
        goes_on.set()
        await viewer.sees_rows(["bad"], RUN)
        assert ["lost", "bad", "good"] not in shown

    look_at(path, story)


def test_hostile_names_are_text(store, tmp_path):
    store.create(Target(flow=HOSTILE, file="/x.py"), plan(), "r1", {}).close()

    async def story(viewer):
        await viewer.sees_rows(["r1"], RUN)
        assert viewer.rows()[0][FLOW] == "[bold]x[/] \\x1b]0;owned\\x07\\u202e[/"
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", viewer.text())
        await viewer.types("f", "down", "enter")
        await viewer.sees("flow [bold]x[/] \\x1b]0;owned\\x07")
        await viewer.types("slash", *["left_square_bracket", "slash", "enter"])
        await viewer.sees("search '[/'")
        await viewer.types("enter")
        await viewer.opens("OneRunScreen")
        await viewer.sees("[bold]x[/] \\x1b]0;owned\\x07")

    look_at(tmp_path / "store.db", story)


def test_a_run_that_cannot_be_read_is_listed_as_damaged_and_its_screen_says_why(path, store):
    store._session.connection.execute("UPDATE run SET counts = '?' WHERE id = 'bad'")

    async def story(viewer):
        await viewer.sees_rows(["lost", "bad", "good"], RUN)
        assert viewer.rows()[1][0] == "✗ damaged"
        await viewer.types("down", "enter")
        await viewer.opens("OneRunScreen")
        await viewer.sees("damaged")
        await viewer.types("escape")
        await viewer.opens("RunListScreen")

    look_at(path, story)


def test_keys_are_listed_and_q_quits(path):
    async def story(viewer):
        await viewer.types("question_mark")
        await viewer.until(lambda: viewer.screen.query("HelpPanel"))
        await viewer.types("question_mark")
        await viewer.until(lambda: not viewer.screen.query("HelpPanel"))
        await viewer.types("q")
        await viewer.until(lambda: not viewer.app.is_running)

    look_at(path, story)
