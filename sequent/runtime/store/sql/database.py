"""The port to a database: all that an adapter answers, so that what is SQL about a store is written once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sequent.errors import StoreError
from sequent.runtime.records import Owner
from sequent.runtime.store.sql.statements import Statement


class OpenDatabase(Protocol):
    """A session with a database, as an adapter asks it."""

    def row(self, name: str, *values: object) -> Any:
        """The first row that a statement of that name gives; None where there is none."""
        ...

    def ask(self, text: str, *values: object) -> list[Any]:
        """The rows that a text of the database's own asks for."""
        ...


class RunClaim(Protocol):
    """A run that this process drives, and nobody else, until it is let go or this process ends."""

    def begin(self, committed: int) -> None:
        """Drive it: so many of its transactions were committed before."""
        ...

    def committed(self) -> None:
        """One more transaction of the run was committed."""
        ...

    def free_space(self) -> None:
        """Free the room that was set aside for writing how the run ended."""
        ...

    def release(self) -> None:
        """Let the run go."""
        ...


class LargeValues(Protocol):
    """Where the values of a run are that are too large for its rows."""

    def kept(self, text: str | None) -> str | None:
        """What a row is to hold, under its seal: the text itself, or where it was written."""
        ...

    def read(self, text: str) -> str:
        """The text that a row holds or points to; its seal was looked at."""
        ...

    def remove_unfinished(self) -> None:
        """Remove what an earlier driver was writing when it was killed."""
        ...


class Database(Protocol):
    """One database of some kind."""

    name: str
    """How a user names it."""
    statements: Mapping[str, Statement]
    """All statements in its words."""
    begin_read: str
    """Begins a transaction in which all is seen as of one moment."""
    begin_write: str
    """Begins a transaction that writes."""
    errors: tuple[type[Exception], ...]
    """What its driver raises."""
    conflicts: tuple[type[Exception], ...]
    """Those of them that mean: there is such a row already."""

    def connect(self, patience: float | None = None) -> Any:
        """A new connection, as PEP 249 has it; seconds that a statement waits for another's lock, at most.

        Without a number a locked database is waited for, and that is said.
        """
        ...

    def error(self, error: Exception) -> StoreError:
        """What an error of its driver means to a user."""
        ...

    def check_place(self) -> None:
        """See that it still is what it was when it was opened.

        Raises:
            StoreError: it is gone, or another one is in its place.
        """
        ...

    def refuse_reading_only(self) -> None:
        """See that it can be written.

        Raises:
            StoreError: it can only be read.
        """
        ...

    # -- whether it is whole, beyond what its rows tell

    def check_pages(self, session: OpenDatabase, most: int | None = None) -> None:
        """See that nothing is damaged; of a database of more than so many bytes nothing is looked at.

        Raises:
            StoreError: something is.
        """
        ...

    def check_commits(self, session: OpenDatabase, number: int) -> None:
        """See that it has all that a run has committed, as of a snapshot that is about to be taken.

        Raises:
            StoreError: it is older, such as a copy.
        """
        ...

    def has_whole_indexes(self, session: OpenDatabase, number: int) -> bool:
        """Whether indexes have the rows of a run that the tables have."""
        ...

    def stray_rows(self, session: OpenDatabase) -> list[tuple[str, int]]:
        """By table, how many rows refer to a row that is missing."""
        ...

    def free_bytes(self, session: OpenDatabase) -> int:
        """Bytes that nothing is in."""
        ...

    # -- runs, and who drives them

    def directory(self, number: int) -> str:
        """A run's own directory on this machine, for logs and what its processes leave."""
        ...

    def check_directory(self, number: int) -> None:
        """See that nobody else has put anything among what a run has left.

        Raises:
            StoreError: somebody could have.
        """
        ...

    def make_directory(self, number: int) -> bool:
        """Make the directory of a new run; False where that number has one, so that another one is needed."""
        ...

    def values(self, number: int) -> LargeValues:
        """The large values of a run."""
        ...

    def claim(self, number: int, owner: str) -> RunClaim | None:
        """Have this process drive a run; None where somebody does."""
        ...

    def claim_dead(self, number: int) -> RunClaim | None:
        """Have a run for its removal; None where anything of it is alive."""
        ...

    def driver(self, number: int) -> Owner | None:
        """Who drives a run now."""
        ...

    def is_driven(self, number: int) -> bool:
        """Whether a run has a driver, or an agent of one, which is ending what it had started."""
        ...

    def is_alive(self, number: int) -> bool:
        """Whether a run has a driver, or anything that one had started still runs."""
        ...

    def last_written(self, number: int) -> float | None:
        """When the driver of a run last committed anything, as far as that is known."""
        ...
