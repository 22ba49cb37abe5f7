"""Parses the typed words with cyclopts."""

from __future__ import annotations

import functools
import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from typing import IO, cast

from cyclopts import App, CycloptsError, Parameter

import sequent
from sequent.cli.arguments import typed_options
from sequent.cli.arguments.typed_options import DEFAULTS, TypedOptions
from sequent.cli.command_table import COMMANDS, HELP, PURPOSE, USAGE, examples_of, function_of, usage_of
from sequent.cli.output.terminal import Display, writing


def application(command: str = "") -> App:
    """Return the commands as an application of cyclopts; only the module of the typed command is loaded."""
    app = App(
        name="sequent",
        help=PURPOSE,
        version=sequent.__version__,
        help_format="plaintext",
        usage=USAGE,
        # The help texts say what a missing option means; few defaults would be informative.
        default_parameter=Parameter(show_default=False),
        print_error=False,
        exit_on_error=False,
        suppress_keyboard_interrupt=False,
        verbose=False,
        result_action="return_value",
        group_parameters="Options",
    )
    for place, (name, (where, purpose, _, _)) in enumerate(COMMANDS.items()):
        usage, examples = usage_of(name), examples_of(name)
        function = _parsable(function_of(name)) if name == command else where
        app.command(function, name=name, help=purpose, usage=usage, help_epilogue=examples, sort_key=place)
    return app


def _parsable(function: Callable[..., int]) -> Callable[..., int]:
    """Return the function of a command with annotations for the parser.

    In the modules of commands they are only for checkers, so that a command whose words need no parser loads none.
    """

    @functools.wraps(function)
    def command(*words: object, options: TypedOptions = DEFAULTS, **others: object) -> int:
        return function(*words, options=options.plain(), **others)

    hints = typing.get_type_hints(function, localns=vars(typed_options), include_extras=True)
    command.__annotations__ = hints | {"options": TypedOptions}
    signature = inspect.signature(function)
    parameters = signature.parameters | {"options": signature.parameters["options"].replace(default=DEFAULTS)}
    command.__signature__ = signature.replace(parameters=[*parameters.values()])  # type: ignore[attr-defined]
    return command


def parsed(app: App, words: Sequence[str], *, asks_for_help: bool | None = None) -> int:
    """Parse the words with cyclopts and call the command; errors of cyclopts become a ``UsageError``.

    Args:
        app: the command.
        words: the typed words.
        asks_for_help: whether it prints its help; None: if one of the words asks for it.
    """
    try:
        if asks_for_help is None and ({*words} & HELP or not words):
            return _helped(app, words)
        code: object = app(list(words))
    except CycloptsError as error:
        # Mistakes are rare.
        from sequent.cli.arguments.usage_errors import usage_error

        raise usage_error(error) from error
    return code if isinstance(code, int) else 0


def _helped(app: App, words: Sequence[str]) -> int:
    """Print the help of the command, filtered like all output."""
    from rich.console import Console

    with writing():
        app.console = Console(file=cast("IO[str]", Display(sys.stdout)))
        app(list(words))
        return 0


def print_help(app: App) -> None:
    """Print the help of a command that has already read its words."""
    from rich.console import Console

    with writing():
        app.help_print([], console=Console(file=cast("IO[str]", Display(sys.stdout))))
