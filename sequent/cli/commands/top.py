"""Defines ``top``, which shows runs on a screen of the terminal."""

from __future__ import annotations

import importlib.util
import sys

from sequent.cli.arguments.options import DEFAULTS, GlobalOptions, opened_store
from sequent.cli.output.text import is_live
from sequent.errors import UsageError

PACKAGE = "textual"


def top(*, options: GlobalOptions = DEFAULTS) -> int:
    """Show runs on a screen of this terminal, until it is left."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise UsageError(
            f"the screen needs the extra 'tui'; missing: {PACKAGE}",
            code="no-tui",
            hint="install it: pip install 'sequent[tui]'",
        )
    if not (sys.stdin.isatty() and is_live(sys.stdout) and is_live(sys.stderr)):
        raise UsageError(
            "the screen needs a terminal",
            code="no-terminal",
            hint="list the runs with sequent ls, and look at one with sequent show",
        )
    from sequent.tui.run_source import RunSource
    from sequent.tui.top_app import TopApp

    with opened_store(options) as store:
        name = store.name
    TopApp(RunSource(opened=lambda: opened_store(options), store_name=name)).run()
    return 0
