"""Errors that end a script which is run again: the command raises the same."""

from __future__ import annotations

import sys

import pytest

from sequent.errors import (
    DefinitionError,
    HostError,
    HostStage,
    InvalidFlowError,
    Place,
    SequentError,
    UnreachableHostsError,
    UsageError,
)
from sequent.model.variables import RECOVER_RAISED
from sequent.runtime.recovery.script_errors import read_raised, write_raised

GONE = HostError("no answer", host="far", stage=HostStage.CONNECTION, tried="far:22", hint="try it by hand")
WRONG = DefinitionError("'a' requires itself", code="cycle", place=Place("flow.py", 3), path="a")
RAISED = {
    "usage": UsageError("there is no run 'r1'", code="unknown", hint="list them"),
    "a host": GONE,
    "several hosts": UnreachableHostsError([GONE, GONE], 3),
    "mistakes of a flow": InvalidFlowError((WRONG, WRONG)),
}


@pytest.mark.parametrize("error", RAISED.values(), ids=RAISED)
def test_an_error_is_raised_again_as_it_was(error: SequentError, tmp_path, monkeypatch):
    file = tmp_path / "raised"
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setenv(RECOVER_RAISED, str(file))
    write_raised()
    sys.excepthook(type(error), error, None)
    again = read_raised(file)
    assert again is not None
    assert type(again) is type(error)
    assert (str(again), again.code, again.exit_code) == (str(error), error.code, error.exit_code)
    assert again.__notes__ == [f"{type(error).__module__}.{type(error).__name__}: {error}\n"]


def test_a_script_that_ended_without_one_has_none(tmp_path):
    assert read_raised(tmp_path / "raised") is None
