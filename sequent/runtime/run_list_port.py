"""The port to the list of all runs."""

from __future__ import annotations

from typing import Protocol

from sequent.runtime.records import PastRun, RunRecord
from sequent.runtime.task_list_port import TaskList


class RunList(Protocol):
    """The runs of a store. Every method may raise ``StoreError``."""

    def runs(self, flow: str | None = None, limit: int | None = None) -> list[RunRecord]:
        """Return the runs, latest first."""
        ...

    def runs_within(self, since: float, until: float, limit: int, before: int) -> list[RunRecord]:
        """Return the runs made in a time whose numbers are below another, latest first."""
        ...

    def outcomes(self, since: float, limit: int) -> list[PastRun]:
        """Return the ends of the runs since a time, latest first."""
        ...

    def news_of(self, run: RunRecord) -> tuple[int, ...]:
        """Return numbers that change with all that is written of a run; the cheapest question about it."""
        ...

    def find(self, run_id: str, flow: str | None = None) -> RunRecord:
        """Return the run with that id or prefix, or the ``latest`` that no step started. Raises ``UnknownRunError``."""
        ...

    def tasks(self, run: RunRecord) -> TaskList:
        """Read the tasks of a run for pages, whichever process drives it; no lock is taken."""
        ...
