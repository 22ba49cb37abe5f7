"""What attempts write: kept in order, as it is, and cut where it is too much."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import time

import sequent.runtime.context as where
from sequent.dsl.builder.blocks import Sequent
from sequent.runtime.logs.segment_files import CAP
from tests.patience import PATIENCE
from tests.runtime.driving import Driving, launched
from tests.runtime.worker_steps import add, end_process, nothing


def log():
    logging.getLogger("app").warning("from logging")
    where.context().logger.info("from the context")
    os.system("echo from a child; echo and its errors >&2")
    print("no newline", end="")


def log_with_loguru():
    from loguru import logger

    logger.debug("too low")
    logger.info("from loguru")


def write_through():
    """Put something in the place of standard output that writes to it."""

    class Through(io.TextIOBase):
        def __init__(self, inner):
            self.inner = inner

        def write(self, text):
            return self.inner.write(text)

    sys.stdout = Through(sys.stdout)
    print("a line without end", end="")


def flood(mebibytes):
    os.write(1, b"head\n")
    for _ in range(mebibytes):
        os.write(1, b"x" * 2**20)
    os.write(1, b"\ntail\n")


def flood_until_cut(mebibytes, and_then):
    """Write much, and go on once most of it is gone from the disk."""
    before = os.fstat(1).st_blocks
    flood(mebibytes)
    deadline = time.monotonic() + PATIENCE
    while (os.fstat(1).st_blocks - before) * 512 > 2 * CAP + 2**20:
        if time.monotonic() > deadline:
            return "never cut"
        time.sleep(0.01)
    print("on it goes", flush=True)
    if and_then == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return "cut"


def line():
    os.write(1, b"a line of " + b"x" * (100 * 2**20) + b"!\n")


def binary():
    os.write(1, b"\xff\xfe\x00")


flow = Sequent("flow")
flow.add_step("sum", func=add, args=(1,), kwargs={"b": 3})
flow.add_step("ended", func=end_process, args=(3,))
flow.add_step("log", func=log)
flow.add_step("loguru", func=log_with_loguru)
flow.add_step("through", func=write_through)
flow.add_step("flood", func=flood, args=(20,))
flow.add_step("cut", func=flood_until_cut, args=(100, "return"))
flow.add_step("killed", func=flood_until_cut, args=(100, "die"))
flow.add_step("line", func=line)
flow.add_step("child", command=("sh", "-c", "head -c 40000000 /dev/zero; echo end"))
flow.add_step("binary", func=binary)
flow.add_step("nothing", func=nothing)


def test_a_silent_step_has_no_log_and_none_is_a_result(driving: Driving):
    ended = driving.run("nothing")
    assert (ended.result, ended.log) == ("null", None)


def test_what_was_written_before_the_process_ended_is_kept(driving: Driving):
    assert driving.log_of(driving.run("ended")) == "last words\n"


def test_output_of_loggers_and_of_children_is_kept_in_order(driving: Driving):
    lines = driving.log_of(driving.run("log")).split("\n")
    assert "from logging" in lines[0]
    assert "from the context" in lines[1]
    assert lines[2:] == ["from a child", "and its errors", "no newline"]


def test_what_was_written_through_another_stream_is_kept_and_not_in_the_next_log(driving: Driving):
    assert driving.log_of(driving.run("through")) == "a line without end"
    assert driving.run("nothing").log is None


def test_loguru_is_kept_from_the_same_level_on(driving: Driving):
    lines = driving.log_of(driving.run("loguru")).splitlines()
    assert [line.rpartition(" - ")[2] for line in lines] == ["from loguru"]


def test_loguru_that_a_step_is_the_first_to_import_keeps_to_the_level_too(tmp_path):
    file = tmp_path / "quiet.py"
    file.write_text(
        "from sequent.dsl.builder.blocks import Sequent\n"
        "def log():\n    import loguru, os\n    loguru.logger.debug('too low')\n    loguru.logger.info('high')\n"
        "flow = Sequent('quiet')\n"
        "flow.add_step('log', func=log)\n"
    )
    with launched(f"{file}:flow", tmp_path / "run") as driving:
        lines = driving.log_of(driving.run("log")).splitlines()
    assert [line.rpartition(" - ")[2] for line in lines] == ["high"]


def test_too_much_output_is_cut_in_its_middle_and_that_is_said(driving: Driving):
    ended = driving.run("flood")
    assert ended.log
    text = driving.log_of(ended)
    assert text.startswith("head\nxxx")
    assert text.endswith("xxx\ntail\n")
    assert ended.log.dropped > 11 * 2**20
    assert f"{ended.log.dropped} bytes of this attempt's output were left out here" in text
    assert ended.log.length < CAP + 200
    assert driving.log_of(driving.run("sum")) == "adding 1 3\n"


def test_a_flood_is_cut_while_it_is_written_and_the_next_log_is_whole(driving: Driving):
    ended = driving.run("cut")
    assert (ended.result, ended.problem) == ('"cut"', None)
    text = driving.log_of(ended)
    assert text.startswith("head\nxxx")
    assert text.endswith("xxx\ntail\non it goes\n")
    assert "\0" not in text
    assert driving.log_of(driving.run("sum")) == "adding 1 3\n"


def test_the_ends_of_a_flood_are_kept_though_its_worker_is_killed(driving: Driving):
    text = driving.log_of(driving.run("killed"))
    assert text.startswith("head\nxxx")
    assert text.endswith("xxx\ntail\non it goes\n")
    assert "were left out here" in text


def test_a_single_line_that_is_too_long_is_cut_too(driving: Driving):
    log = driving.run("line").log
    assert log
    assert log.dropped == 100 * 2**20 + 12 - CAP


def test_a_flood_of_a_program_is_cut_as_that_of_a_function(driving: Driving):
    ended = driving.run("child")
    assert ended.log
    assert ended.log.dropped == 40_000_004 - CAP
    assert driving.log_of(ended).endswith("\0end\n")


def test_bytes_that_are_no_text_are_kept_as_they_are(driving: Driving):
    log = driving.run("binary").log
    assert log
    data = (driving.directory / "logs" / log.segment).read_bytes()
    assert data[log.offset : log.offset + log.length] == b"\xff\xfe\x00"
