"""The timeline: bars in lanes, numbers where there are too many, folded rows, and an axis without long gaps."""

from __future__ import annotations

import pytest

from sequent.runtime.task_list_port import AttemptPiece
from sequent.view.attempts import by_step
from sequent.view.predecessors import Predecessors
from sequent.view.step_durations import Band
from sequent.view.time_axis import axis_of
from sequent.view.timeline import MOST_BARS, MOST_ROWS, timeline_of, timeline_of_pieces
from tests.view.ran import ACTIVE, DONE, FAILED, FLOW, LOST, a_step, ran

SPAN = (0.0, 100.0)


def timeline(attempts, parts=FLOW, usual=None, span=SPAN, *, is_driven=False):
    steps = by_step(attempts, parts)
    return timeline_of(steps, Predecessors(parts, steps), usual or {}, span, is_driven=is_driven)


def test_rows_are_in_the_order_of_the_flow_and_waiting_stands_apart_from_running():
    seen = timeline([ran("each.one/1.1", 12, 20), ran("load", 0, 10), ran("each.two/1.1", 25, 30)])
    assert [row.located for row in seen.rows] == ["load", "each.one", "each.two"]
    bars = [row.bars[0] for row in seen.rows]
    assert [(bar.ready, bar.started, bar.ended) for bar in bars] == [(0, 0, 10), (10, 12, 20), (20, 25, 30)]


def test_attempts_at_the_same_time_lie_in_lanes_and_a_free_lane_is_used_again():
    times = [(0, 10), (5, 15), (12, 20), (16, 18)]
    row = timeline([ran(f"each.one/1.{at}", *time) for at, time in enumerate(times, 1)]).rows[0]
    assert [bar.lane for bar in row.bars] == [0, 1, 0, 1]
    assert row.lanes == 2


def test_more_attempts_at_once_than_lanes_are_counted():
    row = timeline([ran(f"each.one/1.{at}", 0, 50) for at in range(1, 6)]).rows[0]
    assert not row.bars
    assert {round(bucket.running, 3) for bucket in row.buckets[:-1]} == {5.0}
    assert row.buckets[-1].ended == pytest.approx(50, abs=1)


def test_a_run_of_too_many_attempts_is_counted_and_no_time_is_lost():
    many = [ran(f"load/{at}", at * 0.1, at * 0.1 + 0.15, FAILED if at == 300 else DONE) for at in range(MOST_BARS + 1)]
    row = timeline(many).rows[0]
    assert (row.attempts, row.failed, row.bars) == (MOST_BARS + 1, 1, ())
    width = SPAN[1] / 120
    assert sum(bucket.running * width for bucket in row.buckets) == pytest.approx(len(many) * 0.15, rel=1e-3)
    failed = [bucket for bucket in row.buckets if bucket.failed]
    assert [bucket.failed for bucket in failed] == [1]
    assert failed[0].started <= 30.15 <= failed[0].ended


def test_each_copy_has_a_row_of_its_own():
    copies = [ran("load", 0, 10, host=host, host_depth=1) for host in ("etl1", "etl2")]
    assert [row.located for row in timeline(copies).rows] == ["load@etl1", "load@etl2"]


def test_containers_are_folded_if_there_are_too_many_steps():
    names = [f"each.s{at}" for at in range(MOST_ROWS + 1)]
    parts = {"": FLOW[""], "each": FLOW["each"], **{name: a_step() for name in names}}
    seen = timeline([ran(f"{name}/1.1", 0, 1) for name in names], parts)
    assert [(row.located, row.attempts) for row in seen.rows] == [("each", MOST_ROWS + 1)]
    assert (seen.fold, seen.hidden) == (1, 0)


def test_rows_that_cannot_be_folded_are_left_out_and_counted():
    names = [f"s{at}" for at in range(MOST_ROWS + 5)]
    seen = timeline([ran(name, 0, 1) for name in names], {"": FLOW[""], **{name: a_step() for name in names}})
    assert (len(seen.rows), seen.hidden) == (MOST_ROWS, 5)


