"""Defines ``prune``, which removes old runs with their rows, logs, scratch directories and large values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output import json_output
from sequent.cli.output.terminal import out
from sequent.cli.output.text import Paint, counted, moment, safe, size
from sequent.errors import UsageError
from sequent.runtime.pruning import Pruned, PruneRule

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter


def prune(
    *,
    older_than: Annotated[str | None, Parameter(help="Only runs that ended this long ago: 30d, 12h.")] = None,
    keep: Annotated[
        int | None, Parameter(help="Keep this many of the latest runs of each flow, however old; 0: none.")
    ] = None,
    keep_failed: Annotated[
        bool,
        Parameter(negative="", show_default=False, help="Keep runs that have not succeeded: they may be recovered."),
    ] = False,
    flow: Annotated[str | None, Parameter(help="Only runs of the flow with this name.")] = None,
    dry_run: Annotated[
        bool, Parameter(negative="", show_default=False, help="Show what would be removed; remove nothing.")
    ] = False,
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Remove old runs with their logs and files. Runs that are driven or suspended are always kept."""
    if older_than is None and keep is None:
        raise UsageError(
            "neither --older-than nor --keep is given",
            code="prune",
            hint="sequent prune --older-than 30d, or --keep 100; --dry-run shows the runs and removes nothing",
        )
    keep = keep or 0
    if keep < 0:
        raise UsageError(f"--keep is {keep}", code="prune", hint="give a number of runs: --keep 100")
    rule = PruneRule(
        older_than=None if older_than is None else _seconds(older_than),
        keep=keep,
        keep_failed=keep_failed,
        flow=flow,
        is_dry=dry_run,
    )
    with opened_store(options) as store:
        pruned = store.prune(rule)
        if options.json:
            json_output.write({"store": store.name, **_document(pruned, is_dry=dry_run)})
        else:
            _tell(pruned, options, is_dry=dry_run)
    return 0


def _seconds(text: str) -> float:
    from sequent.model.durations import read_seconds

    try:
        return read_seconds(text)
    except ValueError as error:
        raise UsageError(
            f"--older-than: {error}", code="prune", hint="give a duration, such as 30d, 12h or 90m"
        ) from None


def _document(pruned: Pruned, *, is_dry: bool) -> json_output.Document:
    runs = [
        {
            "id": run.id,
            "flow": run.flow,
            "status": run.status.value,
            "ended": json_output.moment(run.ended),
            "bytes": run.size,
        }
        for run in pruned.runs
    ]
    return {"dry_run": is_dry, "runs": runs, "bytes": pruned.size, "busy": list(pruned.busy)}


def _tell(pruned: Pruned, options: GlobalOptions, *, is_dry: bool) -> None:
    plain = Paint(is_on=False)
    for run in pruned.runs if is_dry or options.verbose else ():
        out(f"{safe(run.id)}  {safe(run.flow)}  {moment(run.ended)}  {plain.status(run.status)}  {size(run.size)}")
    for run_id in pruned.busy:
        options.say(f"{safe(run_id)} is kept: some of its processes still run")
    verb = "would be removed" if is_dry else "removed"
    freed = "" if is_dry else f", {size(pruned.size)} freed"
    options.say(f"{counted(len(pruned.runs), 'run')} {verb}{freed}")
