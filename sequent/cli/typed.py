"""The options that every command takes, as they are typed."""

from __future__ import annotations

from typing import Annotated

from attrs import frozen
from cyclopts import Parameter

from sequent.cli.options import Options


@Parameter(name="*")
@frozen(kw_only=True)
class TypedOptions(Options):
    """Each option with its words and its help."""

    store: Annotated[
        str | None, Parameter(help="Store: a file, or sqlite:///FILE. Else SEQUENT_STORE, else your own.")
    ] = None
    json: Annotated[
        bool, Parameter(negative="", show_default=False, help="Print results and errors as JSON on stdout.")
    ] = False
    quiet: Annotated[
        bool,
        Parameter(name=["--quiet", "-q"], negative="", show_default=False, help="Say only what failed, and the end."),
    ] = False
    verbose: Annotated[
        int,
        Parameter(
            name=["--verbose", "-v"],
            count=True,
            negative="",
            show_default=False,
            help="Say more; twice for still more.",
        ),
    ] = 0
    debug: Annotated[
        bool, Parameter(negative="", show_default=False, help="Show Sequent's own traceback of an error.")
    ] = False


DEFAULTS = TypedOptions()
"""What a command is told where nothing was typed."""
