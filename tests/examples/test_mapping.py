"""Fan-out and gather, as peers' documentation has it: Airflow, Metaflow, Prefect, Snakemake, and backfills."""

from __future__ import annotations

import json
from datetime import date

import pytest

from examples.peers.airflow_mapping import sales
from examples.peers.backfill import history
from examples.peers.metaflow_foreach import census
from examples.peers.prefect_pipeline import prices
from examples.peers.snakemake_scatter import words
from sequent.model.status import Status


def test_every_file_is_mapped_and_a_recovery_reads_the_bad_one_again(player):
    player.write("inbox/bergen.txt", "10\n20\n")
    player.write("inbox/lyon.txt", "1.5\nx\n")
    player.write("inbox/turin.txt", "4\n")
    failed = player.run(sales)
    assert [(each.path, each.sequence) for each in failed.failures] == [("shops.parse", "1.2")]
    # The other files are read all the same; what follows is skipped.
    assert sorted(player.ran()) == [
        "find",
        "shops.add/1.1",
        "shops.add/1.3",
        "shops.parse/1.1",
        "shops.parse/1.2!",
        "shops.parse/1.3",
    ]

    player.write("inbox/lyon.txt", "1.5\n")
    recovered = player.recover(sales)
    assert recovered.result == ["bergen 30.00", "lyon 1.50", "turin 4.00", "all 35.50"]
    first, *rest = player.ran()
    assert first == "shops.parse/1.2"
    assert sorted(rest) == ["pair", "report", "shops.add/1.2", "tell/1.1", "tell/1.2", "tell/1.3"]


def test_an_empty_inbox_maps_nothing_and_is_a_success(player):
    player.write("inbox/readme")
    assert player.run(sales).result == ["all 0.00"]
    assert player.ran() == ["find", "pair", "report"]


def test_nested_loops_are_joined_level_by_level(player):
    people = {"oslo": {"east": ["a", "b"], "west": ["c"]}, "bonn": {}, "graz": {"all": ["d", "e", "f", "g"]}}
    player.write("people.json", json.dumps(people))
    outcome = player.run(census)
    assert outcome.result == {"bonn": 0, "graz": 4, "oslo": 3}
    ran = player.ran()
    assert ran[:2] == ["read", "cities"]
    assert ran[-1] == "join"
    counted = sorted(each for each in ran if each.startswith("each.count"))
    assert counted == ["each.count/1.2.1", "each.count/1.3.1", "each.count/1.3.2"]


def test_a_nested_loop_that_failed_goes_on_where_it_was(player):
    player.write("people.json", '{"bonn": {"north": ["a"], "south": 3}}')
    assert not player.run(census)
    assert sorted(player.ran()) == [
        "cities",
        "each.count/1.1.1",
        "each.count/1.1.2!",
        "each.districts/1.1",
        "read",
    ]
    # What was read is kept, whatever the file says now: a person who knows better starts a new run.
    player.write("people.json", '{"bonn": {"north": ["a"], "south": ["b"]}}')
    assert not player.recover(census)
    assert player.ran() == ["each.count/1.1.2!"]
    assert player.run(census).result == {"bonn": 2}


def test_what_did_not_answer_is_asked_again_and_no_more_often_than_said(player):
    player.write("apple.price", "1")
    player.write("pear.price", "..2")
    player.write("plum.price", "...3")
    failed = player.run(prices)
    assert [each.message for each in failed.failures] == ["no answer about plum"]
    ran = player.ran()
    assert ran[0] == "rate"
    assert [each for each in ran if "fetch/1.2" in each] == ["each.fetch/1.2!", "each.fetch/1.2!", "each.fetch/1.2"]
    assert [each for each in ran if "fetch/1.3" in each] == ["each.fetch/1.3!"] * 3

    assert player.recover(prices).result == 7.2
    # Another two attempts are to be had after a recovery; here the first one finds an answer.
    assert [each for each in player.ran() if "fetch" in each] == ["each.fetch/1.3"]


def test_what_is_no_price_is_not_asked_for_again(player):
    for name in ("apple", "pear", "plum"):
        player.write(f"{name}.price", "none")
    failed = player.run(prices)
    assert {each.type for each in failed.failures} == {"ValueError"}
    assert {each.attempt for each in failed.failures} == {1}


def test_a_text_is_split_counted_and_put_together(player):
    player.write("book.txt", "to be\nor not\nto be\nthat is\n")
    outcome = player.run(words)
    assert outcome, outcome.failures
    counts = dict(reversed(line.split()) for line in outcome.result if len(line.split()) == 2)
    assert counts == {"to": "2", "be": "2", "or": "1", "not": "1", "that": "1", "is": "1"}
    assert player.read("counts.txt").splitlines() == outcome.result
    ran = player.ran()
    assert ran[0] == "scatter"
    assert sorted(ran[1:-1]) == ["count/1.1", "count/1.2", "count/1.3"]
    assert ran[-1] == "gather"


def test_a_text_that_is_not_there_is_split_once_it_is(player):
    failed = player.run(words)
    assert [(each.path, each.exit_code) for each in failed.failures] == [("scatter", 1)]
    assert player.ran() == ["scatter!"]
    player.write("book.txt", "a\nb\nc\n")
    assert player.recover(words).result
    assert sorted(player.ran()) == ["count/1.1", "count/1.2", "count/1.3", "gather", "scatter"]


def test_a_backfill_does_all_days_and_a_recovery_those_that_are_open(player):
    player.write("closed.txt", "2026-02-28\n")
    failed = player.run(history, first=date(2026, 2, 26), last=date(2026, 3, 2))
    assert [each.sequence for each in failed.failures] == ["1.3"]
    assert f"sequent recover {failed.run_id}" in player.read("open.txt")
    assert sorted(player.read("ledger.txt").split()[0::2]) == ["2026-02-26", "2026-02-27", "2026-03-01", "2026-03-02"]
    assert len(player.ran()) == 1 + 5 + 4 + 1

    player.write("closed.txt")
    assert player.recover(history).result == 260 + 270 + 280 + 10 + 20
    assert player.ran() == ["each.extract/1.3", "each.load/1.3", "total"]
    # No day was loaded twice.
    assert len(player.read("ledger.txt").splitlines()) == 5


@pytest.mark.parametrize(("first", "last", "days"), [("2026-03-02", "2026-03-02", 1), ("2026-03-02", "2026-03-01", 0)])
def test_a_backfill_of_one_day_and_of_none(player, first, last, days):
    outcome = player.run(history, first=first, last=last)
    assert outcome.result == 20 * days
    assert outcome.counts[Status.SUCCESS] == 2 + 2 * days
