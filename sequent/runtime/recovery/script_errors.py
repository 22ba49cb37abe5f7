"""The error that ends a script which is run again: the script writes it to a file, and the command raises it."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from sequent import errors
from sequent.errors import DefinitionError, InvalidFlowError, Place, SequentError

RAISED = "SEQUENT_RECOVER_RAISED"
"""Names the file into which the script writes it."""


def write_raised() -> None:
    """Write an uncaught error of ours to a file, instead of showing it with a traceback."""
    file, show = Path(os.environ.pop(RAISED)), sys.excepthook

    def write(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, SequentError):
            shown = "".join(traceback.format_exception(error))
            file.write_text(json.dumps({**_fields(error), "traceback": shown}))
        else:
            show(kind, error, trace)

    sys.excepthook = write


def read_raised(file: Path) -> SequentError | None:
    """The error that was written there, with its traceback as a note; None where there was none."""
    if not file.exists():
        return None
    fields: dict[str, Any] = json.loads(file.read_text())
    error = _error(fields)
    error.add_note(fields["traceback"])
    return error


def _fields(error: SequentError) -> dict[str, Any]:
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    problems = error.problems if isinstance(error, InvalidFlowError) else ()
    return {
        "kind": kind.__name__,
        "message": error.message,
        "code": error.code,
        "hint": error.hint,
        "place": error.place,
        "path": error.path,
        "problems": [_fields(problem) for problem in problems],
    }


def _error(fields: dict[str, Any]) -> SequentError:
    if fields["problems"]:
        return InvalidFlowError(tuple(cast("DefinitionError", _error(problem)) for problem in fields["problems"]))
    kind: type[SequentError] = getattr(errors, fields["kind"])
    place = Place(*fields["place"]) if fields["place"] else None
    return kind(fields["message"], code=fields["code"], hint=fields["hint"], place=place, path=fields["path"])
