"""A run that is watched in plain lines, and a failure of it."""

from __future__ import annotations

import io

from sequent.cli.output.progress import PlainProgress
from sequent.cli.output.terminal import Lines
from sequent.model.outcome import LogSpan, Problem
from sequent.model.status import Status
from tests.cli.plans import ROOT, a_record, wide_plan

TRACEBACK = """Traceback (most recent call last):
  File "flows.py", line 41, in load
    return read(region)
  File "reading.py", line 7, in read
    raise ValueError(region)
ValueError: no rows for eu
"""
PROBLEM = Problem(type="ValueError", message="no rows for eu", traceback=TRACEBACK, file="reading.py", line=7)
LOG = LogSpan(segment="s", offset=0, length=10)


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def watched(names, **options):
    stream, clock = io.StringIO(), Time()
    progress = PlainProgress(Lines(stream), clock=clock, **options)
    progress.run_began(a_record(), wide_plan(names))
    return progress, stream, clock


def settle(progress, node, status=Status.SUCCESS, problem=None):
    progress.task_started(ROOT, node, 1)
    progress.task_settled(ROOT, node, 1, status, problem, LOG if problem else None)
