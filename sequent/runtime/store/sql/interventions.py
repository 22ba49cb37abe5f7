"""Reads and writes the interventions of people in a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sequent.errors import NotDataError
from sequent.model.interventions import Decision, Intervention, InterventionRecord
from sequent.model.record_text import read_record, text_of_record
from sequent.runtime.store.sql.seals import damaged, sealed, unsealed
from sequent.runtime.store.sql.session import Session

T = TypeVar("T")


class InterventionRows:
    """The interventions in one run."""

    def __init__(self, session: Session, run: int) -> None:
        self._session = session
        self._run = run

    def add(self, request: Intervention, at: float) -> int:
        """Add an intervention; return its number within the run."""
        with self._session.transaction():
            number = int(self._session.row("last_intervention", self._run)[0] or 0) + 1
            self._session.execute("insert_intervention", self._run, number, at, sealed(text_of_record(request)))
        return number

    def all(self) -> list[InterventionRecord]:
        """Return all interventions, in the order in which they were asked for."""
        return self._read("interventions")

    def open(self) -> list[InterventionRecord]:
        """Return those that were neither applied nor refused, in order."""
        return self._read("open_interventions")

    def decide(self, decisions: Iterable[tuple[int, Decision]]) -> None:
        """Write the outcomes of interventions, within a transaction; repeated, it changes nothing."""
        rows = [(sealed(text_of_record(decision)), self._run, number) for number, decision in decisions]
        self._session.write("decide_intervention", rows)

    def _read(self, name: str) -> list[InterventionRecord]:
        return [
            InterventionRecord(
                number=number,
                at=at,
                request=_unsealed(Intervention, "an intervention", request),
                decision=None if decision is None else _unsealed(Decision, "a decision", decision),
            )
            for number, at, request, decision in self._session.rows(name, self._run)
        ]


def _unsealed(kind: type[T], noun: str, text: str) -> T:
    try:
        return read_record(kind, unsealed(text, noun, has_seal=True), noun)
    except NotDataError as error:
        raise damaged(noun, text) from error
