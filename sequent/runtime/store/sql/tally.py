"""What a run's rows come to: kept with the run as it is driven, and worked out again before it is taken up.

Each row is worth a number, made of its keys, its status and its times. Their sum stands in the run's own row. A row
that is gone, or that was another one once, changes the sum; so damage is never taken for something that never ran.
The numbers are worked out twice: here as a row is written, and by the database of the rows that are there, which is
quick. What rows hold as text has a seal of its own, which is looked at as it is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sequent.model.status import Status
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.session import Row, Session

_PRIME = 2147483647
"""That of the statements, which work the same out of the rows that are there (see ``core/checking.py``)."""
_CODES = {status.value: ord(status.value[0]) * 64 + len(status.value) for status in Status}

RUN_TALLIES = ("tally_attempts", "tally_frames", "tally_repeats", "tally_waits", "tally_kept")
"""What is counted; of what is held, what a recovery finds: what the run keeps of pools of its own."""


class Tally(NamedTuple):
    """How many rows there are, and the sum of what they are worth."""

    rows: int
    total: int

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        return Tally(self.rows + other.rows, self.total + other.total)

    def minus(self, other: Tally) -> Tally:
        """This without the other."""
        return Tally(self.rows - other.rows, self.total - other.total)

    @property
    def text(self) -> str:
        """As it stands in the run's row."""
        return f"{self.rows} {self.total}"


NOTHING = Tally(0, 0)


def count_run(session: Session, run: int) -> Tally:
    """The tally of all rows of a run."""
    return _sum(session, ((name, (run,)) for name in RUN_TALLIES))


def _sum(session: Session, counted: Iterable[tuple[str, tuple[object, ...]]]) -> Tally:
    total = NOTHING
    for name, values in counted:
        total = total.plus(Tally(*session.row(name, *values)))
    return total


def worth_of_intents(rows: Iterable[Row]) -> int:
    """What new attempts are worth."""
    total = 0
    for _, frame, node, _, iteration, number, token, _, started, _, recovery in rows:
        made = frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery * 611953
        made = (made + len(token) * 7907 + int(started * 1000)) % _PRIME
        total += made * made % _PRIME
    return total


def worth_of_endings(rows: Iterable[Row]) -> int:
    """What attempts are worth in addition once they have ended."""
    total = 0
    for state, ended, result, verdict, problem, _, _, frame, node, _, iteration, number in rows:
        settled = frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721 + _CODES[state] * 611957
        settled += verdict * 7879 + (result is None) * 7867 + (problem is None) * 7853 + int(ended * 1000)
        settled %= _PRIME
        total += settled * settled % _PRIME
    return total


def worth_of_frames(rows: Iterable[Row]) -> int:
    """What new iterations are worth."""
    total = 0
    for _, parent, node, number, id_, _, item in rows:
        made = (parent * 1000037 + node * 7933 + number * 104759 + id_ * 1299743 + (item is None) * 7841) % _PRIME
        total += made * made % _PRIME
    return total


def worth_of_closings(rows: Iterable[Row]) -> int:
    """What iterations are worth in addition once they have settled; those that are opened again have not."""
    total = 0
    for status, _, parent, node, number in rows:
        if status == "active":
            continue
        closed = (parent * 1000039 + node * 7949 + number * 104761 + _CODES[status] * 611977) % _PRIME
        total += closed * closed % _PRIME
    return total


class RunningTally:
    """The tally of a run that is driven, within the transactions of its driver.

    What is written as if for the first time is counted here, which costs the database nothing. Where that was not
    so, or is not known (a commit whose answer was lost), all rows are counted anew.
    """

    def __init__(self, session: Session, run: int, known: Tally | None) -> None:
        """Take what the run's row says; None for a run of an older version, which has no tally."""
        self._session = session
        self._run = run
        self._is_kept = known is not None
        self._known = known
        self._now = known

    def begin(self) -> None:
        """A transaction begins."""
        self._now = self._known

    def add(self, worth: int, rows: int = 0) -> None:
        """So many rows were written, or became worth so much more."""
        if self._now is not None:
            self._now = Tally(self._now.rows + rows, self._now.total + worth)

    def recount(self) -> None:
        """It is not known what was written: count all, once all is written."""
        self._now = None

    def measured(self, name: str, places: Sequence[tuple[object, ...]], write: Callable[[], None]) -> None:
        """Have some rows written, and count with that statement what becomes of them, whatever they were."""
        if self._now is None:
            write()
            return
        before = _sum(self._session, ((name, place) for place in places))
        write()
        change = _sum(self._session, ((name, place) for place in places)).minus(before)
        self.add(change.total, change.rows)

    def text(self) -> str | None:
        """All is written: what it comes to, for the run's row; None for a run of an older version."""
        if not self._is_kept:
            return None
        if self._now is None:
            self._now = count_run(self._session, self._run)
        return self._now.text

    def end(self, *, is_known: bool) -> None:
        """The transaction has ended: as it should, or in a way that leaves open what is written."""
        self._known = self._now if is_known else None


def read_tally(text: str | None) -> Tally | None:
    """What a run's row says; None where it says nothing, as of a run that an older version made.

    Raises:
        StoreError: it says something else.
    """
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,18}) ([0-9]{1,18})", text)
    if found is None:
        raise damaged("a tally", text)
    return Tally(int(found[1]), int(found[2]))
