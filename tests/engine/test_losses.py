"""Attempts that are lost, and run again."""

import pytest

from sequent import Sequent
from tests.engine.playing import world

# -- losses ----------------------------------------------------------------------------------------


def test_what_was_lost_is_tried_again_and_the_third_loss_in_a_row_is_a_failure():
    flow = Sequent()
    a = flow.add_step("a")
    flow.add_step("fix", requires=a.failed)
    play = world(flow)
    play.lose("a")
    play.lose("a")
    assert play.attempts == {"a": 3}
    play.lose("a")
    assert play.statuses == {"a": "failure"}
    play.succeed("fix")
    assert play.outcome == "success"


def test_a_recovery_counts_losses_anew():
    flow = Sequent()
    flow.add_step("a")
    play = world(flow)
    play.lose("a")
    play.lose("a")
    again = play.recover()
    again.lose("a")
    again.lose("a")
    assert again.attempts == {"a": 6}
    again.succeed("a")
    assert again.outcome == "success"


def test_losses_are_counted_for_each_task_by_itself():
    flow = Sequent()
    flow.add_step("load", repeats=[1, 2], parallel=2)
    play = world(flow)
    for name in ("load/1.1", "load/1.2") * 2:
        play.lose(name)
    assert play.attempts == {"load/1.1": 3, "load/1.2": 3}
    play.lose("load/1.1")
    assert play.statuses == {"load/1.1": "failure"}


def test_what_is_lost_waits_its_turn_again():
    flow = Sequent()
    for name in "abc":
        flow.add_step(name)
    play = world(flow, slots=1)
    play.lose("a")
    assert play.running == ["b"]
    play.succeed("b", "c", "a")
    assert play.outcome == "success"


@pytest.mark.parametrize("handles", [True, False])
def test_what_is_lost_in_what_has_stopped_starts_again_only_if_it_watches(handles):
    flow = Sequent()
    flow.add_step("bad")
    a = flow.add_step("a")
    flow.add_step("b", requires=a, handles=handles)
    play = world(flow)
    play.succeed("a")
    play.fail("bad")
    play.lose("b")
    assert play.attempts["b"] == (1 if handles else 2)
    assert play.statuses.get("b") == ("cancelled" if handles else None)


def test_what_was_lost_in_what_has_stopped_runs_in_the_recovery():
    flow = Sequent()
    flow.add_step("bad")
    flow.add_step("a")
    play = world(flow)
    play.fail("bad")
    play.lose("a")
    again = play.recover()
    again.succeed("bad", "a")
    assert again.outcome == "success"
