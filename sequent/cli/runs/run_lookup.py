"""Finds the run that a command names."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sequent.errors import SequentError, UnknownRunError
from sequent.model.commands import typed
from sequent.runtime.records import RunRecord

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


def find_run(store: Store, command: str, run: str, path: str | None) -> RunRecord:
    """Return the run with this name; if the word is the path of a step instead, the error says so.

    Raises:
        UnknownRunError: there is no such run.
    """
    try:
        return store.find(run)
    except UnknownRunError as error:
        with contextlib.suppress(SequentError):
            if path is None and run.partition("/")[0] in store.find("latest").outline:
                error.hint = f"give the run before the path: {typed(command, 'latest', run)}"
        raise
