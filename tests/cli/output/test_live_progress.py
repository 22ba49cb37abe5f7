"""The display of a run that redraws itself."""

from __future__ import annotations

import io
import re
import time

import pytest

from sequent.cli.output.live_progress import FRAME_SECONDS, LiveProgress
from sequent.cli.output.terminal import Lines
from sequent.model.status import RunStatus, Status
from tests.cli.plans import ROOT, a_record, wide_plan
from tests.cli.watching import LOG, PROBLEM, settle


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def _a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_ends_with_a_row_for_each_definition_and_few_frames():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    began = time.monotonic()
    progress.run_began(a_record(), wide_plan(["load", "send"]))
    count = 0
    while count < 100_000 or time.monotonic() < began + 5 * FRAME_SECONDS:
        settle(progress, 1)
        count += 1
    settle(progress, 2, Status.FAILURE, PROBLEM)
    progress.run_ended(RunStatus.FAILURE)
    text = stream.getvalue()
    assert f"{count:,}" in text
    assert "failure" in text.rsplit("send", 1)[0]
    assert "reading.py:7" in text
    # The heading stands in each frame; besides those of the rests there are the first and the last.
    assert 2 <= text.count("running") <= 3 + (time.monotonic() - began) / FRAME_SECONDS


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_tells_apart_what_is_tried_again_delayed_and_queued():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load", "wait", "queue"]))
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.task_waits(ROOT, 2, 60)
    progress.tasks_queue({3: 1204})
    progress.close()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "↻ retry  load/1  (attempt 1)  ValueError: no rows for eu; will be tried again in 60 s" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["↻", "retry", "load", "1"] in rows
    assert ["…", "delayed", "wait", "1"] in rows
    assert ["=", "queued", "queue", "1,204"] in rows
    assert "failure" not in "".join(line for line in text.splitlines() if "load" in line)


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_tells_at_once_what_is_not_tried_again():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load"]))
    progress.task_started(ROOT, 1, 1)
    progress.attempt_failed(ROOT, 1, 1, PROBLEM, LOG, 60)
    progress.task_settled(ROOT, 1, 0, Status.FAILURE, None, None)
    progress.close()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert text.count("✗ failure  load/1") == 1
    assert ["✗", "failure", "load", "1"] in [line.split() for line in text.splitlines()]


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_gives_the_terminal_back_when_the_run_breaks():
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan(["load"]))
    progress.task_started(ROOT, 1, 1)
    progress.close()
    text = stream.getvalue()
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


@pytest.mark.usefixtures("_a_terminal")
def test_the_display_shows_running_definitions_first_where_there_is_no_room_for_all(monkeypatch):
    monkeypatch.setenv("LINES", "14")
    stream = Terminal()
    progress = LiveProgress(Lines(stream))
    progress.run_began(a_record(), wide_plan([f"step{n}" for n in range(50)]))
    for node in range(1, 50):
        settle(progress, node)
    progress.task_started(ROOT, 50, 1)
    progress.close()
    assert "step49" in stream.getvalue()
    assert "more steps not shown" in stream.getvalue()
