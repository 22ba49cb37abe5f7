"""Defines ``approve``, which answers the question of a step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions
from sequent.cli.runs.interventions import intervene
from sequent.errors import UsageError
from sequent.model.interventions import InterventionKind, check_json
from sequent.model.json_text import json_or_text

if TYPE_CHECKING:
    from typing import Annotated

    from cyclopts import Parameter

    from sequent.cli.arguments.typed_options import NamedRun, Reason, TaskPath


def approve(
    run: NamedRun,
    path: TaskPath,
    /,
    *,
    no: Annotated[
        bool, Parameter(negative="", show_default=False, help="Reject: the step fails, and --why tells the reason.")
    ] = False,
    form: Annotated[str, Parameter(name="--with", help="The answer in JSON, if the question has a form.")] = "",
    fields: Annotated[
        tuple[str, ...],
        Parameter(name="--set", negative="", help="A field of the answer, NAME=VALUE: JSON, or else text. Repeatable."),
    ] = (),
    why: Reason = "",
    options: GlobalOptions = DEFAULTS,
) -> int:
    """Answer the question of a step: yes, or --no. The first answer that fits counts."""
    if form and fields:
        raise UsageError("--with and --set are both given", code="answer", hint="leave one of them out")
    if no and (form or fields):
        raise UsageError("a rejection has no answer", code="answer", hint="leave --with and --set out, and say --why")
    result = form or (json.dumps(dict(map(_field, fields))) if fields else "")
    if form:
        check_json(form, "answer", "--with")
    outcome = "failure" if no else "success"
    return intervene(options, run, InterventionKind.APPROVE, why=why, place=path, outcome=outcome, result=result)


def _field(typed: str) -> tuple[str, object]:
    """Return the name and the value of a field."""
    name, sign, value = typed.partition("=")
    if not (name and sign):
        raise UsageError(f"--set {typed!r:.100} is not NAME=VALUE", code="answer", hint="write --set NAME=VALUE")
    return name, json_or_text(value)
