"""Questions to runs in PostgreSQL, and what tests do to them."""

from __future__ import annotations

import threading

from sequent.errors import SequentError
from sequent.runtime.store.sql.tally import count_run, read_tally
from tests.postgres import Cluster


def is_whole(store, number: int = 1) -> bool:
    """Whether a run's tally is that of its rows."""
    session = store._session
    return read_tally(session.row("run_with_number", number)[-2]) == count_run(session, number)


def commits(store, number: int = 1) -> int:
    return store._session.row("commits", number)[1]


def at_once(act, count: int = 6) -> None:
    """Do it in several threads at once."""
    errors = []

    def try_it(number: int) -> None:
        try:
            act(number)
        except SequentError as error:
            errors.append(error)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def end_leases(cluster: Cluster, database: str, schema: str) -> None:
    """Let half a minute pass, as far as the server tells."""
    cluster.execute(f"UPDATE {schema}.lease SET until = until - interval '1 minute'", database)
