"""What is told of a scheduler's state to people who watch."""

from sequent.model.spec import PoolSpec
from tests.engine.playing import play_of
from tests.small_flows import flow, items, step

DB = PoolSpec("db", 1)
SHARED = PoolSpec("licence", 1, is_shared=True)


def named(play):
    """How many wait, by the name of the step."""
    return {play.plan.nodes[node].path[-1]: number for node, number in play.scheduler.queued.items()}


def test_those_who_wait_for_resources_are_counted_until_their_turn():
    spec = flow(*(step(name, acquires=(("db", 1),)) for name in "abc"), pools=(DB,))
    play = play_of(spec)
    assert named(play) == {"b": 1, "c": 1}
    play.succeed("a")
    assert named(play) == {"c": 1}
    play.succeed("b")
    assert named(play) == {}


def test_iterations_of_one_step_are_counted_together():
    spec = flow(step("a", repeats=items(5), parallel=0, acquires=(("db", 1),)), pools=(DB,))
    play = play_of(spec)
    assert named(play) == {"a": 4}


def test_those_who_wait_for_other_runs_are_counted_as_well():
    spec = flow(step("a", acquires=(("licence", 1),)), pools=(SHARED,))
    play = play_of(spec)
    assert named(play) == {"a": 1}
    play.get_grant("a")
    assert named(play) == {}


def test_a_step_that_is_to_be_tried_again_has_not_settled():
    play = play_of(flow(step("a", retries=1)))
    node = play.plan.nodes[1].index
    play.fail("a")
    assert not play.scheduler.has_settled(1, node)
    play.fail("a")
    assert play.scheduler.has_settled(1, node)
