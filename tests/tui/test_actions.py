"""Why a part of a run waits, and the actions of people, which show their effect and go the way of the commands."""

from __future__ import annotations

import pytest

from sequent.model.interventions import InterventionKind
from sequent.model.status import RunStatus, Status
from sequent.runtime import intervention_requests
from sequent.runtime.rows import Batch, Wait
from sequent.tui import why_screen
from tests.acceptance.command_line import CommandLine
from tests.contracts.plans import TASK_A, attempted, create
from tests.tui.test_one_run import end, one_run, problem


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def run(store, monkeypatch):
    """A run that this process drives and that answers nothing."""
    monkeypatch.setattr(intervention_requests, "LOOKS", 1)
    return create(store, "r1")


def asked(store):
    requests = (each.request for each in store.interventions(store.find("r1")))
    return [(each.kind.value, each.place, each.outcome, each.result, each.why) for each in requests]


async def chooses(viewer, kind):
    """Choose an action."""
    await viewer.types("a")
    await viewer.opens("ChoiceScreen")
    words = [*viewer.screen._choices]
    await viewer.types(*["down"] * words.index(kind), "enter")
    await viewer.opens("ActionScreen")


async def fills(viewer, **values):
    """Fill in the form."""
    for name, value in values.items():
        viewer.screen.query_one(f"#{name}").value = value
    await viewer.pilot.pause()


async def does(viewer):
    """Press the button."""
    viewer.screen.query_one("#act").press()
    await viewer.until(lambda: str(viewer.screen.query_one("#told").content) or problem_of(viewer))


def signs_of(viewer):
    """The choices as they are without colours."""
    return [str(button.render()).strip() for button in viewer.screen.query("RadioButton")]


def problem_of(viewer):
    return str(viewer.screen.query_one("#problem").content)


def test_a_look_at_an_action_does_nothing_and_tells_what_will_follow(path, run, store):
    attempted(run, TASK_A, Status.ACTIVE)

    async def story(viewer):
        await chooses(viewer, "stop")
        await viewer.sees("Effect: it stops once running steps have finished. 1 task of the run is active now.")
        await viewer.types("escape")
        await viewer.opens("OneRunScreen")

    one_run(path, story)
    assert asked(store) == []


def test_each_action_reaches_the_run_with_its_reason_and_is_told(path, run, store):
    async def story(viewer):
        for kind, values, effect in (
            ("stop", {"why": "maintenance"}, "it stops once running steps have finished"),
            ("hold", {"place": "grid", "why": "[b]"}, "nothing more starts in grid"),
            ("release", {}, "grid goes on"),
            ("mark", {"place": "a", "result": "[1]"}, "a counts as a success"),
            ("kill", {}, "its running steps are ended"),
        ):
            await chooses(viewer, kind)
            await fills(viewer, **values)
            await viewer.sees(f"Effect: {effect}.")
            await does(viewer)
            await viewer.sees("asked process" if kind != "mark" else "once its iteration begins")
            await viewer.types("enter")
            await viewer.opens("OneRunScreen")
        await viewer.sees("stop  by", ": maintenance  (not taken yet)", "hold grid  by", ": [b]")

    one_run(path, story)
    assert asked(store) == [
        ("stop", "", "", "", "maintenance"),
        ("hold", "grid", "", "", "[b]"),
        ("release", "grid", "", "", ""),
        ("mark", "a", "success", "[1]", ""),
        ("kill", "", "", "", ""),
    ]


def test_a_failed_task_is_marked_from_its_row(path, run, store):
    attempted(run, TASK_A, Status.FAILURE, problem=problem())
    run.close()

    async def story(viewer):
        await viewer.until(lambda: viewer.rows("failures"))
        await chooses(viewer, "mark")
        assert viewer.screen.query_one("#place").value == "a/1"
        assert signs_of(viewer) == ["▐◉▌ success", "▐○▌ failure"]
        viewer.screen.query("RadioButton").last().toggle()
        await viewer.sees("Effect: a/1 counts as a failure.")
        assert signs_of(viewer) == ["▐○▌ success", "▐◉▌ failure"]
        await fills(viewer, why="gone")
        await does(viewer)

    one_run(path, story)
    assert asked(store) == [("mark", "a/1", "failure", "", "gone")]


def test_on_a_narrow_terminal_the_choices_are_whole(path, run):
    async def story(viewer):
        await chooses(viewer, "mark")
        buttons = list(viewer.screen.query("RadioButton"))
        assert len(buttons) == 2
        for button in buttons:
            assert button.size.width >= len(str(button.render()))
            assert viewer.screen.query_one("#outcome").region.contains_region(button.region)

    one_run(path, story, size=(40, 24))


