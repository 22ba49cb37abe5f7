"""Defines ``store``, which backs up the store while runs go on, checks it for damage, or upgrades it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import counted, safe, size
from sequent.errors import StoreError, UsageError

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.runtime.store.sql.store import SqlStore
    from sequent.runtime.store.sqlite.store import SqliteStore

DAMAGED = 4
"""The exit code for a damaged store."""


def store(
    action: Annotated[
        Literal["backup", "check", "upgrade"],
        Parameter(help="Write a copy, check every page and row, or bring the tables up to this version."),
    ],
    file: Annotated[str | None, Parameter(help="For backup: the file to write, which must not exist.")] = None,
    /,
    *,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Back up the store while runs go on, check it for damage, or upgrade it."""
    if action != "backup" and file is not None:
        raise UsageError(
            f"store {action} takes no file, got {file!r}", hint=f"name the store: sequent store {action} --store {file}"
        )
    if action == "backup" and not file:
        raise UsageError("store backup needs the file to write", hint="sequent store backup FILE")
    if action == "upgrade":
        return _upgrade(options)
    from sequent.runtime.store.sqlite.store import SqliteStore
    from sequent.runtime.store.sqlite.temporary import MemoryStore

    with opened_store(options) as opened:
        if isinstance(opened, MemoryStore):
            raise StoreError(
                f"there is no store '{opened.name}' yet", code="no-store", hint="name another: --store FILE"
            )
        if file is None:
            return _check(cast("SqlStore", opened), options)
        if not isinstance(opened, SqliteStore):
            raise UsageError(
                f"the store '{opened.name}' is backed up by the tools of its server",
                code="not-a-file",
                hint="pg_dump --schema=SCHEMA --format=custom --file=FILE DATABASE",
            )
        return _back_up(opened, file, options)


def _upgrade(options: GlobalOptions) -> int:
    from sequent.runtime.store import check_outlasting, upgrade_store

    name = options.settings().store
    check_outlasting(name)
    upgrade_store(name)
    with opened_store(options) as opened:
        if options.json:
            json_output.write({"store": opened.name})
        else:
            options.say(f"{safe(opened.name)} has the tables of this version")
    return 0


def _back_up(kept: SqliteStore, file: str, options: GlobalOptions) -> int:
    made = kept.back_up(os.path.realpath(Path(file).expanduser()))
    if options.json:
        json_output.write({"store": kept.name, "file": made.path, "runs": made.runs, "bytes": made.size})
    else:
        options.say(f"{safe(made.path)} is a copy of {safe(kept.name)}: {counted(made.runs, 'run')}, {size(made.size)}")
    return 0


def _check(kept: SqlStore, options: GlobalOptions) -> int:
    problems = list(kept.problems())
    if options.json:
        json_output.write({"store": kept.name, "problems": problems})
        return DAMAGED if problems else 0
    for problem in problems:
        out(safe(problem))
    runs = counted(len(kept.runs()), "run")
    options.say(f"{safe(kept.name)}: {runs}, " + (counted(len(problems), "problem") if problems else "all right"))
    return DAMAGED if problems else 0
