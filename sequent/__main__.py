"""``python -m sequent``."""

from __future__ import annotations

import os
import sys

from sequent.hiding_files import HINT, imported_from, text_of

if __name__ == "__main__":
    # Python looks into the current directory first; what Sequent imports is never the author's.
    is_first = not sys.flags.safe_path and sys.path[:1] in ([""], [os.getcwd()])  # noqa: PTH109  pathlib may be hidden
    if is_first and (hiding := imported_from(sys.path.pop(0))):
        sys.stderr.write(f"error: {text_of(hiding)}\n  hint: {HINT}\n")
        sys.exit(2)

    from sequent.cli import main

    sys.exit(main())
