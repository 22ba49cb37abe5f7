"""A program with its arguments, as written; or the function that returns its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from attrs import evolve, frozen

from sequent.dsl.functions.step_functions import FunctionSource, read_function
from sequent.dsl.mistakes import Mistakes
from sequent.dsl.references.compounds import references_within
from sequent.dsl.references.literals import snapshot
from sequent.dsl.references.reference import formatted_in, has_form
from sequent.dsl.references.reference_search import refuse_text
from sequent.dsl.references.reference_words import refuse_secret
from sequent.dsl.source_lines import Site, option_place, read_at
from sequent.dsl.steps.command_words import WordSource, command_error, read_arguments, read_word, read_words
from sequent.errors import Place
from sequent.model.pickles import Pickled
from sequent.model.wording import described, did_you_mean, repr_of


class ExitCode(int):
    """As ``result=`` of a command: the exit code of the program."""

    __slots__ = ()


@frozen(kw_only=True, eq=False)
class CommandSource:
    """A program with its arguments and options."""

    words: tuple[WordSource, ...] = ()
    computed: FunctionSource | None = None
    """The function that returns the words instead."""
    shell: str | None = None
    """A script for bash, which gets the words as its arguments."""
    env: tuple[tuple[str, WordSource | None], ...] = ()
    cwd: WordSource | None = None
    stdin: WordSource | None = None
    success: tuple[int, ...] = (0,)
    result: str = "none"
    result_type: object = None

    @property
    def name(self) -> str:
        """Its name for messages."""
        return "command" if self.computed is None else self.computed.name


_SHELL = """give a script for bash, which receives data as its words: command(src, dst, shell='sort "$1" > "$2"')"""
_DATA = (str, bytes, bool, int, float, list, tuple, dict, set)
_RESULTS: tuple[tuple[object, str], ...] = (
    (None, "none"),
    (str, "str"),
    (bytes, "bytes"),
    (list[str], "lines"),
    (int, "int"),
    (float, "float"),
    (ExitCode, "exit_code"),
)


def read_command(words: object, options: Mapping[str, object], site: Site) -> CommandSource:
    """Read a command.

    Args:
        words: the program and its arguments.
        options: those of ``env``, ``cwd``, ``stdin``, ``success`` and ``result`` that were given.
        site: the call that gives them.

    Raises:
        DefinitionError: a word or an option is not one that a program can be given.
    """
    if not isinstance(words, tuple | list):
        raise command_error(
            f"a command is {described(words)}",
            option_place(site, "command"),
            'write a tuple of words, ("rsync", "-a", source, target): nothing is split, and there is no shell',
        )
    for name in options:
        if name not in COMMAND_OPTIONS:
            raise command_error(
                f"command has no option {name!r}", option_place(site, name), did_you_mean(name, COMMAND_OPTIONS)
            )
    shell = read_at(site, "shell", partial(_read_shell, options.get("shell")))
    reader = read_words if shell is None else read_arguments
    # The builder calls this option ``command``.
    read = read_at(site, "command", partial(reader, cast("Sequence[object]", words)))
    return _read_options(CommandSource(words=read, shell=shell), options, site)  # a text of the author's, as a field  # nosec B604


def read_computed(
    function: object,
    options: Mapping[str, object],
    site: Site,
    args: object = (),
    kwargs: object = None,
    flow: object = None,
) -> CommandSource:
    """Read a command whose words a function returns, in a worker; the function is given like that of a step.

    Raises:
        DefinitionError: it cannot be called, or takes a secret, which the list of processes would show.
    """
    if options.get("shell") is not None:
        raise command_error(
            "'shell' stands above a function that returns words",
            option_place(site, "shell"),
            "return the words of the program itself: ['bash', '-c', text, ...]",
        )
    computed = read_function(function, site, args, kwargs, flow)
    for name, value in computed.arguments:
        shown = f"the argument {name!r} of {computed.name!r}, which returns a command's words"
        for reference in references_within(value):
            refuse_secret(reference, shown, site)
    return _read_options(CommandSource(computed=computed), options, site)


def _read_options(source: CommandSource, options: Mapping[str, object], site: Site) -> CommandSource:
    mistakes = Mistakes()
    given = {"success": 0, **options}
    read = {
        name: mistakes.told(partial(read_at, site, name, partial(reader, given.get(name))), None)
        for name, reader in _READERS.items()
    }
    mistakes.raise_if_any()
    result = read.pop("result")
    kind = next((word for known, word in _RESULTS if known == result), "json")
    return evolve(source, **read, result=kind, result_type=int if result is ExitCode else result)


def _read_shell(shell: object, place: Place) -> str | None:
    if shell is None:
        return None
    if not isinstance(shell, str) or not shell.strip():
        raise command_error(f"'shell' is {repr_of(shell)}", place, _SHELL)
    if has_form(shell):
        found = formatted_in(shell)
        raise command_error(f"'shell' is a string with {found} in it, which bash would read as code", place, _SHELL)
    if "\0" in shell:
        raise command_error("'shell' contains NUL", place, "leave it out: no program can be given a NUL")
    return shell


def _read_env(env: object, place: Place) -> tuple[tuple[str, WordSource | None], ...]:
    if env is None:
        return ()
    if not isinstance(env, Mapping):
        raise command_error(f"'env' is {repr_of(env)}", place, "give a dict of variables; None removes one")
    read: list[tuple[str, WordSource | None]] = []
    for name, value in cast("Mapping[Any, object]", env).items():
        refuse_text(name, "a variable's name in 'env'", place)
        if not isinstance(name, str) or not name or "=" in name or "\0" in name:
            raise command_error(f"'env' has the name {repr_of(name)}", place, "use a name without = and NUL")
        read.append((name, None if value is None else read_word(value, f"env[{name!r}]", place, secrets=True)))
    return tuple(read)


def _read_cwd(cwd: object, place: Place) -> WordSource | None:
    if cwd is None:
        return None
    if isinstance(cwd, int | float) or (isinstance(cwd, str) and not cwd):
        raise command_error(f"'cwd' is {cwd!r}", place, "give a path")
    return read_word(cwd, "'cwd'", place)


def _read_stdin(stdin: object, place: Place) -> WordSource | None:
    """Read the standard input: a string may contain NUL here, and a Path is opened."""
    if stdin is None:
        return None
    if isinstance(stdin, bytes) or (isinstance(stdin, str) and "\0" in stdin):
        return snapshot(stdin, "'stdin'", place)
    return read_word(stdin, "'stdin'", place, secrets=True)


def _read_result(result: object, place: Place) -> object:
    """Read how standard output becomes the result: a type, or an annotation made of types."""
    if isinstance(result, _DATA) or result is Pickled:
        raise command_error(
            f"'result' is {repr_of(cast('Any', result))}",
            place,
            "give a type: str, bytes, list[str], int, float, ExitCode, or any other type, read as JSON",
        )
    return result


def _read_success(success: object, place: Place) -> tuple[int, ...]:
    codes: tuple[object, ...]
    if isinstance(success, list | tuple | range | set | frozenset):
        codes = tuple(
            sorted(cast("set[Any]", success))
            if isinstance(success, set | frozenset)
            else cast("Sequence[Any]", success)
        )
    else:
        codes = (success,)
    wrong = [code for code in codes if isinstance(code, bool) or not isinstance(code, int) or not 0 <= code <= 255]
    if wrong or not codes:
        raise command_error(
            f"'success' is {repr_of(cast('Any', success))}",
            place,
            "give an exit code from 0 to 255, or several",
        )
    return cast("tuple[int, ...]", codes)


_READERS: Mapping[str, Callable[[object, Place], Any]] = {
    "result": _read_result,
    "env": _read_env,
    "cwd": _read_cwd,
    "stdin": _read_stdin,
    "success": _read_success,
}
COMMAND_OPTIONS = frozenset({*_READERS, "shell"})
"""The options that only a command has."""
