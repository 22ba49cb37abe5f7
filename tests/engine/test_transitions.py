"""Which status may follow which: each pair of the table happens, and nothing else may."""

from pathlib import Path

import pytest

from sequent.engine import validation
from sequent.engine.transitions import TRANSITIONS, table
from sequent.model.durations import Backoff
from sequent.model.status import Status
from tests.engine.playing import play_of
from tests.small_flows import HOUR, failed, flow, on, step

WORDS = Path(__file__).parents[2] / "docs/reference/words.md"
PAIRS = [(before, after) for before, followers in TRANSITIONS.items() for after in followers]


def become_ready():
    play_of(flow(step("a")))


def be_skipped():
    play_of(flow(step("a"), step("b", failed("a")))).succeed("a")


def be_cancelled_while_waiting():
    play_of(flow(step("a"), step("b", on("a")), step("c"), step("d", on("c")))).fail("a")


def be_kept():
    play = play_of(flow(step("a"), step("b", on("a"))))
    play.succeed("a")
    play.recover()


def have_failed_before_the_run_is_continued():
    play = play_of(flow(step("a"), step("b", delay=HOUR), stop=False))
    play.fail("a")
    play.pause()
    play.resume()


def get_a_worker():
    play_of(flow(step("a"), step("b")), slots=1).succeed("a")


def be_passed_over_once_ready():
    play = play_of(flow(step("a"), step("b", on("a"))))
    play.recover(skip=("b",)).succeed("a")


def wait_for_a_further_attempt_in_what_stops():
    play = play_of(flow(step("a", retries=1, backoff=Backoff(first=60.0)), step("b")))
    play.fail("a")
    play.fail("b")


def be_cancelled_while_ready():
    play = play_of(flow(step("a"), step("b")), slots=1)
    play.fail("a")


def succeed():
    play_of(flow(step("a"))).succeed("a")


def fail():
    play_of(flow(step("a"))).fail("a")


def be_tried_again():
    play_of(flow(step("a", retries=1))).fail("a")


def be_lost_in_what_has_stopped():
    play = play_of(flow(step("a"), step("b")))
    play.fail("a")
    play.lose("b")


HAPPENINGS = {
    (Status.WAITING, Status.READY): become_ready,
    (Status.WAITING, Status.SKIPPED): be_skipped,
    (Status.WAITING, Status.CANCELLED): be_cancelled_while_waiting,
    (Status.WAITING, Status.SUCCESS): be_kept,
    (Status.WAITING, Status.FAILURE): have_failed_before_the_run_is_continued,
    (Status.READY, Status.ACTIVE): get_a_worker,
    (Status.READY, Status.SUCCESS): be_passed_over_once_ready,
    (Status.READY, Status.FAILURE): wait_for_a_further_attempt_in_what_stops,
    (Status.READY, Status.CANCELLED): be_cancelled_while_ready,
    (Status.ACTIVE, Status.SUCCESS): succeed,
    (Status.ACTIVE, Status.FAILURE): fail,
    (Status.ACTIVE, Status.READY): be_tried_again,
    (Status.ACTIVE, Status.CANCELLED): be_lost_in_what_has_stopped,
}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_each_transition_of_the_table_happens_and_is_checked(monkeypatch, before, after):
    happen = HAPPENINGS[before, after]
    happen()
    rest = {status: text for status, text in TRANSITIONS[before].items() if status is not after}
    monkeypatch.setattr(validation, "TRANSITIONS", {**TRANSITIONS, before: rest})
    with pytest.raises(AssertionError, match=f"was {before} and became {after}"):
        happen()


def test_nothing_follows_what_has_settled():
    assert {status for status, followers in TRANSITIONS.items() if not followers} == {
        status for status in Status if status.is_settled
    }


def test_each_status_has_its_row():
    assert set(TRANSITIONS) == set(Status)


def test_the_reference_shows_the_table():
    assert table() in WORDS.read_text("utf-8")
