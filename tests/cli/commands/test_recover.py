"""What ``recover`` refuses, and what it has no need to do."""

from __future__ import annotations

import json

import pytest

from sequent.cli.arguments.options import GlobalOptions
from sequent.cli.commands import recover
from sequent.errors import UsageError
from sequent.model.description import Part, PartKind
from sequent.model.run_target import Target
from sequent.model.status import Action, RunStatus, Status
from tests.cli.plans import OneRun, a_record
from tests.cli.remembered import opening


@pytest.fixture
def put(monkeypatch):
    def put(store):
        monkeypatch.setattr(recover, "opened_store", opening(store))

    return put


def test_a_finished_run_is_left_alone_and_that_is_said(put, capsys):
    put(OneRun(a_record(status=RunStatus.SUCCESS)))
    assert recover.recover("r00412") == 0
    captured = capsys.readouterr()
    assert "r00412 of nightly finished with success at 2023-11-1" in captured.err
    assert "nothing to do" in captured.err
    assert captured.out == ""


def test_a_finished_run_is_a_document_with_json(put, capsys):
    put(OneRun(a_record(status=RunStatus.SUCCESS)))
    assert recover.recover("r00412", options=GlobalOptions(json=True)) == 0
    assert json.loads(capsys.readouterr().out)["run"]["status"] == "success"


def test_the_latest_run_is_named_before_it_is_recovered(put, own_file, capsys):
    put(OneRun(a_record(), str(own_file)))
    own_file.chmod(0o666)
    with pytest.raises(UsageError):
        recover.recover()
    assert capsys.readouterr().err.startswith("recovering r00412, a run of nightly started at 2023-11-1")


def test_the_refusal_says_how_to_name_the_flow(put, own_file):
    own_file.chmod(0o666)
    put(OneRun(a_record(), str(own_file)))
    with pytest.raises(UsageError) as caught:
        recover.recover("r00412")
    assert caught.value.code == "foreign-store"
    assert "sequent recover r00412 --flow module:flow" in caught.value.hint


def test_a_finished_run_goes_on_where_something_is_asked_for(put, own_file):
    own_file.chmod(0o666)
    put(OneRun(a_record(status=RunStatus.SUCCESS), str(own_file)))
    with pytest.raises(UsageError, match="is not loaded from the place in the store"):
        recover.recover("r00412", directives=recover.DirectiveOptions(rerun=("a",)))


def test_and_where_a_step_of_it_runs_again_whenever_it_is_recovered(put, own_file):
    own_file.chmod(0o666)
    again = Part(kind=PartKind.STEP, options={"recovery": {Status.FAILURE: Action.SKIP, Status.SUCCESS: Action.RERUN}})
    put(OneRun(a_record(status=RunStatus.SUCCESS, description={"a": again}), str(own_file)))
    with pytest.raises(UsageError, match="is not loaded from the place in the store"):
        recover.recover("r00412")


def test_of_a_script_that_is_in_no_file_a_plan_says_where_it_is_to_be(put, own_file):
    target = Target(flow="nightly", module="__main__", is_script=True, argv=("p", "-c", "..."), cwd="/")
    put(OneRun(a_record(target=target), str(own_file)))
    with pytest.raises(UsageError, match="the flow 'nightly' was typed after 'python -c'") as caught:
        recover.recover("r00412", directives=recover.DirectiveOptions(plan=True))
    assert "--flow path/file.py:flow" in caught.value.hint
