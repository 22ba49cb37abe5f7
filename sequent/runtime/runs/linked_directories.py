"""Logs and scratch directories where a flow says: in a directory of the run's own there, to which a link leads."""

from __future__ import annotations

import contextlib
import os

from sequent.errors import StoreError, UsageError
from sequent.model.spec import FlowConfig
from sequent.runtime.records import RunRecord
from sequent.runtime.store.run_ids import check_id
from sequent.runtime.store.sqlite.access import check_directory


def check_start(config: FlowConfig, run_id: str | None) -> None:
    """See what can be seen of a run before its store is opened, so that a mistake leaves no new one.

    The directories that the flow says are made: the store may lie in one of them.

    Raises:
        UsageError: no run can have that id, or nothing can be written to one of the directories.
    """
    if run_id is not None:
        check_id(run_id)
    check_places(config)


def check_places(config: FlowConfig) -> None:
    """Make the directories that a flow says, unless they are there.

    Raises:
        UsageError: nothing can be written to one of them.
        StoreError: others could put something else in the place of what is written there.
    """
    for key, path in (("logdir", config.logdir), ("workdir", config.workdir)):
        try:
            if path:
                os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise _refused(key, path, error.strerror or "") from error
        if path and not os.access(path, os.W_OK | os.X_OK):
            raise _refused(key, path, "you may not write to it")
        if path:
            check_directory(os.path.realpath(path), f"what is written to {key!r}")


def _refused(key: str, path: str, why: str) -> UsageError:
    return UsageError(
        f"{key!r} is {path!r}, which is not writable: {why}",
        code="config",
        hint="name a directory that you own, or leave it out to keep everything beside the store",
    )


def lead_elsewhere(config: FlowConfig, record: RunRecord, directory: str) -> None:
    """Have links lead from a run's directory to where its logs and scratch directories are to be.

    That is settled when the run first starts, and for good, since what has been written there is found by it.

    Raises:
        StoreError: no directory can be made there.
    """
    for name, path in (("logs", config.logdir), ("scratch", config.workdir)):
        link = os.path.join(directory, name)
        try:
            if os.path.islink(link):
                # Somebody may have cleared away what it leads to.
                os.makedirs(os.path.realpath(link), 0o700, exist_ok=True)
            elif path and _gives_way(link):
                os.symlink(_new_directory(os.path.abspath(path), f"{record.target.flow}-{record.id}"), link)
        except OSError as error:
            raise StoreError(f"the {name} of run {record.id!r} cannot be in {path!r}: {error.strerror}") from error


def _gives_way(path: str) -> bool:
    """Whether there is nothing there any more: an empty directory is removed."""
    with contextlib.suppress(OSError):
        os.rmdir(path)
    return not os.path.lexists(path)


def _new_directory(parent: str, name: str) -> str:
    """A directory of that name; where there is one already, of another store's run, with a number behind it."""
    number = 1
    while True:
        path = os.path.join(parent, f"{name}-{number}" if number > 1 else name)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            return path
        number += 1
