"""The port to the places of a run: the state of single steps, containers and iterations, each read with few queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sequent.model.scope import Sequence
from sequent.runtime.records import PoolHold, RowState, TaskPlace

if TYPE_CHECKING:
    from sequent.model.outcome import Failure
    from sequent.model.references import Path


class ReadPlaces(Protocol):
    """The places of a run.

    A place is a path and a sequence. With as many numbers as the path has names, it is a step or container as a whole;
    a host after them makes it a copy, and one more number an iteration. Every method may raise ``StoreError``.
    """

    def standing(self, path: Path, sequence: Sequence) -> RowState | None:
        """Return the state of a place; None if it has not begun."""
        ...

    def returned(self, path: Path, sequence: Sequence) -> str | None:
        """Return the result of a task, as wire text; None if it has none."""
        ...

    def failed_within(self, path: Path, sequence: Sequence) -> list[Failure]:
        """Return the tasks within a whole step or container whose last attempts failed; the first thousand."""
        ...

    def copies(self, path: Path, sequence: Sequence) -> tuple[str, ...]:
        """Return the hosts of the copies of a step or container; none if it has none, or if they are not known yet."""
        ...

    def item_count(self, path: Path, sequence: Sequence) -> int | None:
        """Return the number of items of a whole step or container, or of a copy; None if it is not known."""
        ...

    def item_of(self, path: Path, sequence: Sequence) -> str | None:
        """Return the item of an iteration, as wire text; None if it is not known."""
        ...

    def begun_iterations(self, path: Path, sequence: Sequence) -> list[int]:
        """Return the iterations of a container, whole or a copy, that have begun and not succeeded."""
        ...

    def active(self) -> list[TaskPlace]:
        """Return the tasks whose last attempts have no outcome."""
        ...

    def holds(self) -> list[PoolHold]:
        """Return the amounts of pools that the run holds, and those of shared pools that other driven runs hold."""
        ...
