"""The port to a database: all that an adapter provides, so that the SQL of a store is written once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from selectors import BaseSelector
from typing import Any, Protocol

from sequent.errors import StoreError
from sequent.runtime.records import Owner
from sequent.runtime.store.sql.statements import Statement


class OpenDatabase(Protocol):
    """A session with a database, as an adapter uses it."""

    def row(self, name: str, *values: object) -> Any:
        """Return the first row of a named statement; None if there is none."""
        ...

    def rows(self, name: str, *values: object) -> list[Any]:
        """Return the rows of a named statement."""
        ...

    def row_at_once(self, name: str, *values: object) -> Any:
        """Return the first row without waiting for a database that does not answer.

        Raises:
            Exception: an error of the database's driver.
        """
        ...

    def write(self, name: str, rows: Sequence[tuple[Any, ...]]) -> int:
        """Execute a named statement with each of these rows; return the number of matches in all."""
        ...

    def ask(self, text: str, *values: object) -> list[Any]:
        """Return the rows of a query in the database's own SQL."""
        ...


class RunClaim(Protocol):
    """A run that only this process drives, until it is released or this process ends."""

    def begin(self, committed: int) -> None:
        """Begin to drive it, after this number of committed transactions."""
        ...

    def committed(self) -> None:
        """Count one more committed transaction of the run."""
        ...

    def is_held(self, session: OpenDatabase) -> bool:
        """Return whether the run still is this process's; if that is in doubt, ask the database.

        Raises:
            StoreError: the database does not answer.
        """
        ...

    def watch(self, selector: BaseSelector, on_wake: Callable[[], None]) -> None:
        """Let the selector call the function once another process wakes this driver, or has the run."""
        ...

    def free_space(self) -> None:
        """Free the room that was reserved for writing how the run ended."""
        ...

    def release(self) -> None:
        """Release the run."""
        ...


class LargeValues(Protocol):
    """The values of a run that are too large for its rows."""

    def kept(self, text: str | None) -> str | None:
        """Return the text for a row, with its seal: the value itself, or a pointer to its file."""
        ...

    def read(self, text: str) -> str:
        """Return the value that a row contains or points to; its seal was checked."""
        ...

    def remove_unfinished(self) -> None:
        """Remove files that an earlier driver was writing when it was killed."""
        ...

    def keep_artifact(self, digest: str) -> None:
        """Keep an artifact, which a worker has written to the run's directory here, for all readers of the store."""
        ...

    def artifact(self, digest: str) -> bytes:
        """Return an artifact.

        Raises:
            StoreError: it is missing, or is not as it was written.
        """
        ...


class Database(Protocol):
    """One database of some kind."""

    name: str
    """The name by which a user knows it."""
    statements: Mapping[str, Statement]
    """All statements in its SQL."""
    begin_read: str
    """Begins a transaction in which all is seen as of one moment."""
    begin_write: str
    """Begins a transaction that writes."""
    begin_alone: str
    """Begins a transaction that writes, and beside which there is no other of this kind."""
    begins_locked: bool
    """Whether a transaction that writes has locked all rows as soon as it has begun."""
    streams_in_transaction: bool
    """Whether rows that come little by little are read within a transaction of their own."""
    whole_batches: bool
    """Whether it has the statements that write a whole batch at once."""
    misfits: tuple[type[Exception], ...]
    """The errors of such a statement that mean that a row does not fit, so that nothing was written."""
    tables_of_runs: tuple[str, ...]
    """The tables with rows of runs that no other database has."""
    errors: tuple[type[Exception], ...]
    """The errors that its driver raises."""

    def connect(self, patience: float | None = None, label: str = "") -> Any:
        """Return a new connection, as PEP 249 has it; its statements wait at most that many seconds for a lock.

        Without a number, a locked database is waited for, with a notice. The label is shown to administrators.
        """
        ...

    def stream(self, connection: Any, text: str, values: Sequence[object]) -> AbstractContextManager[Any]:
        """Return a cursor that fetches the rows of a query little by little."""
        ...

    def error(self, error: Exception) -> StoreError:
        """Return an error of its driver as a user's error."""
        ...

    def check_place(self) -> None:
        """Check that it is still the one that was opened.

        Raises:
            StoreError: it is gone, or another one is in its place.
        """
        ...

    def refuse_reading_only(self) -> None:
        """Check that it can be written.

        Raises:
            StoreError: it can only be read.
        """
        ...

    # -- whether it is whole, beyond its rows

    def check_pages(self, session: OpenDatabase, most: int | None = None) -> None:
        """Check that nothing is damaged, unless the database has more than this number of bytes.

        Raises:
            StoreError: something is damaged.
        """
        ...

    def check_commits(self, session: OpenDatabase, number: int) -> None:
        """Check that it has all commits of a run, as of a snapshot that is about to be taken.

        Raises:
            StoreError: it is older, such as a copy.
        """
        ...

    def has_whole_indexes(self, session: OpenDatabase, number: int) -> bool:
        """Return whether indexes have the same rows of a run as the tables."""
        ...

    def stray_rows(self, session: OpenDatabase) -> list[tuple[str, int]]:
        """Return, by table, the number of rows that refer to a missing row."""
        ...

    def free_bytes(self, session: OpenDatabase) -> int:
        """Return the number of unused bytes."""
        ...

    def seen_writes(self, session: OpenDatabase) -> int | None:
        """Return a number that is another one once another connection has written; None if it cannot be known.

        It costs no access to the disk.
        """
        ...

    # -- runs and their drivers

    def directory(self, number: int) -> str:
        """Return a run's own directory on this machine, for logs and files of its processes."""
        ...

    def check_directory(self, number: int) -> None:
        """Check that no other user has put anything into a run's directory.

        Raises:
            StoreError: another user could have.
        """
        ...

    def make_directory(self, number: int) -> bool:
        """Make the directory of a new run; return False if that number has one, so that another number is needed."""
        ...

    def values(self, number: int, session: OpenDatabase) -> LargeValues:
        """Return the large values of a run; they are read and written through that session, unless they are files."""
        ...

    def wake(self, session: OpenDatabase, number: int) -> None:
        """Wake the driver of a run, if there is one and it can be reached; raise nothing."""
        ...

    def claim(self, number: int, owner: str, *, forces: bool = False) -> RunClaim | None:
        """Claim a run for this process to drive; None if another process drives it.

        With ``forces``, a driver on another machine, which is fenced, loses the run.
        """
        ...

    def claim_dead(self, number: int) -> RunClaim | None:
        """Claim a run for its removal; None if any process of it is alive."""
        ...

    def as_of_now(self, session: OpenDatabase) -> AbstractContextManager[None]:
        """Let this thread's questions about drivers be answered as of one moment, and quickly."""
        ...

    def driver(self, number: int) -> Owner | None:
        """Return the process that drives a run now."""
        ...

    def is_driven(self, number: int) -> bool:
        """Return whether a run has a driver, or an agent that is ending the processes of one."""
        ...

    def is_alive(self, number: int) -> bool:
        """Return whether a run has a driver, or any process that a driver had started still runs."""
        ...

    def last_written(self, number: int) -> float | None:
        """Return when the driver of a run last committed, as far as that is known."""
        ...
