"""Writes errors: for people one line with place and hint, for machines a document."""

from __future__ import annotations

import sys

from sequent.cli.output.terminal import say
from sequent.cli.output.text import Paint, safe, safe_block
from sequent.errors import DefinitionError, InvalidFlowError, SequentError, StoreError


def told(error: Exception) -> SequentError:
    """Return an error as one of ours, including errors of the system and bugs of Sequent itself."""
    if isinstance(error, SequentError):
        return error
    if isinstance(error, OSError):
        name = f"{error.filename!r}: " if error.filename else ""
        return StoreError(f"{name}{error.strerror or error}", code="environment")
    return StoreError(
        f"Sequent itself failed: {type(error).__name__}: {error}",
        code="internal",
        hint="this is a bug in Sequent; --debug shows the traceback",
    )


def report(error: Exception, *, as_json: bool, with_traceback: bool) -> int:
    """Report an error, and return the exit code of the command."""
    known = told(error)
    if with_traceback:
        import traceback

        say("".join(traceback.format_exception(error)).rstrip("\n"))
    if as_json:
        from sequent.cli.output import json_output

        json_output.write({"error": json_output.error_document(known)})
    else:
        say(as_text(known, Paint.of(sys.stderr)))
    return known.exit_code


def as_text(error: SequentError, paint: Paint) -> str:
    """Return an error as text for people; for a flow with mistakes, all of them."""
    if isinstance(error, InvalidFlowError):
        return "\n".join(_single(problem, paint) for problem in error.problems)
    return _single(error, paint)


def _single(error: SequentError | DefinitionError, paint: Paint) -> str:
    first, *more = safe_block(error.sentence).split("\n")
    lines = [f"{paint.alarm('error:')} {safe(error.where)}{first}", *(f"  {line}" for line in more)]
    if error.hint:
        first, *more = safe_block(error.hint).split("\n")
        lines += [f"  {paint.strong('hint:')} {first}", *(f"        {line}" for line in more)]
    return "\n".join(lines)
