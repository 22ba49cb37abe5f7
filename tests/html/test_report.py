"""The report stays small, whatever the number of tasks, steps and failures; its drawing shows each attempt."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from types import MappingProxyType

from msgspec.structs import replace

from sequent.html.png import drawing
from sequent.html.report import report
from sequent.html.timeline_svg import timeline_svg
from sequent.model.outline import QUESTION
from sequent.model.status import RunStatus, Status
from sequent.runtime.records import Pending
from sequent.view.attempts import by_step
from sequent.view.expected_end import ExpectedEnd
from sequent.view.run_summary import RunSummary
from sequent.view.run_view import run_view
from sequent.view.step_durations import bands_of
from sequent.view.task_table import task_table
from tests.view.ran import DONE, FAILED, FLOW, a_run, a_step, ran

NONE = MappingProxyType({})


def view_of(attempts, usual=NONE, **changes):
    record = a_run(**changes)
    standings = {"load": {Status.SUCCESS: 1}, "each": {Status.SUCCESS: 3}}
    summary = RunSummary(record=record, standings=standings)
    return run_view(
        summary, by_step(attempts, record.outline), usual=usual, earlier_runs=len(usual), problems=(), now=100.0
    )


def page_of(view, usual=NONE):
    return report(view, task_table(view.attempts, usual, view.now, is_driven=False), "store.db")


def test_the_report_of_a_hundred_thousand_tasks_is_small():
    attempts = [ran("load", 0, 1)]
    attempts += [
        ran(f"each.one/1.{at}", at * 1e-3, at * 1e-3 + 2, FAILED if at % 7 == 0 else DONE) for at in range(1, 100_001)
    ]
    page = page_of(view_of(attempts, status=RunStatus.FAILURE))
    assert len(page.encode()) < 2_000_000
    assert "14,285 failures" in page
    assert "and 14,265 more" in page


def test_the_report_of_many_steps_with_errors_of_their_own_is_small():
    names = [f"step{at}" for at in range(2_000)]
    parts = {"": FLOW[""], **{name: a_step() for name in names}}
    page = page_of(view_of([ran(name, 0, 1, FAILED) for name in names], description=parts, status=RunStatus.FAILURE))
    assert len(page.encode()) < 2_000_000
    assert "with other errors" in page
    assert "the first 399 of 2,000 boxes are shown" in page
    assert page.count('<rect class="step') == 400


def test_late_tasks_are_marked_in_words():
    attempts = [ran("load", 0, 10)]
    usual = bands_of({"load": [1.0, 1.0, 1.0, 1.0, 1.1]})
    page = page_of(view_of(attempts, usual), usual)
    assert re.search(r'class="late">1 late<', page)
    assert re.search(r">late</text>", page)


def test_the_expected_end_of_a_run_that_goes_on_is_told_with_its_band():
    end = ExpectedEnd(low=160.0, median=220.0, high=400.0, runs=12)
    summary = RunSummary(record=a_run(status=RunStatus.RUNNING, ended=None), standings={})
    view = run_view(summary, {}, usual=NONE, earlier_runs=12, problems=(), now=100.0, expected_end=end)
    text = re.sub(r"<[^>]+>", "", page_of(view).split("<dt>expected end</dt>")[1].split("</div>")[0])
    assert text.endswith(", in 2 min 00 s; in 8 of 10 cases in 1 min 00 s to 5 min 00 s (from 12 earlier runs)")
    view = run_view(summary, {}, usual=NONE, earlier_runs=12, problems=(), now=300.0, expected_end=end)
    text = re.sub(r"<[^>]+>", "", page_of(view).split("<dt>expected end</dt>")[1].split("</div>")[0])
    assert text == "any moment; in 8 of 10 cases within 1 min 40 s (from 12 earlier runs)"
    assert "expected end" not in page_of(view_of([ran("load", 0, 10)]))


def test_the_head_counts_questions_apart_from_other_waits():
    wait = {"attempt": 1, "due": 0.0}
    waits = [*(Pending("load", f"{n}", **wait) for n in (1, 2)), Pending("last", "1", **wait)]
    record = a_run(status=RunStatus.RUNNING, ended=None)
    record = replace(record, outline={**record.outline, "load": QUESTION}, unrun={"last": {Status.READY: 3}})
    summary = RunSummary(record=record, standings={"each.one": {Status.WAITING: 1, Status.SUCCESS: 4}}, waits=waits)
    view = run_view(summary, {}, usual=NONE, earlier_runs=0, problems=(), now=100.0)
    assert view.counts[Status.WAITING] == 3
    text = page_of(view).split("<dt>tasks</dt>")[1].split("</dd>")[0]
    assert re.sub(r"<[^>]+>", " ", text).split() == ["?", "2", "asked", "·", "1", "waiting", "✓", "4", "success"]


def test_a_timeline_draws_a_bar_with_a_title_for_each_attempt_and_a_line_for_its_wait():
    attempts = [ran("load", 0, 10), ran("each.one/1.2", 30, 40, FAILED), ran("each.one/1.2", 60, 90, attempt=2)]
    root = ET.fromstring(timeline_svg(view_of(attempts).timeline, is_running=False))
    titles = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("title")]
    assert sum("each.one/1.2, attempt 1: failure" in title for title in titles) == 1
    on_bars = [node.text for node in root.iter() if node.text and "small " in node.attrib.get("class", "")]
    assert on_bars[-2:] == ["✗ 1.2", "1.2 ↻2"]
    bars = [node.attrib for node in root.iter() if node.attrib.get("class", "").startswith("bar ")]
    assert [bar["class"] for bar in bars] == ["bar success", "bar failure", "bar success"]
    assert float(bars[2]["width"]) > 2.9 * float(bars[1]["width"])
    waits = [node.attrib for node in root.iter() if node.attrib.get("class") == "waiting"]
    assert len(waits) == 2
    assert float(waits[0]["x2"]) <= float(bars[1]["x"]) <= float(waits[1]["x1"])


def test_a_drawing_for_pictures_needs_no_variables():
    drawn = drawing(view_of([ran("load", 0, 10)]))
    ET.fromstring(drawn)
    assert "var(" not in drawn


def test_a_run_without_a_task_has_a_report():
    page = page_of(view_of([], status=RunStatus.STOPPED))
    assert "sequent recover r00007" in page
    assert "Timeline" not in page


def test_a_failure_tells_its_items_and_the_command_that_has_its_input_made_again():
    view = view_of([ran("each.one/1.2", 0, 1, FAILED)], status=RunStatus.FAILURE)
    (group,) = view.failures.groups
    told = replace(group, items="each <FR>", again_command="sequent recover r1 --from load/1")
    page = page_of(replace(view, failures=replace(view.failures, groups=(told,))))
    assert "<p>of each &lt;FR&gt;</p>" in page
    assert "<code>sequent recover r1 --from load/1</code>" in page
    assert "made again" not in page_of(view)
