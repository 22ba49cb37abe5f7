"""The reports of a host's outcomes: what a person reads in them is about the files of this machine."""

from __future__ import annotations

import pytest

from sequent.model.outcome import Problem
from sequent.runtime.executors.remote.outcome_reports import OutcomeReports
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempt
from sequent.runtime.hosts.protocol.messages import EndedThere
from sequent.runtime.hosts.shipping.bundle import flow_root
from sequent.runtime.orders import AttemptEnded
from tests.runtime.hosts.speaking import order

SENT = f"/home/etl/.cache/sequent/ship/{'ab' * 32}"


@pytest.mark.parametrize("sent", [SENT, f"{SENT}-plain"])
def test_the_place_of_a_failure_in_modules_that_were_sent_is_the_authors_file(sent):
    there = f"{sent}/jobs/load.py"
    problem = Problem(type="E", message="no", file=there, line=3, traceback=f'  File "{there}", line 3, in load\n')
    outcome = EndedThere("t1", AttemptEnded(1, 1, 1, problem=problem))
    attempt = RemoteAttempt(order("t1"))
    (report, *_) = OutcomeReports("far", "", "/srv/flows").of(attempt, outcome, None)
    assert (report.problem.file, report.problem.line) == ("/srv/flows/jobs/load.py", 3)
    assert report.problem.traceback == '  File "/srv/flows/jobs/load.py", line 3, in load\n'
    (report, *_) = OutcomeReports("far", "").of(attempt, outcome, None)
    assert report.problem.file == there


@pytest.mark.parametrize(
    ("module", "file", "root"),
    [
        ("fleet", "/srv/flows/fleet.py", "/srv/flows"),
        ("acme.jobs", "/srv/acme/jobs.py", "/srv"),
        ("acme.jobs", "/srv/acme/jobs/__init__.py", "/srv"),
        ("acme", "/srv/acme/__init__.py", "/srv"),
    ],
)
def test_files_that_are_sent_keep_their_names_below_a_directory(module, file, root):
    assert flow_root(module, file) == root
