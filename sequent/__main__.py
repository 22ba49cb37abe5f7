"""``python -m sequent``."""

from __future__ import annotations

import os
import sys

# A module built into Python: a file of the author's may hide the others, which are not needed.
signals = __import__("_signal")
if __name__ == "__main__" and signals.getsignal(signals.SIGINT) is signals.default_int_handler:
    # Until the command line handles Ctrl-C, it ends the process at once: nothing has been done yet.
    signals.signal(signals.SIGINT, signals.SIG_DFL)

from sequent.hiding_files import HINT, imported_from, text_of  # noqa: E402  after that

if __name__ == "__main__":
    # Python searches the current directory first; Sequent never imports the author's modules itself.
    is_first = not sys.flags.safe_path and sys.path[:1] in ([""], [os.getcwd()])  # noqa: PTH109  pathlib may be hidden
    if is_first and (hiding := imported_from(sys.path.pop(0))):
        sys.stderr.write(f"error: {text_of(hiding)}\n  hint: {HINT}\n")
        sys.exit(2)

    from sequent.cli import main

    sys.exit(main())
