"""Decides whether to trust the place of a flow in a store, from which code is run."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from sequent.errors import UsageError
from sequent.model.commands import typed
from sequent.runtime.records import RunRecord
from sequent.settings.configuration import Configuration

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


def trusted_flow(store: Store, record: RunRecord, settings: Configuration, command: str, *places: str) -> str | None:
    """Return the place of the flow in the settings; None for that in the store, if no other user can have written it.

    Args:
        store: the store.
        record: the run.
        settings: the present settings.
        command: the command that would load the flow.
        places: the words of that command after the run.

    Raises:
        UsageError: other users could have, and the settings have none; the message says how.
    """
    reason = open_to_others(store.name, os.geteuid())
    if not reason:
        return None
    if settings.flow is None:
        words = (*command.split(), record.id, *places, "--flow", "module:flow")
        raise UsageError(
            f"the flow of run {record.id!r} is not loaded from the place in the store: {reason}",
            code="foreign-store",
            hint=f"give the place of the flow: {typed(*words)}",
        )
    return settings.flow


def check_script(store: Store, record: RunRecord, variable: str) -> None:
    """Check that no other user can have written the script to run again.

    Raises:
        UsageError: other users could have; the message says how.
    """
    reason = open_to_others(store.name, os.geteuid())
    if reason:
        raise UsageError(
            f"the script of run {record.id!r} is not run again, though the store names it: {reason}",
            code="foreign-store",
            hint=f"run it yourself: SEQUENT_STORE={quote(store.name)} {variable}={record.id} python SCRIPT",
        )


def open_to_others(name: str, user: int) -> str:
    """Return why other users may have written a store; '' if they cannot have.

    The store's directory need not be checked: a store whose file others could replace is not opened at all.
    """
    if "://" in name:
        return f"other users may write to {name!r}"
    try:
        status = Path(name).stat()
    except OSError:
        return f"{name!r} is not your file"
    if status.st_uid != user:
        return f"{name!r} belongs to another user"
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{name!r} is writable by others (mode {stat.S_IMODE(status.st_mode):04o})"
    return ""
