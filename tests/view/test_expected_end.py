"""The expected end of a run that goes on: what is left, as long as in earlier runs."""

from __future__ import annotations

import pytest

from sequent.model.status import RunStatus, Status
from sequent.runtime.records import Owner, Pending
from sequent.view import expected_end as view_expected_end
from sequent.view.attempts import by_step
from sequent.view.earlier_runs import RunWithAttempts
from sequent.view.expected_end import expected_end
from tests.view.ran import ACTIVE, FAILED, FLOW, LOST, a_run, a_step, after, ran

OWNER = Owner(pid=7, started=1.0, host="h", boot="b", user="ada", since=1000.0)
STARTED = 1000.0
# load 0 to 10; each.one 12 to 20, 15 to 25; each.two after each of them; last 40 to 50; the run ends at 52.
PAST = [
    ran("load", 0, 10),
    ran("each.one/1.1", 12, 20),
    ran("each.one/1.2", 15, 25),
    ran("each.two/1.1", 20, 22),
    ran("each.two/1.2", 26, 36),
    ran("last", 40, 50),
]
CHAIN = {"": FLOW[""], "load": a_step(), "last": a_step(requires=after("load"))}


def earlier(attempts=PAST, ended=52.0, *, is_whole=True, **changes):
    return RunWithAttempts(a_run(created=0.0, ended=ended, **changes), attempts, is_whole=is_whole)


def end_of(attempts, now, *pasts, waits=(), **changes):
    record = a_run(**{"status": RunStatus.RUNNING, "created": STARTED, "ended": None, "owner": OWNER, **changes})
    own = None if attempts is None else by_step(attempts, record.outline)
    return expected_end(record, own, waits, pasts or [earlier()], now)


def later(*attempts):
    """The same attempts, in the run that began at 1000."""
    return [
        ran(f"{path}/{sequence}", STARTED + start, None if end is None else STARTED + end, status)
        for (path, sequence), start, end, status in attempts
    ]


def test_a_run_that_has_begun_nothing_takes_as_long_as_the_earlier_one():
    end = end_of([], STARTED)
    assert (end.low, end.median, end.high, end.runs) == (STARTED + 52, STARTED + 52, STARTED + 52, 1)


def test_a_task_that_ended_later_shifts_what_waits_for_it():
    slow = later((("load", "1"), 0, 17, Status.SUCCESS))
    assert end_of(slow, STARTED + 17).median == pytest.approx(STARTED + 59)


def test_a_quick_task_off_the_critical_path_shifts_nothing():
    own = later(
        (("load", "1"), 0, 10, Status.SUCCESS),
        (("each.one", "1.1"), 12, 13, Status.SUCCESS),
        (("each.one", "1.2"), 15, None, ACTIVE),
    )
    assert end_of(own, STARTED + 16).median == pytest.approx(STARTED + 52)


def test_an_active_task_takes_at_least_as_long_as_it_has_already():
    own = later((("load", "1"), 0, None, ACTIVE))
    assert end_of(own, STARTED + 4).median == pytest.approx(STARTED + 52)
    assert end_of(own, STARTED + 30).median == pytest.approx(STARTED + 72)


def test_earlier_runs_in_which_an_active_task_has_ended_by_now_tell_nothing_of_it():
    quick, slow = [ran("load", 0, 10), ran("last", 10, 11)], [ran("load", 0, 60), ran("last", 60, 61)]
    pasts = [earlier(quick, 11.0, description=CHAIN), earlier(quick, 11.0, description=CHAIN)]
    pasts.append(earlier(slow, 61.0, description=CHAIN))
    own = later((("load", "1"), 0, None, ACTIVE))
    assert end_of(own, STARTED + 5, *pasts, description=CHAIN).median == pytest.approx(STARTED + 11)
    overdue = end_of(own, STARTED + 30, *pasts, description=CHAIN)
    assert (overdue.low, overdue.high) == (pytest.approx(STARTED + 61), pytest.approx(STARTED + 61))
    assert end_of(own, STARTED + 80, *pasts, description=CHAIN).median == pytest.approx(STARTED + 81)


def test_earlier_runs_that_were_shorter_tell_nothing_of_a_run_that_is_compared_as_a_whole():
    pasts = [earlier(ended=10.0), earlier(ended=12.0), earlier(ended=60.0)]
    assert end_of(None, STARTED + 11, *pasts).median == pytest.approx(STARTED + 36)
    assert end_of(None, STARTED + 30, *pasts).median == pytest.approx(STARTED + 60)
    assert end_of(None, STARTED + 90, *pasts).median == pytest.approx(STARTED + 90)


