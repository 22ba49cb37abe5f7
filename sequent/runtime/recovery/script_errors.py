"""The error that ends a script which is run again: the script writes it to a file, and the command raises it."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import cast

from msgspec import Struct

from sequent import errors
from sequent.errors import DefinitionError, InvalidFlowError, Place, SequentError
from sequent.model.record_text import read_record, text_of_record
from sequent.model.variables import RECOVER_RAISED


class _RaisedError(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: str
    """The name of its class, or of the base that is Sequent's own."""
    message: str
    code: str
    hint: str
    place: Place | None
    path: str
    problems: tuple[_RaisedError, ...]
    """The single mistakes of a flow."""
    traceback: str = ""


def write_raised() -> None:
    """Write an uncaught error of ours to a file, instead of showing it with a traceback."""
    file, show = Path(os.environ.pop(RECOVER_RAISED)), sys.excepthook

    def write(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, SequentError):
            file.write_text(text_of_record(_record_of(error, "".join(traceback.format_exception(error)))))
        else:
            show(kind, error, trace)

    sys.excepthook = write


def read_raised(file: Path) -> SequentError | None:
    """Return the error that was written there, with its traceback as a note; None if there was none.

    Raises:
        NotDataError: the file contains something else.
    """
    if not file.exists():
        return None
    record = read_record(_RaisedError, file.read_text(), "the error of the script")
    error = _error_of(record)
    error.add_note(record.traceback)
    return error


def _record_of(error: SequentError, shown: str = "") -> _RaisedError:
    kind = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    problems = error.problems if isinstance(error, InvalidFlowError) else ()
    return _RaisedError(
        kind=kind.__name__,
        message=error.message,
        code=error.code,
        hint=error.hint,
        place=error.place,
        path=error.path,
        problems=tuple(map(_record_of, problems)),
        traceback=shown,
    )


def _error_of(record: _RaisedError) -> SequentError:
    if record.problems:
        return InvalidFlowError(tuple(cast("DefinitionError", _error_of(problem)) for problem in record.problems))
    kind: type[SequentError] = getattr(errors, record.kind)
    # Some classes make their message from other arguments.
    error = kind.__new__(kind)
    SequentError.__init__(
        error, record.message, code=record.code, hint=record.hint, place=record.place, path=record.path
    )
    return error
