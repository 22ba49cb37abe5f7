"""Branches, handlers and what is done whatever happened, as peers' documentation has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from examples.peers.airflow_branching import publishing
from examples.peers.cylc_recovery import forecast
from examples.peers.dagu_handlers import backup
from examples.peers.rolling_update import rollout
from examples.peers.setup_teardown import measuring
from examples.peers.try_except_finally import booking
from sequent.model.status import Status


@pytest.mark.parametrize(
    ("changed", "branches", "result"),
    [
        ("both", ["clients", "orders"], "2 orders, 1 clients"),
        ("orders", ["orders"], "2 orders, 0 clients"),
        ("clients", ["clients"], "0 orders, 1 clients"),
    ],
)
def test_the_branches_that_are_taken_are_joined(player, changed, branches, result):
    player.write("orders.txt", "1\n2\n")
    player.write("clients.txt", "7\n")
    outcome = player.run(publishing, changed=changed)
    assert outcome.result == result
    ran = player.ran()
    assert [ran[0], sorted(ran[1:-2]), *ran[-2:]] == ["look", branches, "publish", "tidy"]


def test_without_a_branch_nothing_is_published_and_that_is_a_success(player):
    outcome = player.run(publishing, changed="neither")
    assert outcome
    assert outcome.result is None
    assert outcome.counts[Status.SKIPPED] == 4
    assert sorted(player.ran()) == ["look", "note", "tidy"]


def test_a_branch_that_fails_keeps_the_other_from_being_published(player):
    player.write("orders.txt", "1\n2\n")
    failed = player.run(publishing, changed="both")
    assert [each.path for each in failed.failures] == ["clients"]
    assert sorted(player.ran()) == ["alert", "clients!", "look", "orders", "tidy"]
    assert player.has("alert.txt")

    player.write("clients.txt", "7\n")
    assert player.recover(publishing).result == "2 orders, 1 clients"
    # What waited by `done` runs again, since what it waited for was run again.
    assert player.ran() == ["clients", "publish", "tidy"]


def test_a_model_that_comes_through_is_not_run_in_another_way(player):
    player.write("observed.txt", "10 11 14")
    assert player.run(forecast, largest=60).result == "coarse 16.0"
    assert player.ran() == ["observe", "model", "products"]


def test_a_model_that_fails_is_run_with_small_steps_and_the_flow_is_a_success(player):
    player.write("observed.txt", "10 11 14")
    outcome = player.run(forecast)
    assert outcome
    assert outcome.result == "fine 16.0"
    assert player.ran() == ["observe", "model!", "retry", "products"]


def test_where_no_way_leads_through_somebody_is_called_and_a_recovery_tries_both_again(player):
    player.write("observed.txt", "10 11 14")
    failed = player.run(forecast, largest=10)
    assert not failed
    assert player.ran() == ["observe", "model!", "retry!", "call"]
    assert player.has("called.txt")
    assert not player.recover(forecast)
    assert player.ran() == ["model!", "retry!", "call"]


def test_nothing_is_observed_before_its_time(player):
    player.write("observed.txt", "10 11 14")
    moment = datetime.now(UTC) + timedelta(seconds=0.3)
    assert player.run(forecast, largest=60, not_before=moment)
    assert datetime.now(UTC) > moment


def test_a_command_is_tried_again_by_its_exit_code_and_the_handlers_run(player):
    player.write("data/a", "1")
    player.write("data.lock")
    assert player.run(backup).result == "2 entries packed"
    ran = player.ran()
    assert ran == ["work.lock/1.1!", "work.lock/1.1", "work.pack/1.1", "work.check/1.1", "on_success", "on_exit"]


def test_the_handler_of_a_failure_tells_and_the_one_for_the_exit_runs_after_it(player):
    failed = player.run(backup)
    assert [each.path for each in failed.failures] == ["work.pack"]
    assert player.ran() == ["work.lock/1.1", "work.pack/1.1!", "on_failure", "on_exit"]
    assert player.has("mail.txt")

    player.write("data/a", "1")
    assert player.recover(backup).result == "2 entries packed"
    assert player.ran() == ["work.pack/1.1", "work.check/1.1", "on_success", "on_exit"]


def write_hosts(player):
    for host in ("canary", "web1", "web2", "web3", "web4"):
        player.write(f"hosts/{host}", "1.0")


def versions(player):
    return [player.read(f"hosts/{host}") for host in ("canary", "web1", "web2", "web3", "web4")]


def test_an_update_goes_from_group_to_group(player):
    write_hosts(player)
    assert player.run(rollout)
    assert versions(player) == ["2.0"] * 5
    ran = player.ran()
    assert ran[:2] == ["group.each.look/1.1.1", "group.each.update/1.1.1"]
    assert sorted(ran[2:6]) == sorted(f"group.each.{name}/1.2.{host}" for name in ("look", "update") for host in (1, 2))
    assert all("/1.3." in each for each in ran[6:])


def test_a_host_that_is_ill_is_put_back_and_a_recovery_begins_with_it(player):
    write_hosts(player)
    player.write("hosts/web2.ill")
    failed = player.run(rollout)
    assert [(each.sequence, each.attempt) for each in failed.failures] == [("1.2.2", 3)]
    assert versions(player) == ["2.0", "2.0", "1.0", "1.0", "1.0"]
    ran = player.ran()
    ill = [each for each in ran if "/1.2.2" in each]
    assert ill == ["group.each.look/1.2.2", *["group.each.update/1.2.2!"] * 3, "group.each.put_back/1.2.2"]
    assert not [each for each in ran if "/1.3" in each]

    (player.directory / "hosts/web2.ill").unlink()
    assert player.recover(rollout)
    assert versions(player) == ["2.0"] * 5
    ran = player.ran()
    assert ran[0] == "group.each.update/1.2.2"
    assert all("/1.3." in each for each in ran[1:])


def test_what_was_set_up_is_set_up_again_for_a_recovery_and_the_work_is_kept(player):
    player.write("x.txt", "2")
    player.write("z.txt", "6")
    failed = player.run(measuring)
    assert [each.sequence for each in failed.failures] == ["1.2"]
    assert player.ran() == ["set_up", "work.measure/1.1", "work.measure/1.2!", "work.measure/1.3", "tear_down"]
    assert not player.has("place")

    player.write("y.txt", "3")
    assert player.recover(measuring).result == 7.0
    ran = player.ran()
    assert ran[:2] == ["set_up", "work.measure/1.2"]
    assert sorted(ran[2:]) == ["norm", "tear_down"]
    assert not player.has("place")


def test_a_booking_that_comes_through_is_confirmed(player):
    assert player.run(booking).result == "confirmed"
    assert player.ran() == ["attempt.seat/1.1", "attempt.room/1.1", "confirm", "answer", "log"]


def test_a_booking_that_does_not_is_given_back_and_the_flow_is_a_success(player):
    outcome = player.run(booking, rooms=0)
    assert outcome
    assert outcome.result == "given back: no room is free"
    assert player.ran() == ["attempt.seat/1.1", "attempt.room/1.1!", "give_back", "answer", "log"]
    assert not player.has("seat.txt")


def test_what_stands_after_finally_runs_where_giving_back_fails_and_again_in_the_recovery(player):
    player.write("seat.txt/x")
    failed = player.run(booking)
    assert player.ran() == ["attempt.seat/1.1!", "give_back!", "log"]
    assert not failed
    (player.directory / "seat.txt/x").unlink()
    (player.directory / "seat.txt").rmdir()
    assert player.recover(booking).result == "confirmed"
    assert player.ran() == ["attempt.seat/1.1", "attempt.room/1.1", "confirm", "answer", "log"]
