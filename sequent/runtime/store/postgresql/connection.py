"""Connections to PostgreSQL that are opened again if they are lost, and wait visibly until they are."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any, cast

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from sequent.errors import StoreLostError
from sequent.runtime.backoff import FULL_PATIENCE, Patience, patiently, say
from sequent.runtime.store.postgresql.address import ServerAddress
from sequent.runtime.store.postgresql.errors import connection_error, is_lost

Values = Sequence[object]
_PIECE = 0.1
"""Seconds between two looks at a server that is gone, at first."""
_POOLED = (
    "the store '{}' is now reached through a pooler, such as PgBouncer: other machines cannot wake this run any more, "
    "so it looks for news every few seconds"
)
_FIRST_PLANS = 32
"""Statements after which the server plans anew for the first time."""


def connect(address: ServerAddress, application: str) -> tuple[psycopg.Connection[Any], bool]:
    """Return a new connection, and whether a pooler, such as PgBouncer, stands between it and the server.

    Raises:
        psycopg.Error: the server refuses it, or is not there.
    """
    words = {**address.parameters, "client_encoding": "utf8", "application_name": application}
    connection: psycopg.Connection[Any] = psycopg.connect(make_conninfo("", **words), autocommit=True)
    try:
        # All whole numbers are of one type, so that a statement is prepared once and not for each of their sizes.
        connection.adapters.register_dumper(int, Int8Dumper)
        row = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
        is_pooled = row is None or row[0] != connection.info.backend_pid
        if is_pooled or not address.prepares:
            # Behind a pooler, the next statement may go to a server that has prepared nothing.
            connection.prepare_threshold = None
        if not is_pooled:
            # The server takes a look-up for each row for dear, and would compile the statement, which takes longer.
            connection.execute("SET jit = off", prepare=False)
    except BaseException:
        connection.close()
        raise
    return connection, is_pooled


class PostgresqlConnection:
    """One connection, as a ``Session`` uses it.

    ``execute`` repeats a statement outside of a transaction until the server is there again; ``execute`` of its cursor
    tries once. A transaction whose connection is lost stays lost until it is rolled back.
    """

    def __init__(self, address: ServerAddress, application: str) -> None:
        """Connect.

        Raises:
            StoreError: the server refuses it, or is not there.
        """
        self._address = address
        self._application = application
        self._is_within = False
        """Whether a transaction was begun, and neither committed nor rolled back."""
        self._executed = 0
        self._opening = threading.Lock()
        self._listens: tuple[str, Callable[[str], None]] | None = None
        """The channel on which it listens, and the function that takes its notices."""
        try:
            self._raw, self.is_pooled = connect(address, application)
        except psycopg.Error as error:
            raise connection_error(error, address) from error

    def cursor(self) -> PostgresqlCursor:
        """Return a cursor, whose statements are tried once."""
        return PostgresqlCursor(self)

    def execute(self, text: str, values: Values = ()) -> Any:
        """Execute a statement; outside of a transaction, wait for a lost server."""
        if self._is_within:
            return self.once(text, values)
        patience = Patience(first=_PIECE)
        return patiently(lambda: self.once(text, values), psycopg.Error, self._refusal, FULL_PATIENCE, patience)

    def _refusal(self, error: psycopg.Error) -> str:
        if self._is_within or not is_lost(error):
            return ""
        told = connection_error(error, self._address)
        return told.message if isinstance(told, StoreLostError) else ""

    def once(self, text: str, values: Values = ()) -> Any:
        """Execute a statement; connect again first, if the connection was lost before."""
        if text == "ROLLBACK":
            return self._roll_back()
        raw = self._connected()
        if text == "COMMIT" or text.startswith("BEGIN"):
            # If the answer is lost, so is the transaction.
            self._is_within = text != "COMMIT"
            cursor = raw.execute(cast("Any", text), prepare=False)
            if text == "COMMIT" and cursor.statusmessage == "ROLLBACK":
                raise psycopg.errors.InFailedSqlTransaction("the transaction had failed before")
            return cursor
        self._plan_anew(raw)
        return raw.execute(cast("Any", text), values)

    def _plan_anew(self, raw: psycopg.Connection[Any]) -> None:
        """Let the server plan its prepared statements again, each time that twice as many were executed.

        A plan that was made while a table had a few rows may read all of them, and would be kept for millions.
        """
        self._executed += 1
        if self._executed >= _FIRST_PLANS and self._executed.bit_count() == 1 and raw.prepare_threshold is not None:
            raw.execute("DISCARD PLANS", prepare=False)

    def each(self, text: str, rows: Sequence[Values]) -> Any:
        """Execute a statement with each of these rows."""
        cursor = self._connected().cursor()
        cursor.executemany(cast("Any", text), rows)
        return cursor

    def _connected(self) -> psycopg.Connection[Any]:
        # The thread that renews a lease may notice a loss at the same time.
        with self._opening:
            if self._raw.closed:
                if self._is_within:
                    raise psycopg.OperationalError("the connection was lost within the transaction")
                was_pooled = self.is_pooled
                self._raw, self.is_pooled = connect(self._address, self._application)
                if self.is_pooled and not was_pooled and self._listens is not None:
                    say(_POOLED.format(self._address.name))
                self._begin_to_listen()
            return self._raw

    def _roll_back(self) -> Any:
        self._is_within = False
        if not self._raw.closed and self._raw.info.transaction_status is not TransactionStatus.IDLE:
            return self._raw.execute("ROLLBACK", prepare=False)
        return None

    # -- notices on a channel

    def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Listen on a channel from now on, also after the connection was lost; behind a pooler, do nothing.

        Raises:
            psycopg.Error: the server does not answer; the next connection listens.
        """
        is_new, self._listens = self._listens is None, (channel, heard)
        if is_new and not self._raw.closed:
            self._begin_to_listen()

    def _begin_to_listen(self) -> None:
        if self._listens is not None and not self.is_pooled:
            channel, heard = self._listens
            self._raw.add_notify_handler(lambda notice: heard(notice.payload))
            self._raw.execute(cast("Any", f'LISTEN "{channel}"'), prepare=False)

    def listening_at(self) -> int | None:
        """Return the descriptor that can be read once there is a notice; None if it does not listen."""
        if self._listens is None:
            return None
        try:
            return self._raw.fileno()
        except psycopg.OperationalError:
            return None

    def take_notices(self) -> bool:
        """Pass on the notices that have come; return False if the connection is lost."""
        raw = self._raw
        try:
            with raw.lock:
                raw.pgconn.consume_input()
                while (notice := raw.pgconn.notifies()) is not None:
                    if self._listens is not None:
                        self._listens[1](notice.extra.decode())
        except psycopg.Error:
            # Whichever statement comes next opens another one.
            return False
        return True

    @contextlib.contextmanager
    def stream(self, text: str, values: Values) -> Generator[Any]:
        """Yield a cursor that fetches the rows from the server as they are asked for, as of one moment."""
        is_own = not self._is_within
        if is_own:
            self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            with self._connected().cursor(name="rows") as cursor:
                cursor.execute(cast("Any", text), values)
                yield cursor
        finally:
            if is_own:
                with contextlib.suppress(psycopg.Error):
                    self._roll_back()

    def close(self) -> None:
        self._raw.close()


class PostgresqlCursor:
    """The way to try a statement once."""

    def __init__(self, connection: PostgresqlConnection) -> None:
        self.execute: Callable[..., Any] = connection.once
        self.executemany: Callable[..., Any] = connection.each

    def close(self) -> None:
        """Do nothing: each statement has a cursor of its own."""
