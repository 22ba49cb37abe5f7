"""Loops that end by themselves, hand values on, or wait, as peers' documentation has them."""

from __future__ import annotations

import json

import pytest

from examples.peers.cylc_converging import square_root
from examples.peers.folding import ledger
from examples.peers.metaflow_recursion import fetch_all
from examples.peers.polling import delivery


def test_pages_are_read_until_one_names_no_further_one(player):
    for name, rows, following in (("first", "abc", "b"), ("b", "de", "c"), ("c", "f", None)):
        player.write(f"pages/{name}.json", json.dumps({"rows": list(rows), "next": following}))
    assert player.run(fetch_all).result == 6
    steps = [f"pages.{name}/1.{number}" for number in (1, 2, 3) for name in ("fetch", "is_last")]
    assert player.ran() == [*steps, "total"]


def test_a_page_that_is_away_is_asked_for_again_with_what_was_read_before_it(player):
    player.write("pages/first.json", '{"rows": [1, 2, 3], "next": "b"}')
    failed = player.run(fetch_all)
    assert [(each.path, each.sequence, each.type) for each in failed.failures] == [
        ("pages.fetch", "1.2", "FileNotFoundError")
    ]
    assert player.ran() == ["pages.fetch/1.1", "pages.is_last/1.1", "pages.fetch/1.2!"]
    player.write("pages/b.json", '{"rows": [4], "next": null}')
    assert player.recover(fetch_all).result == 4
    assert player.ran() == ["pages.fetch/1.2", "pages.is_last/1.2", "total"]


def test_cycles_end_once_they_have_converged(player):
    assert player.run(square_root).result == pytest.approx(2**0.5)
    # Newton's method doubles the digits: 1, 1.5, 1.417, 1.414216, 1.41421356237.
    assert player.ran()[-3:] == ["cycle.improve/1.4", "cycle.converged/1.4", "check"]


def test_too_few_cycles_are_no_failure_of_the_loop_but_of_who_checks_it(player):
    failed = player.run(square_root, cycles=2)
    assert [each.message for each in failed.failures] == ["no convergence within 2 cycles"]
    assert player.ran()[-1] == "check!"
    assert not player.recover(square_root)
    assert player.ran() == ["check!"]


def test_each_balance_comes_from_the_one_before(player):
    for day, moved in (("01", "10 -20"), ("02", "5"), ("03", "-45.5")):
        player.write(f"book/{day}", moved)
    assert player.run(ledger).result == (95.0, 49.5)
    assert player.ran() == ["days", "day.close/1.1", "day.close/1.2", "day.close/1.3", "highest"]
    assert player.run(ledger, opening=1000).result == (995.0, 949.5)


def test_a_fold_goes_on_with_the_day_that_failed_and_the_balance_before_it(player):
    for day, moved in (("01", "-90"), ("02", "-20"), ("03", "4")):
        player.write(f"book/{day}", moved)
    failed = player.run(ledger)
    assert [(each.sequence, each.message) for each in failed.failures] == [("1.2", "overdrawn by 10.00")]
    assert player.ran() == ["days", "day.close/1.1", "day.close/1.2!"]
    # The first day is closed, and the fourth is not among the items: neither counts.
    for day, moved in (("01", "-1"), ("02", "-2"), ("04", "100")):
        player.write(f"book/{day}", moved)
    assert player.recover(ledger).result == (12.0, 12.0)
    assert player.ran() == ["day.close/1.2", "day.close/1.3", "highest"]


def test_a_file_that_is_there_is_taken_in_with_its_second_half(player):
    player.write("first.txt", "one ")
    player.write("second.txt", "two")
    assert player.run(delivery).result == "one two"
    assert player.ran() == ["arrived/1.1", "kind", "second", "take_in"]


def test_a_poll_that_finds_nothing_ends_as_a_success_and_leads_elsewhere(player):
    outcome = player.run(delivery)
    assert outcome
    assert outcome.result is None
    assert player.ran() == ["arrived/1.1", "arrived/1.2", "arrived/1.3", "kind", "without"]


def test_a_sensor_gives_up_after_its_last_look_and_looks_as_often_again_in_a_recovery(player):
    player.write("first.txt", "one ")
    failed = player.run(delivery)
    assert [(each.path, each.attempt) for each in failed.failures] == [("second", 3)]
    assert player.ran() == ["arrived/1.1", "kind", "second!", "second!", "second!"]
    player.write("second.txt", "two")
    assert player.recover(delivery).result == "one two"
    assert player.ran() == ["second", "take_in"]