def test_a_button_that_is_pressed_twice_asks_once(path, run, store):
    async def story(viewer):
        await chooses(viewer, "stop")
        for _ in range(2):
            viewer.screen.query_one("#act").press()
        await viewer.sees("asked process")
        await viewer.pilot.pause()

    one_run(path, story)
    assert len(asked(store)) == 1


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        ("hold", {"place": ""}, "no part of the run is named"),
        ("hold", {"place": "nowhere"}, "no step or container"),
        ("mark", {"place": "a", "result": "{"}, "is not JSON"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_asked_for(path, run, store, kind, values, told):
    async def story(viewer):
        await chooses(viewer, kind)
        await fills(viewer, **values)
        await does(viewer)
        assert told in problem_of(viewer)
        assert not viewer.screen.query_one("#act").disabled

    one_run(path, story)
    assert asked(store) == []


def test_the_actions_are_those_that_the_run_can_be_asked_for(path, run, store):
    async def offered(viewer):
        await viewer.types("a")
        await viewer.opens("ChoiceScreen")
        kinds.append([*viewer.screen._choices])

    kinds = []
    one_run(path, offered)
    run.close()
    one_run(path, offered)
    assert kinds == [["stop", "kill", "hold", "mark"], ["hold", "mark"]]

    async def nothing(viewer):
        await viewer.types("a")
        await viewer.sees("there is nothing to do: the run has succeeded")
        await viewer.looks_again()
        await viewer.sees("there is nothing to do: the run has succeeded")

    end(create(store, "r2"), RunStatus.SUCCESS)
    one_run(path, nothing)


QUESTION = """
from sequent import approve, container, step
@container
class ships:
    ship = approve("Ship [b]it?")
    @step(requires=ship)
    def go(self): ...
"""


@pytest.fixture
def asking(tmp_path):
    """The store of a run that waits for an answer."""
    sequent = CommandLine(tmp_path)
    (sequent.directory / "ships.py").write_text(QUESTION)
    sequent("run", "ships.py:ships", "--run-id", "r1", "--max-loops", "1")
    return sequent


def test_a_question_is_shown_and_answered(asking):
    async def story(viewer):
        await viewer.sees("tasks: ? 1 asked")
        await viewer.until(lambda: viewer.rows("present"))
        assert viewer.rows("present") == [["? asked", "ship/1", "", "waits for an answer to 'Ship [b]it?'"]]
        await chooses(viewer, InterventionKind.APPROVE.value)
        await viewer.sees("Ship [b]it?", "Effect: ship/1 is approved.")
        viewer.screen.query("RadioButton").last().toggle()
        await viewer.sees("Effect: ship/1 is rejected.")
        await fills(viewer, why="not today")
        await does(viewer)
        await viewer.sees("ship/1 is rejected, once the run is resumed")

    one_run(asking.store, story)
    assert "not today" in asking("show", "r1").stdout


def test_why_says_what_the_command_says(asking):
    async def story(viewer):
        await viewer.until(lambda: viewer.rows("steps"))
        viewer.screen.query_one("#steps").focus()
        await viewer.types("down", "w")
        await viewer.opens("WhyScreen")
        await viewer.until(lambda: str(viewer.screen.query_one("#why").content))
        shown.append(str(viewer.screen.query_one("#why").content))

    shown = []
    one_run(asking.store, story)
    # The command tells commands to type next, too; the screen has actions.
    told, _, following = asking("why", "r1", "go").stdout.partition("\n\nnext: ")
    assert shown[0].splitlines() == told.splitlines()
    assert following
    assert "ship/1 is not answered" in shown[0]


def test_why_is_told_anew_while_a_part_waits_and_once_it_has_ended_only_with_news(path, run, monkeypatch):
    run.commit(Batch(waits=[Wait(TASK_A, 0, "", 0.0, run.record.created + 9000, None)]))
    told, explained = [], why_screen.explained
    monkeypatch.setattr(why_screen, "explained", lambda *given: told.append(given[2]) or explained(*given))

    async def story(viewer):
        await viewer.until(lambda: viewer.rows("steps"))
        viewer.screen.query_one("#steps").focus()
        await viewer.types("w")
        await viewer.opens("WhyScreen")
        before = len(told)
        await viewer.looks_again()
        assert len(told) == before + 1
        attempted(run, TASK_A)
        await viewer.looks_again()
        await viewer.looks_again()
        assert len(told) == before + 2

    one_run(path, story)


def test_of_a_part_that_repeats_the_iteration_is_asked_for(path, run, store):
    attempted(run, TASK_A)
    end(run)

    async def story(viewer):
        await viewer.until(lambda: viewer.rows("steps"))
        steps = [step for step, _ in viewer.rows("steps")]
        await viewer.types(*["down"] * steps.index("grid.cell"), "w")
        await viewer.opens("WhyScreen")
        await viewer.sees("grid.cell")

    one_run(path, story)
