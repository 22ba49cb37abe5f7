"""Shows uncaught errors of a program: the author's lines, and the error.

Like ``hiding_files``, this module imports nothing until it is needed.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType

_OURS = os.path.dirname(__file__) + os.sep  # noqa: PTH120  pathlib may be hidden


def show(kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
    """Show an error of Sequent without Sequent's own lines, and name a file of the author's that hides a module.

    All other errors are shown as Python shows them.
    """
    try:
        text = _text(error, trace)
    except Exception:  # noqa: BLE001 - the error itself must be seen, also if a module is hidden or fails here
        text = ""
    if text:
        sys.stderr.write(text)
    else:
        sys.__excepthook__(kind, error, trace)


def _text(error: BaseException, trace: "TracebackType | None") -> str:
    from sequent.hiding_files import HINT, hiding_behind, text_of

    if hiding := hiding_behind(error):
        return f"{_lines(trace)}ImportError: {text_of(hiding)}\n  hint: {HINT}\n"

    from sequent.errors import SequentError

    if not isinstance(error, SequentError):
        return ""
    kind = type(error)
    return f"{_lines(trace)}{kind.__module__}.{kind.__qualname__}: {error}\n"


def _lines(trace: "TracebackType | None") -> str:
    """Return the author's lines, as Python shows them: down to the call of Sequent."""
    own: list[tuple[FrameType, int]] = []
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(_OURS):
        own.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    if not own:
        return ""
    try:
        import traceback

        shown = traceback.StackSummary.extract(iter(own)).format()
    except Exception:  # noqa: BLE001 - as above
        shown = [f'  File "{frame.f_code.co_filename}", line {line}\n' for frame, line in own]
    return "".join(["Traceback (most recent call last):\n", *shown])
