"""A step of the original finds its place in its environment, its logger and its arguments."""

from __future__ import annotations

import logging
import os

from sequent import (
    Sequent,
)
from sequent.runtime.store import open_store
from tests.golden.ledger import note, noted, runs


def test_a_step_finds_itself_in_its_environment(home):
    def here():
        names = ("NAME", "SEQUENCE", "RECOVERY")
        note("|".join([*(os.environ[f"SEQUENT_STEP_{name}"] for name in names), os.environ["SEQUENT_LOGGER_NAME"]]))

    flow = Sequent()
    flow.add_step("s1", repeats=[1]).add_step("s11", func=here)
    assert flow.run()
    assert [line.split("|")[:3] for line in noted()] == [["s1_s11", "1.1", "0"]]


def test_a_step_logs_through_the_logger_that_is_named_in_its_environment(home):
    def logs():
        logging.getLogger(os.getenv("SEQUENT_LOGGER_NAME")).info("doing it")

    flow = Sequent()
    flow.add_step("a", func=logs)
    assert flow.run()
    ((run, (attempt,)),) = runs()
    store = open_store(None)
    try:
        with open(store.log_file(run, attempt.log), "rb") as file:
            file.seek(attempt.log.offset)
            assert b"doing it" in file.read(attempt.log.length)
    finally:
        store.close()


def test_the_flow_among_the_arguments_tells_a_step_where_it_is(home):
    def here(flow):
        note(f"{flow.get_step_name()}/{flow.get_step_sequence()}")

    flow = Sequent()
    flow.add_step("s1", repeats=[1]).add_step("s11", func=here, kwargs={"flow": flow})
    assert flow.run()
    assert noted() == ["s1_s11/1.1"]
