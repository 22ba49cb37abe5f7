"""The rows of one run: reading their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.model.status import Status
from sequent.runtime.store.sql.records import read_problem, read_status
from sequent.runtime.store.sql.seals import unsealed

if TYPE_CHECKING:
    from sequent.model.outcome import Problem
    from sequent.runtime.rows import FrameKey, TaskKey
    from sequent.runtime.store.nodes import KnownNodes
    from sequent.runtime.store.sql.database import Database, LargeValues
    from sequent.runtime.store.sql.session import Session


class RunRows:
    """The rows of one run; nodes have their indexes in the plan in use."""

    def __init__(self, session: Session, run: int, nodes: KnownNodes, values: LargeValues, *, has_seals: bool) -> None:
        """Take the run, and whether its texts have seals: those of older versions have none."""
        self._session = session
        self._run = run
        self._nodes = nodes
        self._values = values
        self._has_seals = has_seals

    @property
    def rows(self) -> tuple[Session, int, KnownNodes, LargeValues]:
        """The parts that it was made from."""
        return self._session, self._run, self._nodes, self._values

    @property
    def nodes(self) -> KnownNodes:
        """The steps and containers of the run."""
        return self._nodes

    @property
    def database(self) -> Database:
        """The database that has them."""
        return self._session.database

    def _text(self, kept: str | None, noun: str) -> str | None:
        return None if kept is None else unsealed(kept, noun, has_seal=self._has_seals)

    def _value(self, kept: str | None) -> str | None:
        text = self._text(kept, "a value")
        return None if text is None else self._values.read(text)

    def _problem(self, kept: str | None) -> Problem | None:
        return read_problem(self._text(kept, "a problem"))

    def result(self, key: TaskKey) -> str | None:
        found = self._session.row("result", self._run, key.frame, self._nodes.stored(key.node), key.iteration)
        return self._value(found[1]) if found is not None and found[0] == Status.SUCCESS else None

    def frame(self, key: FrameKey) -> tuple[int, Status] | None:
        found = self._session.row("frame_row", self._run, key.parent, self._nodes.stored(key.node), key.number)
        return None if found is None else (found[0], read_status(found[1]))
