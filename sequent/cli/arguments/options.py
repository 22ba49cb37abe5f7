"""The options of every command: for its output and its store."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sequent.cli.import_speed import uncollected
from sequent.cli.output.terminal import say
from sequent.cli.output.text import Paint, safe
from sequent.errors import DefinitionError, Place, StoreError, UsageError
from sequent.model.commands import option as option_text
from sequent.model.commands import with_store
from sequent.settings.store_alone import has_settings, store_alone

if TYPE_CHECKING:
    from sequent.model.spec import FlowSpec
    from sequent.runtime.ports import Store
    from sequent.settings.configuration import Configuration


sequents_words: ContextVar[Sequence[str] | None] = ContextVar("sequents_words", default=None)
"""The typed words that belong to Sequent, once it is known which are options and values of the flow."""


class GlobalOptions(Struct, frozen=True, kw_only=True):
    """The options for the output of a command and for its store.

    ``typed_options.py`` defines how they are typed; it is separate because ``run TARGET`` needs no parser.
    """

    store: str | None = None
    config: str | None = None
    config_tag: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: int = 0
    debug: bool = False

    def settings(self, **said: object) -> Configuration:
        """Return the settings of flows, merged with the other options of the command line.

        Raises:
            UsageError, DefinitionError: a file, a variable or a value in them is invalid.
        """
        from sequent.settings.configuration import configuration

        self._refuse_empty()
        return configuration({"store": self.store, **said}, file=self.config, tag=self.config_tag)

    def store_name(self) -> str | None:
        """Return the store of a command that needs no other settings; None for the user's own.

        Raises:
            UsageError, DefinitionError: as ``settings``.
        """
        self._refuse_empty()
        if self.config is not None or has_settings(os.environ, os.getcwd()):  # noqa: PTH109  pathlib is slow to load
            return self.settings().store
        return store_alone(self.store, os.environ)

    def _refuse_empty(self) -> None:
        for option, value in (("--store", self.store), ("--config", self.config)):
            if value == "":
                # A script's unset variable must not lead to another store than the intended one.
                raise UsageError(f"{option} is empty", hint=f"name a file, or leave {option} out")

    def say(self, text: str) -> None:
        """Print a message that is not a result, unless --quiet is given."""
        if not self.quiet:
            say(text)


DEFAULTS = GlobalOptions()
"""The options of a command without any."""


@contextmanager
def opened_store(options: GlobalOptions, *, waits: bool = False) -> Generator[Store]:
    """Open the store to read or recover runs from, and close it at the end; it is never created.

    With ``waits``, wait while the disk is full, as a command that resumes a run does.

    Raises:
        UsageError: the store is one that ends with its process.
        StoreError: the typed store does not exist; a default store that does not exist just has no runs.
    """
    from sequent.runtime.store import check_outlasting, is_there, open_store

    name = options.store_name()
    check_outlasting(name)
    if options.store is not None and name is not None and not is_there(name):
        raise StoreError(
            f"there is no store {options.store!r}",
            code="no-store",
            hint="name another, or make one: sequent run TARGET --store FILE",
        )
    with with_store(store_option(options)):
        with uncollected():
            store = _with_room(name) if waits else open_store(name, makes=False)
        try:
            yield store
        finally:
            store.close()


def _with_room(name: str | None) -> Store:
    """Return the store, once its disk has room."""
    from sequent.runtime.backoff import wait_for_room
    from sequent.runtime.store import open_store

    return wait_for_room(lambda: open_store(name, makes=False))


def read_log_level(text: str | None) -> int | None:
    """Return the typed level of logging.

    Raises:
        UsageError: there is no such level.
    """
    if text is None:
        return None
    from sequent.settings.keywords import read_level

    try:
        return read_level(text, "--log-level", Place("", 0))
    except DefinitionError as error:
        raise UsageError(error.message, hint=error.hint) from error


def target_of(typed: str | None, settings: Configuration) -> str:
    """Return the typed target, else the one in the settings.

    Raises:
        UsageError: there is neither.
    """
    target = typed or settings.flow
    if not target:
        raise UsageError(
            "no target given",
            code="target",
            hint="give the flow as module:flow or path/file.py:flow, "
            "or set it once in sequent.toml or [tool.sequent]: flow = 'module:flow'",
        )
    return target


def store_option(options: GlobalOptions) -> str:
    """Return the options by which a command finds the same store; '' if none was named."""
    said = (("store", options.store), ("config", options.config), ("config-tag", options.config_tag))
    return "".join(option_text(name, value) for name, value in said if value is not None)


def with_own_store(options: GlobalOptions, flow: object, settings: Configuration) -> tuple[GlobalOptions, str | None]:
    """Return the store and the options for it, if none was typed and the flow itself names one."""
    from sequent.dsl.builder.blocks import Sequent

    own = (flow.store, flow.default_store) if isinstance(flow, Sequent) else ("", "")
    store = settings.store_of(options.store or own[0], own[1])
    is_own = options.store is None and store is not None and store != settings.store
    return (replace(options, store=store) if is_own else options), store


def warn(spec: FlowSpec, options: GlobalOptions) -> None:
    """Warn of accepted arguments that are probably mistakes."""
    paint = Paint.of(sys.stderr)
    for warning in spec.warnings:
        options.say(f"{paint.strong('warning:')} {safe(warning)}")
