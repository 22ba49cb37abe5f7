"""The tally of a run's rows: kept up to date while the run is driven, and recomputed before a recovery.

Each row has a number, made of its keys, its status and its times. The sum of the numbers is kept in the run's own row.
A row that is missing or altered changes the sum, so damage is never mistaken for a task that never ran. The numbers are
computed twice: here when a row is written, and by the database, quickly, from the rows that exist. Texts in rows have
seals of their own, which are checked when they are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sequent.model.status import Status
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.session import Row, Session

PRIME = 2147483647
"""The prime of the statements that compute the same from existing rows (see ``statement_sources/checking.py``)."""
TABLES = 5
"""The tables whose rows have numbers: attempts, iterations, repeats, waits and holds."""


def code_of(word: str) -> int:
    """Return the number of a status."""
    return ord(word[0]) * 64 + len(word)


_CODES = {status.value: code_of(status.value) for status in Status}


class Tally(NamedTuple):
    """The number of rows, and the sum of their numbers."""

    rows: int
    total: int

    def plus(self, other: Tally) -> Tally:
        """Return the sum of both."""
        return Tally(self.rows + other.rows, self.total + other.total)

    def minus(self, other: Tally) -> Tally:
        """Return the difference of both."""
        return Tally(self.rows - other.rows, self.total - other.total)

    @property
    def text(self) -> str:
        """The text in the run's row."""
        return f"{self.rows} {self.total}"


NOTHING = Tally(0, 0)


def count_run(session: Session, run: int) -> Tally:
    """Return the tally of all rows of a run."""
    return Tally(*session.row("tally_run", *[run] * TABLES))


def _sum(session: Session, counted: Iterable[tuple[str, tuple[object, ...]]]) -> Tally:
    total = NOTHING
    for name, values in counted:
        total = total.plus(Tally(*session.row(name, *values)))
    return total


def worth_of_intents(rows: Iterable[Row]) -> int:
    """Return the sum for new attempts."""
    total = 0
    for _, frame, node, _, iteration, number, token, _, started, _, recovery in rows:
        made = frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery * 611953
        made = (made + len(token) * 7907 + int(started * 1000)) % PRIME
        total += made * made % PRIME
    return total


def worth_of_endings(rows: Iterable[Row]) -> int:
    """Return the addition to the sum for attempts that have ended."""
    total = 0
    for state, ended, result, verdict, problem, _, _, frame, node, _, iteration, number in rows:
        settled = frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721 + _CODES[state] * 611957
        settled += verdict * 7879 + (result is None) * 7867 + (problem is None) * 7853 + int(ended * 1000)
        settled %= PRIME
        total += settled * settled % PRIME
    return total


def worth_of_frames(rows: Iterable[Row]) -> int:
    """Return the sum for new iterations."""
    total = 0
    for _, parent, node, number, id_, _, item in rows:
        made = (parent * 1000037 + node * 7933 + number * 104759 + id_ * 1299743 + (item is None) * 7841) % PRIME
        total += made * made % PRIME
    return total


def worth_of_closings(rows: Iterable[Row]) -> int:
    """Return the addition to the sum for iterations that have settled; those opened again have not."""
    total = 0
    for status, _, parent, node, number in rows:
        if status == "active":
            continue
        closed = (parent * 1000039 + node * 7949 + number * 104761 + _CODES[status] * 611977) % PRIME
        total += closed * closed % PRIME
    return total


class RunningTally:
    """The tally of a driven run, within the transactions of its driver.

    Rows that are written for the first time are counted here, which costs the database nothing. Otherwise, or if that
    is not known (a commit whose answer was lost), all rows are counted anew.
    """

    def __init__(self, session: Session, run: int, known: Tally | None) -> None:
        """Take the tally in the run's row; None for a run of an older version, which has no tally."""
        self._session = session
        self._run = run
        self._is_kept = known is not None
        self._known = known
        self._now = known

    def begin(self) -> None:
        """Begin a transaction."""
        self._now = self._known

    def add(self, worth: int, rows: int = 0) -> None:
        """Add the numbers of new rows, or of changes to rows."""
        if self._now is not None:
            self._now = Tally(self._now.rows + rows, self._now.total + worth)

    def after(self, added: Tally) -> Tally | None:
        """Return the tally after that addition; None if the rows have to be counted, or the run has no tally."""
        return None if self._known is None else self._known.plus(added)

    def set(self, tally: Tally | None) -> None:
        """Note the tally after a transaction, if it is known."""
        self._known = tally

    def recount(self) -> None:
        """Count all rows anew at the end of the transaction, since the changes are not known."""
        self._now = None

    def measured(self, name: str, places: Sequence[tuple[object, ...]], write: Callable[[], object]) -> None:
        """Write some rows, and count the change with that statement, whatever the rows were before."""
        if self._now is None:
            write()
            return
        before = _sum(self._session, ((name, place) for place in places))
        write()
        change = _sum(self._session, ((name, place) for place in places)).minus(before)
        self.add(change.total, change.rows)

    def text(self) -> str | None:
        """Return the tally after all writes, for the run's row; None for a run of an older version."""
        if not self._is_kept:
            return None
        if self._now is None:
            self._now = count_run(self._session, self._run)
        return self._now.text

    def end(self, *, is_known: bool) -> None:
        """End the transaction, normally or with an unknown outcome."""
        self._known = self._now if is_known else None


def read_tally(text: str | None) -> Tally | None:
    """Return the tally in a run's row; None for a run that an older version made.

    Raises:
        StoreError: the text is not a tally.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([0-9]{1,18}) ([0-9]{1,18})", text)
    if match is None:
        raise damaged("a tally", text)
    return Tally(int(match[1]), int(match[2]))
