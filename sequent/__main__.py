"""``python -m sequent``."""

from __future__ import annotations

import os
import sys

# Python's own part of it: a file of the author's may hide the rest, which is not needed.
signals = __import__("_signal")
if __name__ == "__main__" and signals.getsignal(signals.SIGINT) is signals.default_int_handler:
    # Until the command line takes it over, Ctrl-C ends the process at once: nothing has been done yet.
    signals.signal(signals.SIGINT, signals.SIG_DFL)

from sequent.hiding_files import HINT, imported_from, text_of  # noqa: E402  after that

if __name__ == "__main__":
    # Python looks into the current directory first; what Sequent imports is never the author's.
    is_first = not sys.flags.safe_path and sys.path[:1] in ([""], [os.getcwd()])  # noqa: PTH109  pathlib may be hidden
    if is_first and (hiding := imported_from(sys.path.pop(0))):
        sys.stderr.write(f"error: {text_of(hiding)}\n  hint: {HINT}\n")
        sys.exit(2)

    from sequent.cli import main

    sys.exit(main())
