"""What people read, and what a terminal cannot be tricked by."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sequent.cli.output.text import (
    Paint,
    columns,
    counts,
    duration,
    is_coloured,
    is_live,
    readable,
    safe,
    safe_block,
    task_name,
)
from sequent.model.status import RunStatus, Status
from sequent.model.value_text import encode


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("evil", ["\x1b]0;owned\x07", "\x9b2J", "\x00", "\u202e", "\x7f", "\ud800", "\u2028"])
def test_what_could_steer_a_terminal_is_shown_as_its_escape(evil):
    for shown in (safe(f"a{evil}b"), safe_block(f"a{evil}b\n")):
        assert "\\" in shown
        assert not set(evil[:1]) & set(shown)


def test_a_name_stays_on_its_line_and_a_block_keeps_its_lines():
    assert safe("a\nb\tc") == "a\\nb\\tc"
    assert safe_block("a\r\nb\tc\n") == "a\nb\tc\n"


def test_nothing_is_written_over_what_stands_on_a_line():
    assert safe("paid\rowed") == "paid\\rowed"
    assert safe_block("50 %\r100 %\n") == "50 %\n100 %\n"


def test_ordinary_text_of_any_language_is_left_alone():
    assert safe("größe ✓ 日本語 🎈") == "größe ✓ 日本語 🎈"


@pytest.mark.parametrize(
    ("environment", "on_terminal", "elsewhere"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colour_follows_the_environment_and_the_terminal(environment, on_terminal, elsewhere):
    assert is_coloured(Terminal(), environment) is on_terminal
    assert is_coloured(io.StringIO(), environment) is elsewhere


@pytest.mark.parametrize(("environment", "live"), [({}, True), ({"CI": "true"}, False), ({"TERM": "dumb"}, False)])
def test_a_display_that_redraws_needs_a_real_terminal(environment, live):
    assert is_live(Terminal(), environment) is live
    assert is_live(io.StringIO(), {"FORCE_COLOR": "1"}) is False


@pytest.mark.parametrize("status", [*Status, *RunStatus])
def test_a_status_is_a_glyph_and_a_word_with_and_without_colour(status):
    plain = Paint(is_on=False).status(status)
    assert plain.split(" ", 1)[1] == status.value
    assert len(plain.split(" ", 1)[0]) == 1
    assert plain in Paint(is_on=True).status(status)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((-1, "0.00 s"), (0.314, "0.31 s"), (12.44, "12.4 s"), (185, "3 min 05 s"), (8040, "2 h 14 min")),
        *((86_399, "23 h 59 min"), (86_400, "1 day"), (604_800, "7 days"), (270_000, "3 days 03 h")),
    ],
)
def test_a_duration_has_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


def test_counts_leave_out_what_is_none():
    assert counts({Status.SUCCESS: 1204, Status.FAILURE: 1, Status.SKIPPED: 0}) == "1,204 success, 1 failure"
    assert counts({}) == "nothing yet"
    assert counts({}, has_ended=True) == "nothing ran"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("eu", "eu"),
        (date(2026, 11, 24), "2026-11-24"),
        (datetime(2026, 11, 24, 6, 30), "2026-11-24T06:30:00"),  # noqa: DTZ001 - a moment without a zone is a value too
        (Decimal("1.50"), "1.50"),
        (Path("/data/in"), "/data/in"),
        (RunStatus.SUCCESS, "SUCCESS"),
        ([1, 2], "[1, 2]"),
        ({"a": 1}, '{"a": 1}'),
        (None, "null"),
        ("a\x1b[2J", "a\\x1b[2J"),
    ],
)
def test_a_stored_value_reads_as_people_would_write_it(value, text):
    assert readable(encode(value)) == text


@pytest.mark.parametrize(
    ("path", "sequence", "name"),
    [("load", "1.2", "load/1.2"), ("load@etl2", "", "load@etl2"), ("a\x1b[2J", "1\n", "a\\x1b[2J/1\\n")],
)
def test_the_name_of_a_task_has_its_sequence_and_cannot_control_a_terminal(path, sequence, name):
    assert task_name(path, sequence) == name


def test_columns_line_up():
    assert columns([("run", "flow"), ("r1", "nightly"), ("r00002", "x")]) == [
        "run     flow",
        "r1      nightly",
        "r00002  x",
    ]
