"""The screen of a log."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequent.model.outcome import LogSpan
from sequent.model.status import Status
from sequent.runtime.logs.log_marks import MarkWriter
from sequent.tui import log_content, log_screen
from sequent.tui.cells import painted
from tests.contracts.plans import TASK_A, attempted, create, each
from tests.tui.test_one_run import end, one_run, problem


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


def logged(store, content, **attempt):
    run = create(store, "logged")
    span = LogSpan(segment="s1.log", offset=0, length=len(content))
    file = Path(store.log_file(run.record, span))
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.write_bytes(content)
    attempted(run, TASK_A, log=span, **attempt)
    return run


def lines(viewer):
    """The lines of the log, with their numbers."""
    shown = [line.text.split(maxsplit=1) for line in viewer.screen.query_one("RichLog").lines]
    return [(int(number), text.rstrip()) for number, text in shown]


def log_of(path, story):
    """Open the log of the latest run, and do what a story says."""

    async def opened(viewer):
        await viewer.types("l")
        await viewer.opens("LogScreen")
        await story(viewer)

    one_run(path, opened)


@pytest.fixture
def ten_lines(store, monkeypatch):
    for module in (log_content, log_screen):
        monkeypatch.setattr(module, "LINES", 3)
    end(logged(store, b"".join(b"line %d\n" % number for number in range(1, 11))))


def numbered(*numbers):
    return [(number, f"line {number}") for number in numbers]


def test_the_last_lines_are_shown_and_keys_lead_to_the_others(path, ten_lines):
    async def story(viewer):
        for keys, shown in (("", (8, 9, 10)), ("p", (5, 6, 7)), ("g", (1, 2, 3)), ("n", (4, 5, 6)), ("G", (8, 9, 10))):
            await viewer.types(*keys)
            await viewer.until(lambda shown=shown: lines(viewer) == numbered(*shown), f"not {shown}")

    log_of(path, story)


def test_a_search_tells_lines_and_leads_to_them(path, ten_lines):
    async def story(viewer):
        await viewer.types("slash", *"LINE", "space", "5", "enter")
        await viewer.sees("1 line with 'LINE 5'")
        assert viewer.rows("matches") == [["5", "line 5"]]
        viewer.screen.query_one("#matches").focus()
        await viewer.types("enter")
        await viewer.until(lambda: lines(viewer) == numbered(5, 6, 7))

    log_of(path, story)


def test_hostile_output_is_text_and_colours_stay(path, store):
    end(logged(store, b"[bold]x[/] \x1b]0;owned\x07\x1b[2J \x1b[31mred\x1b[0m\n"))

    async def story(viewer):
        await viewer.until(lambda: lines(viewer) == [(1, "[bold]x[/] \\x1b]0;owned\\x07\\x1b[2J red")])

    log_of(path, story)
    assert [(span.style, span.start, span.end) for span in painted("a \x1b[1;31mred\x1b[0m").spans] == [
        ("bold red", 2, 5)
    ]


def test_a_task_without_a_log_and_a_run_without_tasks_are_told(path, store):
    run = create(store, "empty")

    async def nothing(viewer):
        await viewer.sees("no task has begun")

    log_of(path, nothing)
    attempted(run, each(1))
    end(run)

    async def no_log(viewer):
        await viewer.sees("many/1.1", "it has written nothing that is kept")

    log_of(path, no_log)


def test_a_running_step_is_followed_line_by_line_until_it_ends(path, store):
    run = create(store, "going")
    span = LogSpan(segment="s1.log", offset=0, length=0)
    file = Path(store.log_file(run.record, span))
    file.parent.mkdir(mode=0o700, exist_ok=True)
    attempted(run, TASK_A, Status.ACTIVE)
    marks = []

    def write(text):
        with file.open("a") as log:
            log.write(text)

    async def story(viewer):
        await viewer.sees("it has written nothing yet")
        write("one\ntw")
        marks.append(MarkWriter(str(file)))
        marks[0].set(0, "a", "1", 1)
        await viewer.looks_again()
        await viewer.until(lambda: lines(viewer) == [(1, "one")])
        await viewer.sees("follows")
        write("o\nthree\n")
        await viewer.looks_again()
        await viewer.until(lambda: lines(viewer) == [(1, "one"), (2, "two"), (3, "three")])
        run.close()
        await viewer.looks_again()
        await viewer.until(lambda: "follows" not in viewer.text())

    log_of(path, story)
    marks[0].close()


def test_the_attempts_of_a_task_follow_each_other(path, store):
    run = logged(store, b"the first\n", status=Status.FAILURE, problem=problem())
    attempted(run, TASK_A, attempt=2, at=20.0)
    end(run)

    async def story(viewer):
        await viewer.sees("attempt 2 of 2")
        await viewer.types("b")
        await viewer.sees("attempt 1 of 2", "the first")
        await viewer.types("b")
        await viewer.sees("attempt 2 of 2")

    log_of(path, story)