def test_the_rest_of_a_run_that_is_nearly_done_is_its_end():
    own = later(
        *(((each.path, each.sequence), each.started, each.ended, Status.SUCCESS) for each in PAST[:-1]),
        (("last", "1"), 60, None, ACTIVE),
    )
    assert end_of(own, STARTED + 65).median == pytest.approx(STARTED + 72)


def test_a_lost_task_runs_again():
    own = later((("load", "1"), 0, 5, LOST))
    assert end_of(own, STARTED + 20).median == pytest.approx(STARTED + 72)


def test_a_failed_task_that_is_tried_again_ends_after_its_wait():
    own = later((("load", "1"), 0, 3, FAILED))
    wait = Pending(path="load", sequence="1", attempt=2, due=STARTED + 33)
    assert end_of(own, STARTED + 5, waits=[wait]).median == pytest.approx(STARTED + 33 + 52)
    assert end_of(own, STARTED + 5).median == pytest.approx(STARTED + 45)


def test_a_task_does_not_begin_before_its_delay_is_over():
    own = later((("load", "1"), 0, 10, Status.SUCCESS))
    wait = Pending(path="last", sequence="1", attempt=0, due=STARTED + 100)
    assert end_of(own, STARTED + 11, waits=[wait]).median == pytest.approx(STARTED + 112)


def test_attempts_that_failed_before_take_their_time_again():
    past = [ran("load", 0, 4, FAILED), ran("load", 9, 10, attempt=2), ran("last", 20, 21)]
    assert end_of([], STARTED, earlier(past, 22.0, description=CHAIN)).median == pytest.approx(STARTED + 22)
    own = later((("load", "1"), 0, 2, Status.SUCCESS))
    assert end_of(own, STARTED + 3, earlier(past, 22.0, description=CHAIN)).median == pytest.approx(STARTED + 14)


def test_a_branch_that_is_skipped_here_takes_no_time():
    parts = {
        "": FLOW[""],
        "a": a_step(),
        "slow": a_step(requires=after("a")),
        "z": a_step(requires=after("slow")),
    }
    past = [ran("a", 0, 1), ran("slow", 1, 500), ran("z", 500, 501)]
    own = later((("a", "1"), 0, 1, Status.SUCCESS))
    run = {"description": parts, "unrun": {"slow": {Status.SKIPPED: 1}}}
    assert end_of(own, STARTED + 2, earlier(past, 501.0, description=parts), **run).median < STARTED + 10


def test_several_runs_give_a_band():
    pasts = [earlier([ran("load", 0, length), ran("last", length, length + 1)], length + 1) for length in range(10, 20)]
    end = end_of([], STARTED, *pasts)
    assert end.runs == 10
    assert end.low < end.median < end.high
    assert end.median == pytest.approx(STARTED + 15.5)
    begun = end_of(later((("load", "1"), 0, None, ACTIVE)), STARTED + 30, *pasts)
    assert (begun.low, begun.high) == pytest.approx((STARTED + 31, STARTED + 31))


def test_many_attempts_are_not_read_so_that_whole_runs_are_compared():
    assert end_of(None, STARTED + 5).median == STARTED + 52
    assert end_of(None, STARTED + 60).median == STARTED + 60
    own = later((("load", "1"), 0, 17, Status.SUCCESS))
    assert end_of(own, STARTED + 17, earlier(is_whole=False)).median == STARTED + 52


def test_a_run_with_many_attempts_is_compared_as_a_whole(monkeypatch):
    own = later((("load", "1"), 0, 17, Status.SUCCESS))
    monkeypatch.setattr(view_expected_end, "MOST_FOLLOWED", 0)
    assert end_of(own, STARTED + 17).median == STARTED + 52


def test_runs_that_failed_or_were_recovered_say_nothing():
    others = [earlier(status=RunStatus.FAILURE), earlier(recovery=1)]
    assert end_of([], STARTED, *others) is None
    assert end_of([], STARTED, *others, earlier()).runs == 1


def test_a_run_that_does_not_go_on_has_no_expected_end():
    assert end_of([], STARTED, owner=None) is None
    assert end_of([], STARTED, ended=STARTED + 1, status=RunStatus.SUCCESS) is None
