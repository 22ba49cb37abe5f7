"""Levels and formats of logs, as a flow's configuration gives them."""

from __future__ import annotations

import logging

import pytest
from msgspec.structs import replace

from sequent.model.run_target import Target
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.worker.logs import formatter_of, loguru_level

SETUP = WorkerSetup(run_id="r1", directory="/run", target=Target(flow="f"))


def line(setup: WorkerSetup, level: int) -> str:
    record = logging.LogRecord("app", level, "jobs.py", 7, "loaded %d", (3,), None)
    record.created = record.msecs = 0.0
    return formatter_of(setup).format(record)


def test_without_formats_a_line_has_level_logger_and_message():
    assert line(SETUP, logging.INFO).endswith(" INFO app: loaded 3")


def test_each_level_has_its_format_and_the_others_the_default():
    setup = replace(SETUP, logging_formats=((logging.DEBUG, "%(lineno)d %(message)s"), (0, "[%(message)s]")))
    assert (line(setup, logging.DEBUG), line(setup, logging.INFO)) == ("7 loaded 3", "[loaded 3]")
    alone = replace(SETUP, logging_formats=((logging.DEBUG, "%(message)s"),))
    assert line(alone, logging.INFO) == line(SETUP, logging.INFO)


def test_the_time_is_written_as_the_configuration_says():
    setup = replace(SETUP, logging_datefmt="%Y", logging_formats=((0, "%(asctime)s"),))
    assert line(setup, logging.INFO) in ("1969", "1970")
    assert line(replace(setup, logging_formats=()), logging.INFO)[4:] == " INFO app: loaded 3"


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, "TRACE"), (10, "DEBUG"), (11, "INFO"), (20, "INFO"), (25, "SUCCESS"), (30, "WARNING"), (41, "CRITICAL")],
)
def test_a_level_of_logging_is_the_lowest_of_loguru_that_is_not_below_it(number, name):
    assert loguru_level(number) == name
