"""The form of an answer to a question of a run."""

from __future__ import annotations

import json
import re
from contextlib import closing

from starlette.testclient import TestClient

from sequent.runtime.store import open_store
from tests.web.conftest import ACCESS, HOST, browser_of, pages_of


def test_the_form_of_an_answer_shows_the_question(sequent):
    (sequent.directory / "ships.py").write_text(
        "from sequent import approve, container\n@container\nclass ships:\n    ship = approve('Ship <it>?')\n"
    )
    sequent("run", "ships.py:ships", "--run-id", "r1", "--max-loops", "1")
    browser = browser_of(sequent.store)
    assert "<strong>Ship &lt;it&gt;?</strong>" in browser.get("/runs/r1/actions/approve?place=ship/1").text
    facts = re.search(r"<dt>tasks</dt><dd>(.*?)</dd>", browser.get("/runs/r1").text, re.DOTALL)[1]
    assert "".join(re.sub("<[^>]*>", " ", facts).split()) == "?1asked", "the head counts questions"
    for other in ("approve?place=none", "approve", "hold?place=ship"):
        assert "<strong>Ship" not in browser.get(f"/runs/r1/actions/{other}").text


def test_an_answer_is_given_by_its_fields_with_their_types(sequent):
    (sequent.directory / "ships.py").write_text(
        "from dataclasses import dataclass\n"
        "from sequent import approve, container\n"
        "@dataclass\n"
        "class Terms:\n"
        "    copies: int\n"
        "    note: str = ''\n"
        "    urgent: bool = False\n"
        "@container\n"
        "class ships:\n"
        "    ship = approve('Ship it?', receive=Terms)\n"
        "    many = approve('How many?', receive=list[int])\n"
        "    plain = approve('Sure?')\n"
    )
    sequent("run", "ships.py:ships", "--run-id", "r1", "--max-loops", "1")
    app = pages_of(sequent.store, allows_actions=True)
    browser = TestClient(app, base_url=f"http://{HOST}")
    browser.get(f"/?token={ACCESS.token}")

    def fields(place):
        text = browser.get(f"/runs/r1/actions/approve?place={place}").text
        return re.findall(r"<label><span>(\w+) <code>([^<]*)</code></span>\s*<(\w+)", text)

    assert fields("ship") == [("copies", "int", "input"), ("note", "str", "input"), ("urgent", "bool", "select")]
    assert fields("many") == [("Value", "list[int]", "input")]
    assert fields("plain") == []

    def answer(**values):
        headers = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
        data = {"token": ACCESS.form_token, "outcome": "success", **values}
        answered = browser.post("/runs/r1/actions/approve", data=data, headers=headers)
        assert answered.status_code == 200, answered.text

    answer(place="ship", **{"field.copies": "3", "field.note": "12", "field.urgent": "true", "field.other": "1"})
    answer(place="many", **{"field.": "[1, 2]"})
    answer(place="plain")
    with closing(open_store(str(sequent.store))) as store:
        results = [each.request.result for each in store.interventions(store.find("r1"))]
    assert [json.loads(result) if result else None for result in results] == [
        {"copies": 3, "note": "12", "urgent": True},
        [1, 2],
        None,
    ]
    assert sequent("continue", "r1").returncode == 0
