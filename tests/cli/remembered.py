"""A store of one run, made by hand."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

from sequent.cli.arguments.options import store_option
from sequent.model.commands import with_store
from sequent.model.outcome import Problem
from sequent.model.status import Status
from sequent.runtime.records import AttemptRecord

PROBLEM = Problem(type="ValueError", message="no rows", file="flows.py", line=7)


def attempt(path, sequence, number, status, **more):
    problem = PROBLEM if status is Status.FAILURE else None
    fields = {"started": 1_700_000_000.0, "ended": 1_700_000_001.0, "problem": problem, "log": None, **more}
    return AttemptRecord(path=path, sequence=sequence, attempt=number, status=status, **fields)


class NoPlaces:
    """The places of a run of which nothing has begun."""

    def standing(self, path, sequence):
        return None


class Tasks:
    """The tasks of a run, by their attempts in order."""

    def __init__(self, attempts):
        self.attempts = attempts

    def failed_attempts(self, limit):
        last = {(one.path, one.sequence): one for one in self.attempts}
        failed = [one for one in last.values() if one.status is Status.FAILURE]
        return len(failed), failed[:limit]


class RememberedStore:
    """A store of one run."""

    name = "runs.db"

    def __init__(self, record, attempts, file="", waits=(), problems=()):
        self.record, self.kept, self.file, self.waits = record, attempts, file, list(waits)
        self.problems = list(problems)

    def runs(self, flow=None, limit=None):
        return [self.record] if flow in (None, self.record.target.flow) else []

    def find(self, run_id, flow=None):
        return self.record

    def runs_within(self, *_):
        return []

    def attempts(self, run, path=None):
        return iter([a for a in self.kept if path in (None, a.path)])

    def standings(self, run):
        found = {}
        for last in {(one.path, one.sequence): one for one in self.kept}.values():
            found.setdefault(last.path, Counter())[last.status] += 1
        return found

    def tasks(self, run):
        return Tasks(self.kept)

    def container_problems(self, run):
        return self.problems

    def interventions(self, run):
        return []

    def story(self, run):
        return iter(())

    def pending(self, run):
        return self.waits

    def places(self, run):
        return NoPlaces()

    def log_file(self, run, span):
        return self.file

    def close(self):
        pass


def opening(store):
    """Stands for ``opened_store``: gives that store, which commands are to name as it was typed."""

    @contextmanager
    def opened(options, *, waits=False):
        with with_store(store_option(options)):
            yield store

    return opened
