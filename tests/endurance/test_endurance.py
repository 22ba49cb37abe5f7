"""The long runs of ``python -m tests.endurance``, in small."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from tests.endurance.drawn_runs import drawn_runs
from tests.endurance.killed_runs import LongRun

FLOW = "tests.endurance.long_flows:tasks"


def test_thousands_of_tasks_succeed_once_though_their_driver_is_killed(tmp_path):
    assert LongRun(FLOW, 4_000, tmp_path).drive(2, random.Random(1)).kills == 2


def test_they_do_so_in_postgresql(tmp_path, cluster):
    url = cluster.url(cluster.new_database(), schema="long")
    assert LongRun(FLOW, 2_000, tmp_path, url).drive(1, random.Random(1)).kills == 1


def test_hundreds_of_definitions_are_recovered(tmp_path):
    run = LongRun("tests.endurance.long_definitions:flow", 400, tmp_path)
    assert run.drive(1, random.Random(1)).kills == 1


def test_iterations_that_do_nothing_are_counted_in_the_store(tmp_path):
    run = LongRun("tests.endurance.long_flows:iterations", 2_000, tmp_path, has_marks=False)
    assert run.drive(0, random.Random(1)).again == 0


def test_drawn_flows_keep_all_promises():
    runs, _ = drawn_runs(itertools.count(1), time.monotonic())
    assert runs == 1


@pytest.mark.parametrize("spoil", ["lost", "doubled"])
def test_a_long_run_whose_marks_are_wrong_is_found_out(tmp_path, spoil):
    run = LongRun(FLOW, 200, tmp_path)
    run.drive(0, random.Random(1))
    marks = run.marks.read_bytes()
    run.marks.write_bytes(marks[4:] if spoil == "lost" else marks + marks[:4])
    with pytest.raises(AssertionError, match="0 of 1" if spoil == "lost" else "2 of 1"):
        run.check()
