"""Defines ``store``, which backs up the store while runs go on, or checks it for damage."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from sequent.cli.arguments.options import GlobalOptions, opened_store
from sequent.cli.arguments.typed_options import DEFAULTS, TypedOptions
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import counted, safe, size
from sequent.errors import StoreError, UsageError

if TYPE_CHECKING:
    from sequent.runtime.store.sqlite.store import SqliteStore

DAMAGED = 4
"""The exit code for a damaged store."""


def store(
    action: Annotated[Literal["backup", "check"], Parameter(help="Write a copy, or check every page and row.")],
    file: Annotated[str | None, Parameter(help="For backup: the file to write, which must not exist.")] = None,
    /,
    *,
    options: TypedOptions = DEFAULTS,
) -> int:
    """Back up the store while runs go on, or check it for damage."""
    if action == "check" and file is not None:
        raise UsageError(
            f"store check takes no file, got {file!r}", hint=f"name the store: sequent store check --store {file}"
        )
    if action == "backup" and not file:
        raise UsageError("store backup needs the file to write", hint="sequent store backup FILE")
    from sequent.runtime.store.sqlite.store import SqliteStore

    with opened_store(options) as opened:
        if not isinstance(opened, SqliteStore):
            raise StoreError(
                f"there is no store '{opened.name}' yet", code="no-store", hint="name another: --store FILE"
            )
        return _check(opened, options) if file is None else _back_up(opened, file, options)


def _back_up(kept: SqliteStore, file: str, options: GlobalOptions) -> int:
    made = kept.back_up(os.path.realpath(Path(file).expanduser()))
    if options.json:
        json_output.write({"store": kept.name, "file": made.path, "runs": made.runs, "bytes": made.size})
    else:
        options.say(f"{safe(made.path)} is a copy of {safe(kept.name)}: {counted(made.runs, 'run')}, {size(made.size)}")
    return 0


def _check(kept: SqliteStore, options: GlobalOptions) -> int:
    problems = list(kept.problems())
    if options.json:
        json_output.write({"store": kept.name, "problems": problems})
        return DAMAGED if problems else 0
    for problem in problems:
        out(safe(problem))
    runs = counted(len(kept.runs()), "run")
    options.say(f"{safe(kept.name)}: {runs}, " + (counted(len(problems), "problem") if problems else "all right"))
    return DAMAGED if problems else 0
