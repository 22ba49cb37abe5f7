"""Blocks that are used again, made by calls, or hold what others wait for, as peers' documentation has them."""

from __future__ import annotations

from examples.peers.dagster_graphs import temperatures
from examples.peers.ecflow_suite import flow as suite
from examples.peers.locking import stock
from sequent.model.status import Status


def test_a_block_is_used_again_within_a_block_that_is_used_again(player):
    player.write("north-day.txt", "50 59")
    player.write("north-night.txt", "-1 3")
    player.write("south-day.txt", "68")
    player.write("south-night.txt", "14")
    # 10, 15, -1 and 3 degrees; 20 and 14.
    assert player.run(temperatures).result == "north 6.75, south 17.0"
    ran = player.ran()
    assert sorted(ran[:4]) == [f"north.{half}.{step}/1.1.1" for half in ("day", "night") for step in ("read", "scale")]
    assert [ran[4], ran[-2], ran[-1]] == ["north.mean/1.1", "south.mean/1.1", "compare"]
    assert len(ran) == 11


def test_what_failed_in_one_use_leaves_the_other_alone(player):
    player.write("north-day.txt", "50")
    player.write("north-night.txt", "20")
    player.write("south-day.txt", "68")
    failed = player.run(temperatures)
    assert [(each.path, each.type) for each in failed.failures] == [("south.night.read", "FileNotFoundError")]
    player.ran()
    player.write("south-night.txt", "10")
    assert player.recover(temperatures).result == "north 15.0, south 15.0"
    ran = player.ran()
    assert ran[-2:] == ["south.mean/1.1", "compare"]
    assert not [each for each in ran if each.startswith("north")]


def test_a_suite_goes_from_day_to_day(player):
    for day in (1, 2, 3):
        player.write(f"2026-03-0{day}.obs", "n" * day + "st")
    outcome = player.run(suite)
    assert outcome, outcome.failures
    lines = [f"0{day} {region} {day if region == 'north' else 1}" for day in (1, 2, 3) for region in REGIONS]
    assert player.read("archive.txt").splitlines() == lines
    assert player.read("index.txt").splitlines() == ["2026-03-01", "2026-03-02", "2026-03-03"]
    ran = player.ran()
    assert [ran[0], ran[6], ran[12]] == ["day.fetch/1.1", "day.fetch/1.2", "day.fetch/1.3"]
    assert sorted(ran[1:6]) == [
        "day.archive/1.1",
        "day.index/1.1",
        *(f"day.regions.analyse/1.1.{number}" for number in (1, 2, 3)),
    ]
    assert outcome.counts[Status.SKIPPED] == 3


REGIONS = ("north", "south", "tropics")


def test_a_day_without_observations_is_noted_by_its_event_and_the_next_day_begins(player):
    player.write("2026-03-01.obs", "nst")
    player.write("2026-03-03.obs", "nst")
    assert player.run(suite)
    assert player.read("missing.txt") == "2026-03-02\n"
    assert [each for each in player.ran() if "/1.2" in each] == ["day.fetch/1.2!", "day.missing/1.2"]
    assert player.read("index.txt").splitlines() == ["2026-03-01", "2026-03-03"]
    assert len(player.read("archive.txt").splitlines()) == 6


def test_an_archive_that_cannot_be_written_ends_the_suite_and_a_recovery_writes_it(player):
    for day in (1, 2, 3):
        player.write(f"2026-03-0{day}.obs", "nst")
    player.write("archive.txt/x")
    failed = player.run(suite)
    assert [(each.path, each.sequence) for each in failed.failures] == [("day.archive", "1.1")]
    assert "day.archive/1.1!" in player.ran()
    (player.directory / "archive.txt/x").unlink()
    (player.directory / "archive.txt").rmdir()
    assert player.recover(suite)
    assert player.ran()[:2] == ["day.archive/1.1", "day.fetch/1.2"]
    assert len(player.read("archive.txt").splitlines()) == 9


def test_readers_see_no_half_and_a_recount_is_held_from_its_first_step_to_its_last(player):
    outcome = player.run(stock)
    assert outcome.result == [f"{number}: whole" for number in range(6)]
    ran = player.ran()
    assert ran[0] == "prepare"
    assert sorted(ran[1:8]) == [*(f"read/1.{number}" for number in range(1, 7)), "write"]
    assert ran[8:] == ["recount.clear/1.1", "recount.fill/1.1", "show"]
    assert player.read("stock.txt") == "recounted"


def test_what_was_held_at_a_failure_is_free_for_the_recovery(player):
    player.write("stock.txt/x")
    assert not player.run(stock)
    assert player.ran() == ["prepare!"]
    (player.directory / "stock.txt/x").unlink()
    (player.directory / "stock.txt").rmdir()
    assert player.recover(stock)
    assert player.ran()[-1] == "show"
