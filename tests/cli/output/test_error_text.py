"""How errors are told."""

from __future__ import annotations

import json

from sequent.cli.output.error_text import as_text, report
from sequent.cli.output.text import Paint
from sequent.errors import BusyError, DefinitionError, InvalidFlowError, Place

PLAIN = Paint(is_on=False)


def two_mistakes() -> InvalidFlowError:
    return InvalidFlowError(
        (
            DefinitionError("'load' waits for itself", code="cycle", place=Place("flows.py", 14), path="load"),
            DefinitionError("'sned' is no step", place=Place("flows.py", 20), hint="did you mean 'send'?"),
        )
    )


def test_an_error_is_a_line_with_its_place_and_the_way_out():
    error = DefinitionError("'sned' is no step", place=Place("flows.py", 20), hint="did you mean 'send'?")
    assert as_text(error, PLAIN) == "error: flows.py:20: 'sned' is no step\n  hint: did you mean 'send'?"


def test_an_error_names_its_step_where_its_message_does_not():
    told = DefinitionError("'retries' is 'x'", place=Place("flows.py", 20), path="transmit.alert")
    assert as_text(told, PLAIN) == "error: flows.py:20: 'transmit.alert': 'retries' is 'x'"
    assert str(told) == "flows.py:20: 'transmit.alert': 'retries' is 'x'"
    named = DefinitionError("'load' waits for itself", path="load")
    assert as_text(named, PLAIN) == "error: 'load' waits for itself"


def test_every_mistake_of_a_flow_is_told_and_exits_2(capsys):
    assert report(two_mistakes(), as_json=False, with_traceback=False) == 2
    text = capsys.readouterr().err
    assert "flows.py:14: 'load' waits for itself" in text
    assert "flows.py:20: 'sned' is no step" in text


def test_every_mistake_is_in_the_document_with_the_same_fields(capsys):
    report(two_mistakes(), as_json=True, with_traceback=False)
    problems = json.loads(capsys.readouterr().out)["error"]["problems"]
    assert [problem["code"] for problem in problems] == ["cycle", "definition"]
    assert problems[0]["place"] == {"file": "flows.py", "line": 14}
    assert problems[0]["path"] == "load"
    assert problems[1]["hint"] == "did you mean 'send'?"


def test_an_error_cannot_steer_the_terminal():
    assert "\x1b" not in as_text(BusyError("driven by '\x1b]0;owned\x07'", hint="\x1b[2J"), PLAIN)


def test_what_the_system_refuses_is_one_line_and_exits_4(capsys):
    error = PermissionError(13, "Permission denied", "/srv/store.db")
    assert report(error, as_json=False, with_traceback=False) == 4
    assert capsys.readouterr().err == "error: '/srv/store.db': Permission denied\n"


def test_a_mistake_of_sequent_itself_says_so_without_a_traceback(capsys):
    assert report(KeyError("frame"), as_json=False, with_traceback=False) == 4
    text = capsys.readouterr().err
    assert "Sequent itself failed: KeyError" in text
    assert "Traceback" not in text
