"""Requirements on what something returned: branches that are taken or skipped as soon as it is known."""

from attrs import evolve

from sequent.model.requirements import Atom
from sequent.model.status import Claim, Status
from tests.engine.playing import Play, play_of
from tests.small_flows import block, flow, outer, step


def returned(path: str, *texts: str) -> Atom:
    return Atom(tuple(path.split(".")), Claim.RETURNED, values=texts)


def branches() -> Play:
    return play_of(
        flow(step("a"), step("full", returned("a", '"full"')), step("part", returned("a", '"part"', '"half"')))
    )


def give(play: Play, name: str, text: str) -> None:
    """A step succeeds with that result: the answers are those of its plan's questions that it is among."""
    node = next(node for node in play.plan.nodes if ".".join(node.path) == name.partition("/")[0])
    answers = tuple(n for n, texts in enumerate(node.asked) if text in texts)
    play.end((name.partition("/")[0], (1,) if "/" not in name else (1, 1)), Status.SUCCESS, answers=answers)


def test_the_branch_of_the_value_that_was_returned_starts_and_the_others_are_skipped():
    play = branches()
    give(play, "a", '"half"')
    assert (play.running, play.statuses["full"]) == (["part"], "skipped")


def test_a_failure_returns_nothing():
    play = branches()
    play.fail("a")
    assert play.statuses == {"a": "failure", "full": "skipped", "part": "skipped"}


def test_what_a_container_returned_is_what_its_result_step_returned():
    play = play_of(
        flow(block("c", step("a"), result="a"), step("yes", returned("c", "true")), step("no", returned("c", "false")))
    )
    give(play, "c.a/1.1", "true")
    assert (play.running, play.statuses["no"]) == (["yes"], "skipped")


def test_things_further_out_are_asked_too():
    inner = block("c", step("x", evolve(outer("a"), claim=Claim.RETURNED, values=("1",))))
    play = play_of(flow(step("a"), inner))
    give(play, "a", "1")
    assert play.running == ["c.x/1.1"]


def test_what_a_kept_step_had_returned_is_known_in_a_recovery():
    play = branches()
    give(play, "a", '"full"')
    again = play.recover()
    assert (again.running, again.statuses["part"]) == (["full"], "skipped")
