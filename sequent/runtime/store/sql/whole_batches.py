"""The batches that one statement writes: attempts and iterations that begin and end, and nothing rare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sequent.runtime.store.sql.session import Row
from sequent.runtime.store.sql.tally import (
    Tally,
    worth_of_closings,
    worth_of_endings,
    worth_of_frames,
    worth_of_intents,
)


class RowKind(NamedTuple):
    """The columns of one kind of rows: their number, and the place of the run among them, which the guard gives."""

    width: int
    run: int


_KINDS = (RowKind(7, 0), RowKind(12, 6), RowKind(5, 1), RowKind(11, 0))
_STEPS = (1, 3)
"""The kinds of the statement for a batch in which no iteration begins or ends."""
_BY_VALUE = {(1, 0): "write_end", (0, 1): "write_start", (1, 1): "write_step"}
"""The statements for one row of such a kind, by the numbers of outcomes and of new attempts."""


class WholeBatch(NamedTuple):
    """The rows of a batch, by kind and in the order of their statement."""

    opened: list[Row]
    """New iterations."""
    settled: list[Row]
    """Outcomes of attempts."""
    closed: list[Row]
    """Ends of iterations."""
    begun: list[Row]
    """New attempts."""

    @property
    def tally(self) -> Tally:
        """The addition to the tally, if all rows fit."""
        total = worth_of_frames(self.opened) + worth_of_endings(self.settled)
        total += worth_of_closings(self.closed) + worth_of_intents(self.begun)
        return Tally(len(self.opened) + len(self.begun), total)

    def statement(self, tally: Tally, guard: tuple[int, int, str]) -> tuple[str, list[object]]:
        """Return the name of the statement that writes it, and its values."""
        values: list[object] = [tally.text, *guard]
        is_steps = not (self.opened or self.closed)
        by_value = _BY_VALUE.get((len(self.settled), len(self.begun))) if is_steps else None
        if by_value is not None:
            kinds = [kind for kind in _STEPS if self[kind]]
            values += (value for kind in kinds for value in _without_run(self[kind][0], _KINDS[kind]))
            return by_value, [*values, *(1 for _ in kinds)]
        kinds = [*_STEPS] if is_steps else [*range(len(_KINDS))]
        values += (column for kind in kinds for column in _columns(self[kind], _KINDS[kind]))
        counts = [len(self[kind]) for kind in kinds]
        return "write_steps" if is_steps else "write_batch", [*values, *counts]


def _without_run(row: Row, kind: RowKind) -> Row:
    return row[: kind.run] + row[kind.run + 1 :]


def _columns(rows: list[Row], kind: RowKind) -> Iterator[list[object]]:
    for index in range(kind.width):
        if index != kind.run:
            yield [row[index] for row in rows]
