"""One run as the store remembers it, told without anybody's code."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import datetime

import pytest
from msgspec.structs import replace

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.commands import ls, show
from sequent.cli.output import json_output
from sequent.cli.output.text import moment
from sequent.cli.runs.watching import step_numbers
from sequent.dashboard.run_digest import RunDigests
from sequent.errors import UsageError
from sequent.model.description import Part, PartKind
from sequent.model.outcome import Failure, Problem
from sequent.model.outline import QUESTION
from sequent.model.status import RunStatus, Status
from sequent.runtime.reading.step_states import read_step_states
from sequent.runtime.records import Pending
from sequent.runtime.store import open_store
from sequent.view import read_expected_end
from tests.cli.plans import BLOCK, FLOW, NOW, STEPS, UNRUN, a_record
from tests.cli.remembered import RememberedStore, attempt
from tests.contracts.plans import TASK_A, attempted
from tests.web.test_one_run import past_and_going


def test_a_run_that_has_not_ended_is_counted_by_its_attempts(remember, capsys):
    attempts = [attempt("load", "1", 1, Status.SUCCESS), attempt("send", "1", 1, Status.ACTIVE)]
    remember(RememberedStore(a_record(status=RunStatus.INTERRUPTED, ended=None), attempts))
    ls.ls()
    assert "  1 waiting, 1 success" in capsys.readouterr().out
    show.show()
    assert "  tasks: 1 waiting, 1 success\n" in capsys.readouterr().out
    show.show(options=GlobalOptions(json=True))
    assert json.loads(capsys.readouterr().out)["run"]["counts"] == {"waiting": 1, "success": 1}


def test_a_task_that_was_lost_with_its_driver_is_not_active_and_is_named(under_way, remember, capsys):
    attempts = [
        attempt("block.send", "1.1", 1, Status.FAILURE),
        attempt("block.send", "1.1", 2, Status.ACTIVE, ended=None),
        attempt("block.send", "1.2", 1, Status.ACTIVE, ended=None),
        attempt("block.load", "1.1", 1, Status.ACTIVE, ended=None, host="edge1", host_depth=2),
    ]
    remember(RememberedStore(replace(under_way, status=RunStatus.INTERRUPTED, owner=None), attempts))
    show.show()
    text = capsys.readouterr().out
    assert "  block.send: 2 waiting\n" in text
    assert "active" not in text
    lost = [line for line in text.splitlines() if line.startswith("  ? lost  ")]
    assert [line.split("  began ")[0] for line in lost] == [
        "  ? lost  block.send/1.1  (attempt 2)",
        "  ? lost  block.send/1.2",
        "  ? lost  block.load@edge1/1.1",
    ]
    assert all(line.endswith(", was running when its driver ended") for line in lost[:2])
    assert lost[2].endswith(", a recovery asks edge1 whether it goes on or has ended")
    show.show(status=(Status.ACTIVE,))
    assert "lost" not in capsys.readouterr().out


def test_show_counts_each_steps_tasks_by_their_last_attempt(a_run, capsys):
    assert show.show() == 0
    text = capsys.readouterr().out
    assert "day = 2026-11-24" in text
    assert "  load: 1 success\n" in text
    assert "  send: 1 success, 1 failure\n" in text


def test_show_tells_only_the_failures_that_stand_with_their_error_and_log(a_run, capsys):
    show.show(options=GlobalOptions(store="my runs.db"))
    text = capsys.readouterr().out
    assert "✗ failure  load/1" not in text
    assert "✗ failure  send/1.2\n    ValueError: no rows\n    flows.py:7\n" in text
    assert "log: sequent logs r00412 send/1.2 --store 'my runs.db'" in text


def test_show_ends_with_the_command_to_type_next(a_run, capsys):
    show.show(options=GlobalOptions(store="my runs.db", verbose=1))
    assert capsys.readouterr().out.endswith("\n\nnext: sequent recover r00412 --store 'my runs.db'\n")
    show.show(options=GlobalOptions(json=True))
    assert json.loads(capsys.readouterr().out)["run"]["next"] == ["sequent recover r00412"]


def test_show_of_a_run_that_goes_on_has_no_next_command(under_way, capsys):
    show.show()
    assert "next:" not in capsys.readouterr().out


def test_show_of_a_question_ends_with_its_answer_and_then_with_the_recovery(remember, capsys):
    asks = Part(kind=PartKind.STEP, question="Ship it?")
    wait = Pending(path="ship", sequence="1", attempt=1, due=NOW)
    description = {"": FLOW, "ship": asks}
    record = a_record(status=RunStatus.STOPPED, description=description)
    record = replace(record, outline={**record.outline, "ship": QUESTION})
    remember(RememberedStore(record, [], waits=[wait]))
    show.show()
    assert capsys.readouterr().out.endswith("\n\nnext: sequent approve r00412 ship\nthen: sequent recover r00412\n")


def test_show_lists_attempts_when_asked_for_more(a_run, capsys):
    show.show(options=GlobalOptions(verbose=1))
    text = capsys.readouterr().out
    assert "load/1  attempt 1  ✗ failure  1.00 s" in text
    assert "load/1  attempt 2  ✓ success  1.00 s" in text


def test_show_as_json_has_steps_failures_and_attempts(a_run, capsys):
    show.show(options=GlobalOptions(json=True, verbose=1))
    run = json.loads(capsys.readouterr().out)["run"]
    assert run["steps"] == {"load": {"success": 1}, "send": {"success": 1, "failure": 1}}
    assert [failure["path"] for failure in run["failures"]] == ["send"]
    assert run["failures"][0]["problem"]["place"] == {"file": "flows.py", "line": 7}
    assert len(run["attempts"]) == 4


def test_a_lost_attempt_is_called_lost(remember, capsys):
    remember(RememberedStore(a_record(), [attempt("load", "1", 1, Status.WAITING)]))
    show.show(options=GlobalOptions(verbose=1))
    assert "attempt 1  ? lost" in capsys.readouterr().out


def test_show_tells_every_step_what_is_active_and_what_waits_until_when(under_way, capsys):
    show.show()
    text = capsys.readouterr().out
    assert "  tasks: 2 waiting, 1 active, 1 success, 1 failure\n" in text
    assert ", worked 1 min 31 s\n" in text
    lines = text.splitlines()
    at = lines.index("  load: 1 success")
    assert lines[at : at + 4] == [
        "  load: 1 success",
        "  block.send: 1 waiting, 1 active, 1 failure",
        "  last: 1 waiting",
        "  never: not begun",
    ]
    assert f"  ▶ active  block.send/1.2  (attempt 2)  since {moment(NOW - 90)}" in lines
    assert f"  ↻ retry  block.send/1.1  (attempt 2)  until {moment(NOW + 60)}" in lines
    assert f"  … delayed  last/1  until {moment(NOW + 120)}" in lines
    assert "✗ failure  block.send/1.3" in text
    assert "✗ failure  block.send/1.1" not in text


def test_all_of_it_has_keys(under_way, capsys):
    show.show(options=GlobalOptions(json=True))
    run = json.loads(capsys.readouterr().out)["run"]
    assert list(run["steps"]) == ["load", "block.send", "last", "never"]
    assert run["steps"]["never"] == {}
    assert run["steps"]["block.send"] == {"waiting": 1, "active": 1, "failure": 1}
    (active,) = run["active"]
    assert (active["path"], active["sequence"], active["attempt"]) == ("block.send", "1.2", 2)
    assert active["since"] == json_output.moment(NOW - 90)
    assert [(wait["path"], wait["attempt"], wait["due"]) for wait in run["waits"]] == [
        ("block.send", 2, json_output.moment(NOW + 60)),
        ("last", 1, json_output.moment(NOW + 120)),
    ]
    assert (run["due"], run["worked"], run["failed"]) == (json_output.moment(NOW + 60), 91.0, 1)


WANTED = {
    "a step": (("load",), (), {"load": {"success": 1}}, 0),
    "a container": (("block",), (), {"block.send": {"waiting": 1, "active": 1, "failure": 1}}, 1),
    "an iteration": (("block.send/1.3",), (), {"block.send": {"failure": 1}}, 1),
    "the beginning of a sequence": (
        ("/1.3",),
        (),
        {"block.send": {"failure": 1}, "load": {}, "last": {}, "never": {}},
        1,
    ),
    "a status": (
        (),
        (Status.SUCCESS, Status.WAITING),
        {"load": {"success": 1}, "block.send": {"waiting": 1}, "last": {"waiting": 1}},
        0,
    ),
    "a status of a step": (("block.send",), (Status.FAILURE,), {"block.send": {"failure": 1}}, 1),
}


@pytest.mark.parametrize(("path", "statuses", "steps", "failed"), WANTED.values(), ids=WANTED)
def test_show_is_narrowed_to(under_way, capsys, path, statuses, steps, failed):
    show.show("latest", *path, status=statuses, options=GlobalOptions(json=True, verbose=1))
    run = json.loads(capsys.readouterr().out)["run"]
    assert (run["steps"], run["failed"]) == (steps, failed)
    assert {told["path"] for told in run["attempts"]} <= {*steps}
    words = {"lost" if status is Status.WAITING else status.value for status in statuses}
    assert all(not statuses or told["status"] in words for told in run["attempts"])


@pytest.mark.parametrize("path", ["block.sent", "load/x", "load/1."])
def test_what_is_nothing_of_the_run_is_refused_by_name(under_way, path):
    with pytest.raises(UsageError, match=r"has no step or container 'block.sent'|is not a sequence"):
        show.show("latest", path)


def test_of_a_run_that_has_ended_what_was_skipped_and_cancelled_is_told(remember, capsys):
    unrun = {"last": {Status.SKIPPED: 1}, "block.send": {Status.CANCELLED: 2}}
    attempts = [attempt("load", "1", 1, Status.FAILURE), attempt("block.send", "1.1", 1, Status.ACTIVE, ended=None)]
    waits = [Pending(path="last", sequence="1", attempt=0, due=NOW)]
    remember(RememberedStore(a_record(description=STEPS, unrun=unrun), attempts, waits=waits))
    show.show()
    text = capsys.readouterr().out
    assert "  block.send: 1 waiting, 2 cancelled\n  last: 1 skipped\n  never: not begun\n" in text
    assert "since" not in text
    assert "until" not in text


def test_of_a_run_that_goes_on_it_is_told_too_with_what_waits_for_resources(under_way, remember, capsys):
    attempts = [attempt("block.send", "1.1", 1, Status.FAILURE), attempt("block.send", "1.2", 1, Status.ACTIVE)]
    waits = [Pending(path="block.send", sequence="1.1", attempt=2, due=NOW)]
    remember(RememberedStore(replace(under_way, unrun=UNRUN), attempts, waits=waits))
    show.show()
    text = capsys.readouterr().out
    assert "  tasks: 1 waiting, 4 ready, 1 active, 1 skipped, 2 cancelled\n" in text
    told = "  block.send: 1 waiting, 3 ready, 1 active, 2 cancelled\n  last: 1 ready\n  never: 1 skipped\n"
    assert told in text


def test_what_waited_for_resources_of_a_run_that_nobody_drives_waits_no_more(under_way, remember, capsys):
    record = replace(under_way, status=RunStatus.INTERRUPTED, owner=None, unrun=UNRUN)
    remember(RememberedStore(record, []))
    show.show()
    assert "  block.send: 2 cancelled\n  last: not begun\n  never: 1 skipped\n" in capsys.readouterr().out


def test_who_watches_a_run_is_told_in_the_words_of_its_driver(under_way):
    attempts = [attempt("block.send", "1.1", 1, Status.FAILURE), attempt("block.send", "1.2", 1, Status.ACTIVE)]
    waits = [Pending(path="block.send", sequence=f"1.{number}", attempt=number - 3, due=NOW) for number in (3, 5)]
    record = replace(under_way, unrun=UNRUN)
    store = RememberedStore(record, attempts, waits=waits)
    assert step_numbers(read_step_states(store, record, NOW)) == {
        "load": {},
        "block.send": {"retry": 1, "delayed": 1, "queued": 3, "active": 1, "failure": 1, "cancelled": 2},
        "last": {"queued": 1},
        "never": {"skipped": 1},
    }


@pytest.fixture
def without_items(remember):
    """A run of which so many iterations of a container could not begin to repeat, and one step failed."""

    def made(count):
        problem = Problem(type="TypeError", message="'each' repeats over 5", file="flows.py", line=12)
        problems = [
            Failure(path="block.each", sequence=f"1.{number}", attempt=0, problem=problem)
            for number in range(1, count + 1)
        ]
        attempts = [attempt("load", "1", 1, Status.FAILURE)]
        record = a_record(description={**STEPS, "block.each": BLOCK})
        remember(RememberedStore(record, attempts, problems=problems))

    return made


def test_containers_that_could_not_begin_to_repeat_are_told_behind_the_steps_that_failed(without_items, capsys):
    without_items(2)
    show.show()
    text = capsys.readouterr().out
    told = [
        f"✗ failure  block.each/1.{number}\n    TypeError: 'each' repeats over 5\n    flows.py:12\n"
        for number in (1, 2)
    ]
    assert text.endswith("\n".join(["    flows.py:7\n", *told, "next: sequent recover r00412\n"]))


def test_they_are_narrowed_to_and_a_hundred_are_told(without_items, capsys):
    def told(*path, **options):
        show.show("latest", *path, **options, options=GlobalOptions(json=True))
        return [failure["sequence"] for failure in json.loads(capsys.readouterr().out)["run"]["failed_containers"]]

    without_items(101)
    assert told() == [f"1.{number}" for number in range(1, 101)]
    assert told("block.each/1.101") == ["1.101"]
    assert told("load") == []
    assert told(status=(Status.FAILURE,))
    assert told(status=(Status.SUCCESS,)) == []


def test_a_moment_is_told_in_the_zone_of_who_reads_it(remember, capsys, monkeypatch):
    reason = "next due at 2026-11-30T05:13:44+00:00"
    wait = Pending(path="load", sequence="1", attempt=0, due=1_796_015_623.5)
    record = a_record(status=RunStatus.SUSPENDED, reason=reason, counts={})
    remember(RememberedStore(record, [], waits=[wait]))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        ls.ls()
        show.show()
        text = capsys.readouterr().out
        assert text.count("next due at 2026-11-30T14:13:43+09:00") == 2
        ls.ls(options=GlobalOptions(json=True))
        assert json.loads(capsys.readouterr().out)["runs"][0]["due"] == "2026-11-30T05:13:43.500000+00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("most", [2_000, 0])
def test_the_expected_end_of_a_run_that_goes_on_is_that_of_its_page(tmp_path, capsys, monkeypatch, most):
    monkeypatch.setattr(read_expected_end, "MOST_FOLLOWED", most)
    path = str(tmp_path / "store.db")
    with closing(open_store(path)) as store:
        past_and_going(store)
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now)
        on_page = RunDigests().of(store, store.find("going")).expected_end
        show.show("going", options=GlobalOptions(store=path, json=True))
        told = json.loads(capsys.readouterr().out)["run"]["expected_end"]
        assert told["runs"] == 1
        assert datetime.fromisoformat(told["median"]).timestamp() == pytest.approx(on_page.median)
        show.show("going", options=GlobalOptions(store=path))
        assert f"\n  expected end: {moment(on_page.median)}" in capsys.readouterr().out
        show.show("past", options=GlobalOptions(store=path))
        assert "expected end" not in capsys.readouterr().out


def test_of_a_large_run_no_attempts_of_earlier_runs_are_read_for_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(read_expected_end, "MOST_FOLLOWED", 0)
    with closing(open_store(str(tmp_path / "store.db"))) as store:
        attempted(past_and_going(store), TASK_A, Status.ACTIVE)
        read, attempts = [], type(store).attempts
        monkeypatch.setattr(type(store), "attempts", lambda *given: read.append(given[1].id) or attempts(*given))
        assert read_expected_end.read_expected_end(store, store.find("going"), time.time()).runs == 1
        assert read == ["going"]
