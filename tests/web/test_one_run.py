"""The pages of one run."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from sequent.dashboard.run_digest import ATTEMPTS, RunDigests
from sequent.model.outcome import LogSpan, Problem
from sequent.model.status import RunStatus, Status
from sequent.runtime.rows import Batch, ContainerProblem, Ending, RunEnd, TaskKey, Wait
from sequent.view.timeline import MOST_BARS
from sequent.web import events
from tests.contracts.plans import DEEP, GRID, INNER, TASK_A, attempted, create, each, intent, iterated
from tests.copied_run import copied_run
from tests.web.conftest import browser_of
from tests.web.test_runs import HOSTILE


def problem(message="bad"):
    return Problem(type="ValueError", message=message, traceback="", file="", line=0, exit_code=None, signal=None)


def end(run, status=RunStatus.FAILURE):
    run.commit(Batch(end=RunEnd(status, {}, "", {})))
    run.close()


@pytest.fixture
def nested(store):
    """A run with three iterations of a container; the task in the second has failed."""
    run = create(store, "nested")
    for number in (1, 2, 3):
        iterated(run, 1, GRID, number, 10 * number, Status.FAILURE if number == 2 else Status.SUCCESS)
        iterated(run, 10 * number, INNER, 1, 10 * number + 1)
        key = TaskKey(10 * number + 1, DEEP, 0)
        attempted(
            run,
            key,
            *([Status.FAILURE] if number == 2 else []),
            **({"problem": problem(HOSTILE)} if number == 2 else {}),
        )
    end(run)


def test_failures_come_first_with_their_log_and_the_command_that_goes_on(browser, nested):
    text = browser.get("/runs/nested").text
    parts = re.findall(r'<section class="[^"]*" id="(\w+)"', text)
    assert parts[:3] == ["failures", "flow", "timeline"]
    assert "sequent recover nested" in text
    assert '/runs/nested/log?path=grid.inner.deep&amp;sequence=1.2.1&amp;attempt=1"' in text


def test_the_flow_is_drawn_with_states_and_no_style_of_its_own(browser, nested):
    text = browser.get("/runs/nested").text
    assert 'class="sequent-picture"' in text
    assert "<style" not in text
    assert not re.search(r"\sstyle=|\son\w+=", text)
    assert (
        len(re.findall("<script", text)) == len(re.findall('<script src="/static/page.js" defer></script>', text)) == 1
    )


def test_hostile_errors_are_text(browser, nested):
    for address in ("/runs/nested", "/runs/nested/tasks?path=grid.inner.deep", "/runs/nested/log"):
        text = browser.get(address).text
        assert "<script>alert" not in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b]0;owned" in browser.get("/runs/nested").text


def test_a_run_that_there_is_not_is_told(browser, nested):
    answer = browser.get("/runs/none")
    assert answer.status_code == 404
    assert "no run" in answer.text
    assert browser.get("/runs/nes").headers["location"] == "/runs/nested"
    assert browser.get("/runs/nested/what").status_code == 404


def chips(answer):
    """Per level, the chips: the iteration, whether it is chosen, and its numbers."""
    levels = re.findall(r'<nav class="chips".*?</nav>', answer.text, re.DOTALL)
    found = r'<a class="chip([^"]*)" href="([^"]*)">(.*?)</a>'
    return [
        [
            (re.sub("<[^>]*>", "", text).split(), "chosen" in classes, link)
            for classes, link, text in re.findall(found, level)
        ]
        for level in levels
    ]


def test_the_picker_is_a_path_with_the_numbers_of_each_iteration(browser, nested):
    answer = browser.get("/runs/nested/tasks?path=grid.inner.deep&at=1.*")
    root, grid = chips(answer)
    assert [(text, chosen) for text, chosen, _ in root] == [(["*"], False), (["1", "✗", "1", "failure"], True)]
    assert [(text, chosen) for text, chosen, _ in grid] == [
        (["*"], True),
        (["1"], False),
        (["2", "✗", "1", "failure"], False),
        (["3"], False),
    ]
    assert 'value="1.*"' in answer.text
    assert re.findall("<code>grid.inner.deep/([0-9.]*)</code>", answer.text) == ["1.1.1", "1.2.1", "1.3.1"]


def test_a_change_of_the_picker_clears_all_that_is_inside_of_it(browser, nested):
    answer = browser.get("/runs/nested/tasks?path=grid.inner.deep&at=1.2.1&status=failure&after=5.5")
    links = [link for text, _, link in chips(answer)[1] if text[0] == "3"]
    assert links == ["/runs/nested/tasks?path=grid.inner.deep&amp;at=1.3.%2A&amp;status=failure"]


def test_the_host_of_a_copy_is_chosen_beside_the_iterations_and_stands_in_the_path(browser, store):
    end(copied_run(store, "copied"))
    _, hosts = chips(browser.get("/runs/copied/tasks?path=load"))
    assert [(text, chosen) for text, chosen, _ in hosts] == [
        (["*"], True),
        (["etl1"], False),
        (["etl2.example", "✗", "1", "failure"], False),
    ]
    answer = browser.get(hosts[2][2].replace("&amp;", "&"))
    assert "<h2>load@etl2.example/1.*</h2>" in answer.text
    assert re.findall("<code>(load@[^<]*)</code>", answer.text) == [f"load@etl2.example/1.{n}" for n in (1, 2, 3)]
    assert [(text[0], chosen) for text, chosen, _ in chips(answer)[1]] == [
        ("*", False),
        ("etl1", False),
        ("etl2.example", True),
    ]
    part = "/runs/copied/tasks?path=rounds.group.part&at="
    assert [len(level) for level in chips(browser.get(f"{part}1.*"))] == [2, 3]
    rounds = chips(browser.get(f"{part}1.2.*"))
    assert [text[0] for text, _, _ in rounds[2]] == ["*", "etl1", "etl2.example"]
    answer = browser.get(rounds[2][1][2].replace("&amp;", "&"))
    assert re.findall("<code>([^<]*)/1.2.1</code>", answer.text) == ["rounds.group@etl1.part"]
    # Another iteration around the copies clears the host.
    links = {text[0]: link for text, _, link in chips(answer)[1]}
    assert links["1"] == "/runs/copied/tasks?path=rounds.group.part&amp;at=1.1.%2A"
    assert browser.get("/runs/copied/tasks?path=none@etl1").status_code == 400


def test_the_tasks_of_a_failed_run_open_at_its_failures(browser, nested):
    text = browser.get("/runs/nested/tasks").text
    assert re.findall("<code>grid.inner.deep/([0-9.]*)</code>", text) == ["1.2.1"]
    assert "<option selected>grid.inner.deep</option>" in text
    assert '<option value="failure" selected>' in text
    succeeded = browser.get("/runs/nested/tasks?path=grid.inner.deep&status=success").text
    assert re.findall("<code>grid.inner.deep/([0-9.]*)</code>", succeeded) == ["1.1.1", "1.3.1"]


@pytest.mark.parametrize("query", ["at=x", "at=1.-2", "status=fine", "path=none", "after=a.b", "from=x"])
def test_an_address_that_no_link_has_is_refused(browser, nested, query):
    assert browser.get(f"/runs/nested/tasks?{query}").status_code == 400


def test_a_run_that_has_not_changed_is_not_counted_again(browser, nested, store, monkeypatch):
    made = []
    counted = type(store).standings
    monkeypatch.setattr(type(store), "standings", lambda *given: made.append(1) or counted(*given))
    for address in ("/runs/nested", "/runs/nested", "/runs/nested/tasks", "/runs/nested/log"):
        assert browser.get(address).status_code == 200
    assert len(made) == 1


def past_and_going(store):
    """A run whose only attempt took five minutes, and one that goes on."""
    past = create(store, "past")
    start = past.record.created
    past.commit(Batch(intents=[intent(TASK_A, at=start)]))
    past.commit(Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, start + 300)]))
    end(past, RunStatus.SUCCESS)
    return create(store, "going")


def test_a_run_that_goes_on_has_an_expected_end(browser, store):
    run = past_and_going(store)
    assert "expected end" not in browser.get("/runs/past").text
    text = browser.get("/runs/going").text
    (expected,) = re.findall(r'<dt>expected end</dt><dd><time datetime="([^"]+)">', text)
    assert datetime.fromisoformat(expected).timestamp() == pytest.approx(run.record.created + 300, abs=2)
    assert "from 1 earlier run)" in text
    end(run)
    assert "expected end" not in browser.get("/runs/going").text


def test_an_expected_end_is_computed_again_as_time_passes_though_nothing_happens(store):
    past_and_going(store)
    record, digests = store.find("going"), RunDigests()
    kept = digests.of(store, record)
    assert digests.of(store, record) is kept
    digests._kept[record.number].digest = replace(kept, at=kept.at - 60, cost=0.0)
    assert digests.of(store, record).at >= kept.at


def test_the_first_page_is_as_large_for_many_tasks_as_for_few(browser, store):
    sizes = {}
    for name, count in (("few", 50), ("many", 2_000)):
        run = create(store, name)
        keys = [each(iteration) for iteration in range(1, count + 1)]
        for at in range(0, count, 500):
            for key in keys[at : at + 500]:
                attempted(run, key, Status.FAILURE, at=run.record.created + key.iteration / count, problem=problem())
        end(run)
        sizes[name] = len(browser.get(f"/runs/{name}").content)
    assert sizes["many"] < 300_000
    assert sizes["many"] < sizes["few"] * 1.4


def test_few_attempts_are_bars_with_their_waits_and_many_are_numbers_over_time(browser, store, monkeypatch):
    read, attempts = [], type(store).attempts
    monkeypatch.setattr(type(store), "attempts", lambda *given: read.append(given[1].id) or attempts(*given))
    run = create(store, "few")
    start = run.record.created
    attempted(run, each(1), at=start + 1)
    attempted(run, each(2), Status.FAILURE, at=start + 5, problem=problem())
    attempted(run, each(2), attempt=2, at=start + 9)
    end(run)
    bars = re.findall(r'class="bar (\w+)"|class="(waiting|many)"', browser.get("/runs/few").text)
    assert [bar or line for bar, line in bars] == ["waiting", "success", "waiting", "failure", "waiting", "success"]
    for count in (MOST_BARS + 1, ATTEMPTS + 1):
        run = create(store, f"of{count}")
        for at in range(count):
            attempted(run, each(at + 1), Status.SUCCESS if at else Status.FAILURE, at=run.record.created + at)
        end(run)
        text = browser.get(f"/runs/of{count}").text
        assert 'class="bar ' not in text
        assert 'class="many"' in text
        assert f"{count:,} attempts" in text
        assert "<title>1 failed</title>" in text
    assert read == ["few", f"of{MOST_BARS + 1}"]


def test_the_time_of_an_interrupted_run_ends_with_its_last_attempt(store):
    run = create(store, "lost")
    start = run.record.created
    for second in range(9):
        attempted(run, each(second + 1), at=start - 9 + second)
    attempted(run, TASK_A, Status.ACTIVE, at=start)
    run.close()
    record = store.find("lost")
    record = type(record)(**{name: getattr(record, name) for name in record.__struct_fields__} | {"created": start - 9})
    timeline = RunDigests().of(store, record).timeline
    assert timeline.axis.spans == ((start - 9, start),)
    assert [bar.word for row in timeline.rows for bar in row.bars] == ["lost", *["success"] * 9]


def test_a_failure_that_is_tried_again_is_none_and_a_container_that_failed_is_one(browser, store):
    run = create(store, "going")
    attempted(run, TASK_A, Status.FAILURE, problem=problem())
    assert 'id="failures"' in browser.get("/runs/going").text
    run.commit(Batch(waits=[Wait(TASK_A, 2, "", 0.0, run.record.created + 9000, None)]))
    assert 'id="failures"' not in browser.get("/runs/going").text
    run.commit(Batch(container_problems=[ContainerProblem(1, GRID, problem("no list"))]))
    end(run)
    failures = re.findall(r'<section class="card alarm".*?</section>', browser.get("/runs/going").text, re.DOTALL)[0]
    assert "ValueError: no list" in failures
    assert "/log?path=grid" not in failures


def test_news_of_a_run_are_told_until_it_is_not_driven(store, browser, monkeypatch, tmp_path):
    monkeypatch.setattr(events, "_REST", 0.01)
    monkeypatch.setattr(events, "_QUIET", 1)
    run = create(store, "going")
    site = browser.app._app.state.site

    async def told():
        found = []
        async for event in events._events(site, run.record):
            found.append(event.splitlines()[0])
            if found.count(": quiet") == 1 and found[-1] == ": quiet":
                attempted(run, TASK_A)
            elif found[-1] == "event: news":
                run.close()
        return [event for event in found if event != ": quiet"]

    assert asyncio.run(told()) == ["retry: 5000", "event: news", "event: news", "event: end"]


def test_a_failure_shows_the_end_of_its_log_with_links_to_the_lines(browser, store):
    run = create(store, "failed")
    content = b"".join(b"line %d <i>\n" % number for number in range(1, 31))
    span = LogSpan(segment="s1.log", offset=0, length=len(content))
    path = Path(store.log_file(run.record, span))
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(content)
    attempted(run, TASK_A, Status.FAILURE, problem=problem(), log=span)
    end(run)
    text = browser.get("/runs/failed").text
    assert "line 30 &lt;i&gt;" in text
    assert "line 1 &lt;i&gt;" not in text
    assert "/runs/failed/log?path=a&amp;sequence=1&amp;attempt=1&amp;line=30#L30" in text
    path.unlink()
    assert browser.get("/runs/failed").status_code == 200


def test_steps_that_have_not_begun_say_why(browser, sequent):
    (sequent.directory / "why.py").write_text(
        "from sequent import container, step\n"
        "@container\n"
        "class flow:\n"
        "    @step\n"
        "    def first(self): raise ValueError('bad')\n"
        "    @step(requires=first)\n"
        "    def second(self): ...\n"
        "    @step\n"
        "    def copy(self): ...\n"
        "    @container(requires=first)\n"
        "    class rest:\n"
        "        @step\n"
        "        def third(self): ...\n"
    )
    sequent("run", "why.py:flow", "--run-id", "r1")
    answer = browser_of(sequent.store).get("/runs/r1")
    (row,) = re.findall(r'<tr data-row>\s*<td class="path"><a[^>]*>second</a>.*?</tr>', answer.text, re.DOTALL)
    told = json.loads(sequent("why", "r1", "second", "--json").stdout)
    assert told["why"]["sentence"] == "second/1 was skipped because first/1 failed"
    assert ">was skipped because first/1 failed<" in row
    (row,) = re.findall(r'<tr data-row>\s*<td class="path"><a[^>]*>rest\.third</a>.*?</tr>', answer.text, re.DOTALL)
    assert row.count("not begun") == 1
    # The name of a method of Python's own.
    assert "built-in" not in answer.text


def test_a_result_of_records_is_a_table(sequent):
    (sequent.directory / "counted.py").write_text(
        "from sequent import container, step\n@container\nclass counted:\n    @step\n"
        "    def count(self) -> list[dict[str, int]]: return [{'<b>': 1}]\n    result = count\n"
    )
    sequent("run", "counted.py:counted", "--run-id", "r1")
    assert "<th>&lt;b&gt;</th>" in browser_of(sequent.store).get("/runs/r1").text


def test_a_run_is_compared_with_earlier_ones_that_succeeded(browser, store):
    for number, seconds in enumerate((14, 10, 12, 10, 14, 30)):
        run = create(store, f"run{number}")
        start = run.record.created
        run.commit(Batch(intents=[intent(TASK_A, at=start)]))
        run.commit(Batch(endings=[Ending(TASK_A, 1, Status.SUCCESS, start + seconds)]))
        end(run, RunStatus.SUCCESS)
    failed = create(store, "failed")
    end(failed)
    other = create(store, "other", "another")
    end(other, RunStatus.SUCCESS)
    text = browser.get("/runs/run5/compare").text
    (row,) = re.findall(r'<tr data-row>\s*<td class="path"><a[^>]*>a</a>.*?</tr>', text, re.DOTALL)
    assert re.findall(r'"number">([0-9.]+ s)', row) == ["30.0 s", "12.0 s"]
    assert "usually 10.0 s to 14.0 s, median 12.0 s; here 30.0 s" in row
    assert ">late<" in row
    assert re.findall(r'<a href="/runs/(\w+)"><code>', text) == ["run4", "run3", "run2", "run1", "run0"]
    assert ">late<" not in browser.get("/runs/run4/compare").text
    assert "No earlier run" in browser.get("/runs/run0/compare").text
