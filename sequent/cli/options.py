"""The options that every command takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from attrs import frozen
from cyclopts import Parameter

from sequent.cli.text import safe

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


@Parameter(name="*")
@frozen(kw_only=True)
class Options:
    """How a command talks, and which store it means."""

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

    def say(self, text: str) -> None:
        """Tell people something that is no result, unless they asked for quiet."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")


DEFAULTS = Options()
"""What a command is given where nothing was said."""


@contextmanager
def opened_store(options: Options) -> Iterator[Store]:
    """The store that is meant, closed at the end."""
    from sequent.runtime.store import open_store

    store = open_store(options.store)
    try:
        yield store
    finally:
        store.close()


def store_option(options: Options) -> str:
    """What a command needs to find the same store, to be put behind it; empty where none was named."""
    if options.store is None:
        return ""
    from shlex import quote

    return f" --store {safe(quote(options.store))}"
