"""What every command is told: how to talk, and which store is meant."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from attrs import frozen

from sequent.cli.text import Paint, safe

if TYPE_CHECKING:
    from sequent.model.spec import FlowSpec
    from sequent.runtime.ports import Store


@frozen(kw_only=True)
class Options:
    """How a command talks, and which store it means.

    How they are typed stands in ``typed.py``, apart: a run of a target alone needs no parser.
    """

    store: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False

    def say(self, text: str) -> None:
        """Tell people something that is no result, unless they asked for quiet."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")


@contextmanager
def opened_store(options: Options) -> Generator[Store]:
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


def warn(spec: FlowSpec, options: Options) -> None:
    """Tell what was accepted and is probably a mistake."""
    paint = Paint.of(sys.stderr)
    for warning in spec.warnings:
        options.say(f"{paint.strong('warning:')} {safe(warning)}")
