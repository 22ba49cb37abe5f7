"""Actions: only with the token of a form, only where they are allowed, and through the same door as the commands."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from sequent.model.interventions import InterventionKind
from sequent.model.status import Status
from sequent.runtime import intervention_requests
from tests.contracts.plans import TASK_A, attempted, create
from tests.web.conftest import ACCESS, HOST, pages_of

ORIGIN = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}


@pytest.fixture
def run(store, monkeypatch):
    """A run that this process drives and that answers nothing."""
    monkeypatch.setattr(intervention_requests, "LOOKS", 1)
    return create(store, "r1")


@pytest.fixture
def actor(store, tmp_path):
    """A browser whose server allows actions."""
    app = pages_of(tmp_path / "store.db", allows_actions=True)
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=False) as client:
        client.get(f"/?token={ACCESS.token}")
        yield client


def do(browser, kind, headers=ORIGIN, **fields):
    data = {"token": ACCESS.form_token, **fields}
    return browser.post(f"/runs/r1/actions/{kind}", data=data, headers=headers)


def asked(store):
    return [each.request for each in store.interventions(store.find("r1"))]


def test_a_server_that_only_reads_shows_the_command_and_refuses_the_action(browser, run, store):
    text = browser.get("/runs/r1/actions/stop").text
    assert "sequent stop r1" in text
    assert "<form" not in text
    assert do(browser, "stop").status_code == 403
    assert "actions/stop" not in browser.get("/runs/r1").text
    assert asked(store) == []


@pytest.mark.parametrize("token", ["", "wrong", ACCESS.token, ACCESS.form_token[:-1]])
def test_a_form_without_the_token_of_this_server_is_refused(actor, run, store, token):
    assert do(actor, "stop", token=token).status_code == 403
    assert asked(store) == []


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.com"}, {**ORIGIN, "sec-fetch-site": "cross-site"}])
def test_a_form_of_another_page_does_nothing_even_with_the_token(actor, run, store, headers):
    assert do(actor, "stop", headers=headers).status_code == 403
    assert asked(store) == []


def test_a_look_at_an_action_does_nothing_and_tells_what_will_follow(actor, run, store):
    attempted(run, TASK_A, Status.ACTIVE)
    text = actor.get("/runs/r1/actions/stop").text
    assert "Effect: it stops once running steps have finished." in text
    assert "1 task of the run is active now" in re.sub(r"\s+", " ", text)
    assert asked(store) == []


def test_each_action_reaches_the_run_with_its_reason_and_is_told(actor, run, store):
    assert "asked process" in do(actor, "stop", why="maintenance").text
    do(actor, "hold", place="grid", why="<b>")
    do(actor, "release", place="grid")
    do(actor, "mark", place="many/1.2", outcome="failure", why="broken")
    do(actor, "mark", place="a", outcome="success", result="[1]")
    do(actor, "kill")
    found = [(each.kind.value, each.place, each.outcome, each.result, each.why) for each in asked(store)]
    assert found == [
        ("stop", "", "", "", "maintenance"),
        ("hold", "grid", "", "", "<b>"),
        ("release", "grid", "", "", ""),
        ("mark", "many/1.2", "failure", "", "broken"),
        ("mark", "a", "success", "[1]", ""),
        ("kill", "", "", "", ""),
    ]
    text = actor.get("/runs/r1").text
    assert "maintenance" in text
    assert "&lt;b&gt;" in text


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("hold", {}, "no part of the run is named"),
        ("hold", {"place": "nowhere"}, "no step or container"),
        ("mark", {"place": "a", "result": "{"}, "is not JSON"),
        ("mark", {"place": "a", "outcome": "failure", "result": "1"}, "a failure has no result"),
        ("approve", {"place": "a"}, "asks no question"),
        ("fly", {}, "is not an action"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_asked_for(actor, run, store, kind, fields, told):
    answer = do(actor, kind, **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert asked(store) == []


def test_a_run_that_nothing_drives_is_not_stopped_and_the_error_says_what_to_do(actor, run, store):
    run.close()
    answer = do(actor, "stop")
    assert answer.status_code == 400
    assert "sequent recover r1" in answer.text


def test_a_form_that_is_too_long_is_refused(actor, run, store):
    assert do(actor, "mark", place="a", result="1" * (1 << 20)).status_code == 400


def test_the_page_of_a_run_leads_to_its_actions_where_they_are_allowed(actor, run):
    text = actor.get("/runs/r1").text
    assert 'href="/runs/r1/actions/stop"' in text
    assert [kind.value for kind in InterventionKind if f"/actions/{kind.value}" in text] == ["stop", "kill", "hold"]
