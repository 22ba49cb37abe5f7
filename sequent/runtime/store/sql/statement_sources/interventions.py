"""The statements of interventions, built with SQLAlchemy Core and compiled to text once."""

from __future__ import annotations

from sqlalchemy import func, insert, literal_column, select, update

from sequent.runtime.store.sql.statement_sources.naming import Built, Chapter, given, is_given, is_row, key_of
from sequent.runtime.store.sql.statement_sources.tables import intervention

CHAPTER = Chapter("Interventions of people")

_I = intervention.c


@CHAPTER.named
def last_intervention() -> Built:
    """The number of a run's last intervention."""
    return select(func.max(_I.number)).where(is_given(_I.run)), "the_run"


@CHAPTER.named
def insert_intervention() -> Built:
    """Add an intervention."""
    names = "run number at request"
    return insert(intervention).values(given(names)), names


@CHAPTER.named
def interventions() -> Built:
    """All interventions in a run, in the order in which they were asked for."""
    columns = select(_I.number, _I.at, _I.request, _I.decision)
    return columns.where(is_given(_I.run)).order_by(_I.number), "the_run"


@CHAPTER.named
def open_interventions() -> Built:
    """The interventions in a run that were neither applied nor refused, in order."""
    columns = select(_I.number, _I.at, _I.request, _I.decision)
    is_open = _I.decision.is_(literal_column("NULL"))
    return columns.where(is_given(_I.run), is_open).order_by(_I.number), "the_run"


@CHAPTER.named
def decide_intervention() -> Built:
    """Write what became of an intervention."""
    return update(intervention).values(given("decision")).where(*is_row(intervention)), (
        f"decision {key_of(intervention)}"
    )
