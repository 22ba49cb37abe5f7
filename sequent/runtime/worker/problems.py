"""Exceptions of the author's code as problems: only the author's frames, whatever the exception does."""

from __future__ import annotations

import functools
import os
import sysconfig
import traceback
from collections.abc import Callable
from types import TracebackType

import sequent
from sequent.errors import Place, SequentError
from sequent.model.outcome import Problem
from sequent.model.record_text import number_or

_OURS = os.path.dirname(os.path.abspath(sequent.__file__)) + os.sep
_LONGEST_NAME = 1_000
_LONGEST_MESSAGE = 10_000
_LONGEST_TRACEBACK = 64_000


def problem_of(
    error: BaseException, place: Place | None = None, hide: Callable[[str], str] = lambda text: text
) -> Problem:
    """Describe an exception as a problem.

    Args:
        error: raised by the author's code, or by Sequent itself.
        place: the line of the step, for an error of Sequent's that has no line of its own.
        hide: removes secrets from a string, before it is shortened.
    """
    kind = type(error).__name__
    code: int | None = None
    match error:
        case SystemExit():
            code, message = _exit_code(error.code), f"the step called sys.exit({_safe(repr, error.code)})"
        case KeyboardInterrupt():
            message = "the step was interrupted"
        case SequentError():
            message = error.message + (f"\n  hint: {error.hint}" if error.hint else "")
        case _:
            message = _safe(str, error) + _terminal_hint(error)
    author, innermost = _lines(error.__traceback__)
    is_of_debugger = _is_of_debugger(error)
    is_refusal = author is None and (isinstance(error, SequentError) or is_of_debugger)
    own = error.place if isinstance(error, SequentError) else None
    file, line = own or author or (place if is_refusal else innermost) or ("", 0)
    return Problem(
        type=printable(hide(kind), _LONGEST_NAME),
        message=printable(hide(message), _LONGEST_MESSAGE),
        # The author cannot mend Sequent's own frames, nor those of the debugger.
        traceback="" if is_refusal or is_of_debugger else printable(hide(_traceback(error)), _LONGEST_TRACEBACK),
        file=file,
        line=max(number_or(line, 0), 0),
        exit_code=code,
        types=tuple(hide(name) for name in _types_of(type(error))),
    )


def _terminal_hint(error: BaseException) -> str:
    """Return a hint for a step that reads from a terminal, by ``input()`` or ``breakpoint()``: a run has none."""
    if type(error) is EOFError and _safe(str, error) == "EOF when reading a line":
        return "\n  hint: a step has no terminal: take the value from a param(), or from the answer to an approve()"
    if _is_of_debugger(error):
        return "the debugger was left\n  hint: a step in a run has no terminal: debug it with sequent try RUN PATH"
    return ""


def _is_of_debugger(error: BaseException) -> bool:
    """Return whether the debugger was left, as at once where there is no terminal; it is seldom loaded."""
    return (type(error).__module__, type(error).__name__) == ("bdb", "BdbQuit")


def _types_of(kind: type[BaseException]) -> tuple[str, ...]:
    """Return the class and its bases, most specific first, as a step's ``retry_on`` names them."""
    return tuple(f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__ if issubclass(base, BaseException))


def printable(text: str, longest: int) -> str:
    """Return a string that any file can hold, shortened in the middle."""
    if len(text) > longest:
        text = f"{text[: longest // 2]}\n... {len(text) - longest} characters left out ...\n{text[-longest // 2 :]}"
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    # A program whose exit code is too large ends with 255, too.
    return number_or(code, 255) if isinstance(code, int) else 1


def _safe(write: Callable[[object], str], value: object) -> str:
    try:
        return write(value)
    except Exception as error:  # noqa: BLE001 - a class of the author's may raise anything in its __str__
        return f"<its text cannot be read: {type(error).__name__}>"


def _traceback(error: BaseException) -> str:
    try:
        told = traceback.TracebackException.from_exception(error)
        _trim(told, set())
        return "".join(told.format())
    except Exception as second:  # noqa: BLE001 - for the same reason
        return f"<the traceback could not be written: {type(second).__name__}>\n"


def _trim(told: traceback.TracebackException, seen: set[int]) -> None:
    """Drop Sequent's own frames, in the causes too."""
    if id(told) in seen:
        return
    seen.add(id(told))
    kept = [frame for frame in told.stack if not frame.filename.startswith(_OURS)]
    told.stack = traceback.StackSummary.from_list(kept)
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            _trim(other, seen)


def _lines(trace: TracebackType | None) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
    """Return the innermost line of the author's own code, and of any code but Sequent's."""
    innermost: tuple[str, int] | None = None
    author: tuple[str, int] | None = None
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith(_OURS):
            innermost = (file, trace.tb_lineno)
            if not file.startswith(("<", *_libraries_if_readable())):
                author = innermost
        trace = trace.tb_next
    return author, innermost


def _libraries_if_readable() -> tuple[str, ...]:
    try:
        return _libraries()
    except (OSError, MemoryError):
        # If a step has used up all descriptors or memory, a library's frame may be shown as the author's.
        return ()


@functools.cache
def _libraries() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return tuple({paths[key] + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")})
