"""``python -m sequent``."""

from __future__ import annotations

import sys

from sequent.cli import main

if __name__ == "__main__":
    sys.exit(main())
