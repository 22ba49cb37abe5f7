"""Defines ``mark``, which gives a task of a run its outcome, instead of an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.errors import UsageError
from sequent.model.interventions import InterventionKind, check_json

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import NamedRun, Reason, TaskPath


def mark(
    run: NamedRun,
    path: TaskPath,
    outcome: Annotated[Literal["success", "failure"], Parameter(name="OUTCOME", help="success or failure.")],
    /,
    *,
    result: Annotated[str, Parameter(help="The result of a success, in JSON; by default None.")] = "",
    why: Reason = "",
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Give a task its outcome: one that has not begun, or that has failed or was lost before the run is recovered."""
    if result and outcome == "failure":
        raise UsageError("a failure has no result", code="result", hint="leave --result out, and say --why")
    if result:
        check_json(result, "result", "--result")
    return intervene(options, run, InterventionKind.MARK, why=why, place=path, outcome=outcome, result=result)