def test_an_attempt_without_a_driver_was_lost_and_with_one_lasts_until_now():
    attempts = [ran("load", 10, None, ACTIVE)]
    lost, active = (timeline(attempts, is_driven=driven).rows[0].bars[0] for driven in (False, True))
    assert (lost.word, lost.ended) == ("lost", 10.0)
    assert (active.word, active.ended) == ("active", 100.0)


def test_the_words_of_attempts_that_do_not_count_differ():
    attempts = [
        ran("load", 0, 1, LOST, is_outdated=True),
        ran("load", 2, 3, LOST, attempt=2),
        ran("load", 4, 4, attempt=3, is_passed=True),
    ]
    assert [bar.word for bar in timeline(attempts).rows[0].bars] == ["outdated", "lost", "passed over"]


def piece_of(path, many, seconds, status=DONE, **changes):
    """The attempts of one step that began in the same piece of time."""
    count, started, ended = many
    return AttemptPiece(path, 0, status, count, started, ended, seconds, **changes)


def of_pieces(*pieces, order=FLOW, span=SPAN, is_driven=False):
    return timeline_of_pieces(pieces, order, span, is_driven=is_driven)


def test_pieces_of_time_are_spread_over_it_and_lined_up_as_attempts_are():
    attempts = [ran(f"each.one/1.{at}", 10, 70, FAILED if at == 3 else DONE) for at in range(1, MOST_BARS + 2)]
    of_attempts = timeline([*attempts, ran("load", 0, 10)])
    done = piece_of("each.one", (MOST_BARS, 10.0, 70.0), 60.0 * MOST_BARS)
    failed = piece_of("each.one", (1, 10.0, 70.0), 60.0, FAILED)
    found = of_pieces(done, failed, piece_of("load", (1, 0.0, 10.0), 10.0))
    assert found == of_attempts
    half = of_pieces(piece_of("load", (4, 0.0, SPAN[1]), 2 * SPAN[1])).rows[0]
    assert (half.attempts, {bucket.running for bucket in half.buckets}) == (4, {2.0})


def test_a_lost_piece_takes_no_time_unless_the_run_is_driven():
    piece = piece_of("load", (2, 0.0, SPAN[1]), 0.0, ACTIVE)
    assert of_pieces(piece).rows[0].buckets == ()
    assert of_pieces(piece, is_driven=True).rows[0].buckets[-1].running == 2.0


def test_pieces_of_too_many_steps_are_folded():
    pieces = [piece_of(f"each.step{at}", (1, 0.0, 1.0), 1.0) for at in range(MOST_ROWS + 1)]
    found = of_pieces(*pieces, order=())
    assert ([row.located for row in found.rows], found.fold, found.rows[0].attempts) == (["each"], 1, MOST_ROWS + 1)


def test_a_task_is_late_beyond_the_band_of_enough_earlier_ones():
    attempts = [ran("load", 0, 10)]
    for count, longest, late in ((5, 9.0, True), (4, 9.0, False), (5, 9.99, False)):
        usual = {"load": Band(count=count, low=1.0, median=2.0, high=longest)}
        assert timeline(attempts, usual=usual).rows[0].bars[0].is_late is late


def test_a_night_without_tasks_is_cut_out_of_the_axis():
    axis = axis_of([(0.0, 10.0), (10_000.0, 10_010.0)], 0.0, 10_010.0)
    assert axis.spans == ((0.0, 10.0), (10_000.0, 10_010.0))
    assert axis.length == 20.0
    assert [axis.offset(moment) for moment in (-5, 5, 10, 5_000, 10_005, 99_999)] == [0, 5, 10, 10, 15, 20]
    assert [axis.moment(offset) for offset in (5, 15, 99)] == [5, 10_005, 10_010]


def test_the_axis_of_a_run_without_attempts_has_a_length():
    assert timeline([], span=(5.0, 5.0)).axis.length > 0
