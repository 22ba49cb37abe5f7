"""Which run is meant by what was typed."""

from __future__ import annotations

import contextlib

from sequent.errors import SequentError, UnknownRunError
from sequent.model.commands import typed
from sequent.runtime.ports import Store
from sequent.runtime.rows import RunRecord


def found_run(store: Store, command: str, run: str, path: str | None) -> RunRecord:
    """The run with that name; of a step's path in its place it is told where that belongs.

    Raises:
        UnknownRunError: there is none.
    """
    try:
        return store.find(run)
    except UnknownRunError as error:
        with contextlib.suppress(SequentError):
            if path is None and run.partition("/")[0] in store.find("latest").description:
                error.hint = f"give the run before the path: {typed(command, 'latest', run)}"
        raise
