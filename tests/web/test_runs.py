"""The list of runs."""

from __future__ import annotations

import html
import re
from datetime import UTC, date, datetime

import pytest

from sequent.dashboard.run_query import PAGE
from sequent.model.run_target import Target
from sequent.model.status import RunStatus
from sequent.runtime.records import PastRun
from sequent.runtime.rows import Batch
from sequent.web.outcome_calendar import weeks_of
from tests.contracts.plans import create, ended, plan

HOSTILE = "<script>alert(1)</script>\x1b]0;owned\x07'\"&"


def names(answer):
    """The runs in the list, in order."""
    assert answer.status_code == 200
    return re.findall(r'class="name" href="/runs/([^"]*)"', answer.text)


@pytest.fixture
def three_runs(store):
    ended(store, "good", RunStatus.SUCCESS)
    ended(store, "bad", RunStatus.FAILURE, "nightly")
    create(store, "lost", "nightly").close()


def test_an_empty_store_says_how_to_start(browser):
    assert "There are no runs yet" in browser.get("/").text


def test_the_latest_run_comes_first_and_each_status_is_a_word(browser, three_runs):
    answer = browser.get("/")
    assert names(answer) == ["lost", "bad", "good"]
    assert re.findall(r'class="status (\w+)"', answer.text) == ["interrupted", "failure", "success"]
    assert all(f'class="word">{word}</span>' in answer.text for word in ("interrupted", "failure", "success"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("flow=nightly", ["lost", "bad"]),
        ("status=failure", ["bad"]),
        ("status=interrupted", ["lost"]),
        ("status=failure&flow=small", []),
        ("q=GOO", ["good"]),
        ("q=monday", ["lost", "bad", "good"]),
        ("q=%25", []),
        ("day=2001-01-01", []),
    ],
)
def test_a_filter_is_in_the_address(browser, three_runs, query, shown):
    assert names(browser.get(f"/?{query}")) == shown


def test_the_day_of_a_run_finds_it(browser, three_runs, store):
    today = datetime.fromtimestamp(store.find("good").created, UTC).astimezone().date()
    assert names(browser.get(f"/?day={today}")) == ["lost", "bad", "good"]


@pytest.mark.parametrize(
    "query",
    [
        "status=fine",
        "day=yesterday",
        "day=0001-01-01",
        "day=9999-12-31",
        "before=x",
        "before=-1",
        "before=" + "9" * 40,
    ],
)
def test_an_address_that_no_link_has_is_refused_with_a_hint(browser, query):
    answer = browser.get(f"/?{query}")
    assert answer.status_code == 400
    assert "faint" in answer.text


def test_pages_follow_each_other_without_gaps(browser, store):
    expected = [f"run{number:03}" for number in range(PAGE * 2 + 1)]
    for name in expected:
        ended(store, name, RunStatus.SUCCESS if name.endswith("0") else RunStatus.FAILURE)
    for query, wanted in (("", expected), ("?status=success", [name for name in expected if name.endswith("0")])):
        found, address = [], f"/{query}"
        while address:
            answer = browser.get(address)
            found += names(answer)
            following = re.search(r'rel="next" href="([^"]*)"', answer.text)
            address = following[1].replace("&amp;", "&") if following else ""
        assert found == wanted[::-1]


def test_hostile_names_are_text(browser, store):
    run = store.create(Target(flow=HOSTILE, file="/x.py"), plan(), "r1", {})
    run.close()
    text = browser.get(f"/?q={HOSTILE.encode().hex()}").text + browser.get("/").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text)


def test_a_run_that_cannot_be_read_is_listed_as_damaged(browser, three_runs, store):
    store._session.connection.execute("UPDATE run SET counts = '?' WHERE id = 'bad'")
    answer = browser.get("/")
    assert names(answer) == ["lost", "bad", "good"]
    assert 'class="status damaged"' in answer.text


def test_a_run_that_waits_has_a_short_reason(browser, store):
    run = create(store, "waits", "nightly")
    run.commit(Batch(reason="'load' is held since 08:20 by ada: the disk is full"))
    assert "'load' is held since 08:20 by ada</span>" in html.unescape(browser.get("/").text)
    run.close()


def test_the_calendar_shows_the_worst_outcome_of_each_day():
    noon = datetime(2026, 11, 24, 12).astimezone().timestamp()
    runs = [PastRun(number, "f", status, noon) for number, status in enumerate((RunStatus.SUCCESS, RunStatus.FAILURE))]
    weeks = weeks_of(runs, date(2026, 11, 26))
    days = {day.date: day for week in weeks for day in week}
    assert (min(days).weekday(), max(days), [len(week) for week in weeks][-2:]) == (0, date(2026, 11, 26), [7, 4])
    assert days[date(2026, 11, 24)].status is RunStatus.FAILURE
    assert days[date(2026, 11, 24)].text == "Tue 24 Nov: 1 success, 1 failure"
    assert days[date(2026, 11, 25)].status is None


def test_a_day_of_the_calendar_is_a_link_with_its_outcome_as_glyph_and_words(browser, three_runs):
    (link,) = re.findall(r'<a class="day failure" href="/\?day=[0-9-]+" [^>]*>.</a>', browser.get("/").text)
    assert 'aria-label="' in link
    assert link.endswith(">✗</a>")


def test_the_id_of_a_run_leads_to_it_as_the_name_of_its_flow_does(browser, three_runs):
    text = browser.get("/").text
    assert re.search('<td class="mono"><a href="/runs/bad"[^>]*>bad</a>', text)
    assert re.search('<a class="name" href="/runs/bad">nightly</a>', text)
