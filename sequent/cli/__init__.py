"""The commands: text for people, JSON for machines."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from collections.abc import Sequence
from contextvars import copy_context
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import signal
else:
    # The same functions; the module around it makes enumerations of all signals first.
    import _signal as signal

INTERRUPTED = 130
AUTHORS_CODE = "sequent.runtime.loading"
"""The room that loads the modules of authors."""


def main(words: Sequence[str] | None = None) -> int:
    """Run the typed command.

    As the program of a process, without ``words``, it ends silently on Ctrl-C, from here to the end of the
    interpreter: while modules are being imported, no other code handles it.

    Args:
        words: the words after the program's name; None: those of this process.

    Returns:
        the exit code: 0 success, 1 the flow failed, 2 usage or definition, 3 busy, 4 store or
        environment, 5 fenced, 130, 143 and 129 for INT, TERM and HUP.
    """
    if words is not None:
        from sequent.cli.app import run_command

        # Notes on the command line do not outlive the command.
        return copy_context().run(run_command, list(words))
    code = INTERRUPTED
    try:
        _leave_on_interrupt(code)
        # Registered first, so it runs last: nobody has to wait for the end of the interpreter.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
        from sequent.cli.app import run_command
        from sequent.runtime.processes.standard_streams import open_missing

        sys.unraisablehook = _leave_if_interrupted
        open_missing()
        _raise_on_interrupt()
        code = run_command(sys.argv[1:], is_program=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        _leave_on_interrupt(code)
    if AUTHORS_CODE not in sys.modules:
        _end(code)
    return code


def _end(code: int) -> NoReturn:
    """End the process at once: taking the interpreter down takes a tenth of the time of a short command.

    No code of an author was loaded, so no object waits to be closed.
    """
    end: Any = atexit
    end._run_exitfuncs()  # noqa: SLF001 - there is no public way
    with contextlib.suppress(AttributeError, OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def _leave_on_interrupt(code: int) -> None:
    """Let Ctrl-C end this process at once, unless it is ignored, as in the background of a shell."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        os._exit(code)

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, leave)


def _raise_on_interrupt() -> None:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave_if_interrupted(ignored: sys.UnraisableHookArgs) -> None:
    """End the process if Python cannot raise Ctrl-C any further, as when it arrives during a garbage collection.

    No run is being driven then: a driver handles signals itself.
    """
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        os._exit(INTERRUPTED)
    else:
        sys.__unraisablehook__(ignored)


__all__ = ["main"]
