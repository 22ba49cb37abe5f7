"""Logs and scratch directories in places that a flow names: in a directory of the run there, behind a link."""

from __future__ import annotations

import contextlib
import os

from sequent.errors import StoreError, UsageError
from sequent.model.spec import FlowConfig
from sequent.runtime.records import RunRecord
from sequent.runtime.store.directories import check_directory
from sequent.runtime.store.run_ids import check_id


def check_start(config: FlowConfig, run_id: str | None) -> None:
    """Check a run, as far as possible, before its store is opened, so that a mistake leaves no new store.

    The directories that the flow names are made: the store may be in one of them.

    Raises:
        UsageError: no run can have that id, or one of the directories is not writable.
    """
    if run_id is not None:
        check_id(run_id)
    check_places(config)


def check_places(config: FlowConfig) -> None:
    """Make the directories that a flow names, unless they exist.

    Raises:
        UsageError: one of them is not writable.
        StoreError: other users could replace the files there.
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
            check_directory(os.path.realpath(path), f"the files in {key!r}")


def _refused(key: str, path: str, why: str) -> UsageError:
    return UsageError(
        f"{key!r} is {path!r}, which is not writable: {why}",
        code="config",
        hint="name a directory that you own, or leave it out to keep everything beside the store",
    )


def lead_elsewhere(config: FlowConfig, record: RunRecord, directory: str) -> None:
    """Link a run's directory to the places of its logs and scratch directories.

    The places are decided when the run first starts, and do not change, since files are found there later.

    Raises:
        StoreError: no directory can be made there.
    """
    for name, path in (("logs", config.logdir), ("scratch", config.workdir)):
        link = os.path.join(directory, name)
        try:
            if os.path.islink(link):
                # The directory behind it may have been removed.
                os.makedirs(os.path.realpath(link), 0o700, exist_ok=True)
            elif path and _gives_way(link):
                os.symlink(_new_directory(os.path.abspath(path), f"{record.target.flow}-{record.id}"), link)
        except OSError as error:
            raise StoreError(f"the {name} of run {record.id!r} cannot be in {path!r}: {error.strerror}") from error


def _gives_way(path: str) -> bool:
    """Return whether nothing is there any more; an empty directory is removed."""
    with contextlib.suppress(OSError):
        os.rmdir(path)
    return not os.path.lexists(path)


def _new_directory(parent: str, name: str) -> str:
    """Make a directory of that name; if one exists, of another store's run, add a number."""
    number = 1
    while True:
        path = os.path.join(parent, f"{name}-{number}" if number > 1 else name)
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
            return path
        number += 1
