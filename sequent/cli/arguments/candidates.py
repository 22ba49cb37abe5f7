"""Proposes completions to shells: commands, options, files, runs, steps of a run, parameters of a flow."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Generator, Iterator, Sequence
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args, get_origin

from sequent.cli.arguments.options import GlobalOptions, opened_store
from sequent.cli.command_table import COMMANDS, VALUED
from sequent.cli.output.terminal import out
from sequent.errors import SequentError
from sequent.model.outline import QUESTION
from sequent.model.scope import path_on_host

if TYPE_CHECKING:
    from cyclopts import Argument

    from sequent.runtime.records import RunRecord

FILES = ":files"
"""Among the candidates, stands for file names."""
_MOST = 50
"""The maximum number of runs to propose, the latest first."""
_MOST_ATTEMPTS = 10_000
"""The maximum number of attempts to look at, for hosts."""
_STEPS = frozenset({"--from", "--rerun", "--skip", "PATH"})
_FILES = frozenset({"--store", "--config", "--output", "FILE", "TARGET"})
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def complete(line: str) -> int:
    """Print the candidates for the last word, one per line; print nothing on any error."""
    with contextlib.suppress(Exception):
        words = split(line)
        found = [*_candidates(words[1:-1], words[-1])]
        for word in dict.fromkeys(found):
            out(word)
    return 0


def split(line: str) -> list[str]:
    """Return the words of a line as a shell reads them; the last is being typed, and may be empty."""
    for end in ("", "'", '"'):
        reader = shlex.shlex(f"{line}{end}", posix=True, punctuation_chars=False)
        reader.whitespace_split, reader.commenters = True, ""
        with contextlib.suppress(ValueError):
            words = [*reader]
            break
    else:
        words = line.split()
    return words if line and not line[-1].isspace() else [*words, ""]


class _Command(NamedTuple):
    """The words that may follow a command."""

    arguments: tuple[Argument, ...]

    def options(self) -> list[str]:
        return [name for argument in self.arguments for name in argument.names if name.startswith("-")]

    def option(self, name: str) -> Argument | None:
        return next((argument for argument in self.arguments if name in argument.names), None)

    def positional(self, index: int) -> Argument | None:
        named = [argument for argument in self.arguments if argument.index is not None]
        last = next((each for each in named if each.field_info.kind is each.field_info.VAR_POSITIONAL), None)
        return next((argument for argument in named if argument.index == index), last)


def _candidates(before: Sequence[str], last: str) -> Iterator[str]:
    leading = 0
    while leading < len(before) and before[leading].startswith("-"):
        leading += 2 if before[leading] in VALUED else 1
    if leading > len(before):
        yield from () if before[-1] == "--config-tag" else (FILES,)
        return
    command = before[leading] if leading < len(before) else None
    if command is None:
        options = ("--help", "--version", "--store", "--config", "--config-tag", "--json", "--quiet", "--verbose")
        yield from _beginning(last, options if last.startswith("-") else COMMANDS)
        if not last.startswith("-"):
            yield from _targets(last)
        return
    from sequent.cli.arguments.parsing import application

    name = command if command in COMMANDS else "run"
    shape = _Command(tuple(application(name)[name].assemble_argument_collection()))
    rest = [*before[:leading], *before[leading + (command in COMMANDS) :]]
    yield from _in_command(name, shape, rest, last)


def _in_command(name: str, shape: _Command, rest: list[str], last: str) -> Iterator[str]:
    given, valued = _typed(shape, rest)
    options = _options(rest)
    previous = shape.option(rest[-1]) if rest and rest[-1] in valued else None
    if previous is not None:
        yield from _values(rest[-1], previous, given, options, last)
    elif last.startswith("--") and "=" in last:
        option, _, text = last.partition("=")
        if (argument := shape.option(option)) is not None:
            values = _values(option, argument, given, options, text)
            yield from (word if word == FILES else f"{option}={word}" for word in values)
    elif last.startswith("-"):
        flow = given[0] if name == "run" and given else ""
        yield from _beginning(last, (*_flow_options(flow), *shape.options(), "--help"))
    elif name == "approve" and len(given) == 1:
        yield from _beginning(last, _questions(given[0], options))
    elif (argument := shape.positional(len(given))) is not None:
        yield from _values(argument.names[0], argument, given, options, last)


def _typed(shape: _Command, rest: Sequence[str]) -> tuple[list[str], set[str]]:
    """Return the words that are not options, and the options that take the next word as a value."""
    given: list[str] = []
    valued = {name for argument in shape.arguments for name in argument.names if argument.token_count()[0]}
    is_value = False
    for word in rest:
        if not is_value and not word.startswith("-"):
            given.append(word)
        is_value = not is_value and word in valued and word.startswith("-")
    return given, valued


def _values(name: str, argument: Argument, given: Sequence[str], options: GlobalOptions, last: str) -> Iterator[str]:
    choices = _choices(argument.hint)
    if choices:
        yield from _beginning(last, choices)
    elif name in _STEPS:
        run = given[0] if given else "latest"
        yield from _beginning(last, _copies(run, options) if "@" in last else _steps(run, options))
    elif name == "RUN":
        yield from _beginning(last, ("latest", *_runs(options)))
    elif name == "--log-level":
        yield from _beginning(last.upper(), _LEVELS)
    elif name in ("--param", "-p"):
        yield from _beginning(last, [f"{param}=" for param in _parameters(given[0] if given else "")])
    elif name == "--flow":
        yield from _beginning(last, _flows(options))
        yield from _targets(last)
    elif name == "HOSTS":
        yield from _beginning(last, _hosts(options))
    elif name == "TARGET":
        if not any(mark in last for mark in ":/."):
            yield from _beginning(last, _runs(options) if "RUN" in str(argument.parameter.help).upper() else ())
        yield from _targets(last)
    elif name in _FILES or "Path" in str(argument.hint):
        yield FILES


def _beginning(last: str, words: Any) -> Iterator[str]:
    return (word for word in words if word.startswith(last))


def _choices(hint: Any) -> tuple[str, ...]:
    """Return the choices of a ``Literal`` or an enum, alone, with None or in a list."""
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(str(member.value) for member in hint)
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return next((found for inner in get_args(hint) if (found := _choices(inner))), ())


def _options(rest: Sequence[str]) -> GlobalOptions:
    """Return the options that name the store, as typed so far."""
    said: dict[str, str] = {}
    for word, following in zip(rest, (*rest[1:], ""), strict=False):
        option, equals, value = word.partition("=")
        if option in ("--store", "--config", "--config-tag"):
            said[option[2:].replace("-", "_")] = value if equals else following
    return GlobalOptions(**cast("Any", said))


# -- candidates from the store and the flow


def _runs(options: GlobalOptions) -> list[str]:
    return [record.id for record in _latest(options)]


def _flows(options: GlobalOptions) -> list[str]:
    return [*dict.fromkeys(record.target.flow for record in _latest(options))]


def _latest(options: GlobalOptions) -> list[RunRecord]:
    # A store that does not exist, or cannot be read, has none.
    with contextlib.suppress(SequentError), opened_store(options) as store:
        return [*store.runs(limit=_MOST)]
    return []


def _steps(run: str, options: GlobalOptions) -> list[str]:
    with contextlib.suppress(SequentError), opened_store(options) as store:
        return [path for path in store.find(run).outline if path]
    return []


def _questions(run: str, options: GlobalOptions) -> Iterator[str]:
    """Yield the tasks that wait for an answer, as ``approve`` takes them."""
    with contextlib.suppress(SequentError), opened_store(options) as store:
        record = store.find(run)
        for wait in store.pending(record):
            if wait.attempt and record.outline[wait.path] == QUESTION:
                yield wait.address


def _copies(run: str, options: GlobalOptions) -> Iterator[str]:
    """Yield the paths with hosts, as far as something has begun there."""
    with contextlib.suppress(SequentError), opened_store(options) as store:
        found = islice(store.attempts(store.find(run)), _MOST_ATTEMPTS)
        for path, host, depth in dict.fromkeys((it.path, it.host, it.host_depth) for it in found if it.host):
            names = path.split(".")
            for count in range(depth, len(names) + 1):
                yield path_on_host(".".join(names[:count]), host, depth)


def _hosts(options: GlobalOptions) -> list[str]:
    with contextlib.suppress(SequentError):
        return [*options.settings().config_of().hosts]
    return []


def _targets(last: str) -> Iterator[str]:
    """Yield files, and the flows in a file after its colon."""
    head, colon, _ = last.rpartition(":")
    if not colon:
        yield FILES
        return
    yield from _beginning(last, [f"{head}:{name}" for name in _flows_of(head)])


@contextlib.contextmanager
def _unheard() -> Generator[None]:
    """Keep the output of the author's module apart from the candidates while it is loaded."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):  # noqa: PTH123  it is no file
        yield


def _flows_of(head: str) -> list[str]:
    from sequent.runtime.loading.flows import flows_of

    with _unheard():
        return flows_of(head)


def _parameters(target: str) -> list[str]:
    from sequent.runtime.loading.flows import load_flow

    with contextlib.suppress(Exception), _unheard():
        return [param.name for param in load_flow(target).definition.spec.params]
    return []


def _flow_options(target: str) -> list[str]:
    """Return the flow's own options, in the form that ``run`` takes."""
    if not target:
        return []
    from sequent.cli.arguments.parameters import option_names
    from sequent.runtime.loading.flows import load_flow

    with contextlib.suppress(Exception), _unheard():
        return option_names(load_flow(target).definition)
    return []
