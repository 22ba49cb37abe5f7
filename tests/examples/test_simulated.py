"""What of peers' flows depends on time and on what runs at once, in simulated time."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from examples.peers.backfill import history
from examples.peers.cylc_recovery import forecast
from examples.peers.dagu_handlers import backup
from examples.peers.ecflow_suite import DAYS
from examples.peers.ecflow_suite import flow as suite
from examples.peers.locking import READERS, stock
from examples.peers.polling import delivery
from examples.peers.rolling_update import GROUPS, rollout
from sequent.testing import simulate

BEGINNING = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_suite_never_has_more_licences_than_there_are_and_uses_them_all():
    simulation = simulate(suite, durations={"day.regions.analyse": "10m"}, results={"day.fetch": ["01", ""]})
    assert simulation.peak("licences") == 2
    # The index does not wait for them.
    assert simulation.started_at("day.index/1.1") == 0
    # Three regions, two at once: two rounds of ten minutes, each day.
    assert simulation.duration == len(DAYS) * 1200


@pytest.mark.parametrize("seed", range(10))
def test_nobody_reads_while_the_writer_writes_and_readers_read_together(seed):
    lengths = {"prepare": 1, "read": (1, 20), "write": (1, 20), "recount.clear": 5, "recount.fill": 5}
    simulation = simulate(stock, durations=lengths, seed=seed)
    assert simulation.peak_running("read") == READERS
    assert simulation.peak("table") == READERS
    writing = simulation.started_at("write"), simulation.ended_at("write")
    for number in range(1, 7):
        reading = simulation.started_at(f"read/1.{number}"), simulation.ended_at(f"read/1.{number}")
        assert reading[1] <= writing[0] or writing[1] <= reading[0]
    # The writer asked while readers read and more of them waited, and was not kept for the last.
    assert simulation.started_at("write") < max(simulation.started_at(f"read/1.{number}") for number in range(1, 7))


def test_a_forecast_waits_for_its_moment_and_so_does_not_wait_again_in_a_recovery():
    first = simulate(
        forecast,
        params={"not_before": datetime(2026, 11, 24, 6, tzinfo=UTC)},
        start=BEGINNING,
        failing=["model", "retry"],
        durations={"model": "1h", "retry": "2h"},
    )
    assert first.order() == ["observe", "model", "retry", "call"]
    assert first.started_at("observe") == 6 * 3600
    assert first.skipped == ("products",)
    second = first.recover(failing=["model"], results={"retry": 1.0}, after="1d")
    assert second.order() == ["model", "retry", "products"]
    assert second.duration == pytest.approx(3 * 3600 + 0.05)


def test_a_lock_that_stays_is_tried_as_often_as_was_said_and_no_other_exit_code_is():
    busy = simulate(backup, failing={"work.lock": SystemExit(75)})
    assert busy.order() == ["work.lock"] * 4 + ["on_failure", "on_exit"]
    broken = simulate(backup, failing={"work.lock": SystemExit(1)})
    assert broken.order() == ["work.lock", "on_failure", "on_exit"]


def test_an_exit_waits_for_the_handler_that_fails_as_well():
    simulation = simulate(backup, failing=["work.pack", "on_failure"], durations={"on_failure": 60})
    assert simulation.started_at("on_exit") == simulation.ended_at("on_failure")
    assert sorted(simulation.failed) == ["on_failure", "work.pack"]


def test_hosts_of_a_group_are_updated_at_once_and_groups_one_after_the_other():
    simulation = simulate(rollout, durations={"group.each.update": "5m"})
    assert simulation.peak_running() == max(map(len, GROUPS))
    assert simulation.duration == len(GROUPS) * 300


def test_of_a_group_the_healthy_host_stays_and_no_further_group_begins():
    simulation = simulate(rollout, failing=["group.each.update/1.2.1"], durations={"group.each.update": "5m"})
    assert simulation.attempts("group.each.update/1.2.1") == 3
    assert simulation.attempts("group.each.update/1.2.2") == 1
    assert not simulation.ran("group.each.put_back/1.2.2")
    assert simulation.order()[-1] == "group.each.put_back/1.2.1"


def test_a_backfill_has_two_days_under_way_at_once():
    days = [date(2026, 3, number) for number in range(1, 8)]
    simulation = simulate(
        history,
        params={"first": days[0], "last": days[-1]},
        results={"days": days},
        durations={"each.extract": "50m", "each.load": "10m"},
        failing=["each.load/1.4"],
    )
    assert simulation.peak_running() == 2
    assert simulation.failed == ("each.load/1.4",)
    recovered = simulation.recover(failing=[])
    assert recovered.order() == ["each.load/1.4", "total"]


def test_a_poll_looks_at_its_pace_and_stops_at_the_first_look_that_finds_it():
    looks = {"arrived": lambda task: task.sequence == "1.3"}
    simulation = simulate(delivery, params={"looks": 100}, results={**looks, "kind": True})
    assert simulation.attempts("arrived") == 3
    assert simulation.started_at("second") == pytest.approx(3 * 0.02)
