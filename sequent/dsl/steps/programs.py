"""``command``: the leaves of a flow that are a program with its arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, Unpack, overload

from sequent.dsl.functions.callables import is_called
from sequent.dsl.mistakes import Mistakes
from sequent.dsl.options.option_types import (
    CommandOptions,
    ComputedOptions,
    HostCommandOptions,
    HostComputedOptions,
    Hosts,
    RepeatCommandOptions,
    RepeatComputedOptions,
    Repeats,
)
from sequent.dsl.options.written_options import STEP_OPTIONS, read_options
from sequent.dsl.references.reference import Reference
from sequent.dsl.references.reference_words import Outer
from sequent.dsl.references.requirements import Requirement
from sequent.dsl.source_lines import Site, frame_above
from sequent.dsl.steps.command_words import PlainWord
from sequent.dsl.steps.commands import COMMAND_OPTIONS, read_command, read_computed
from sequent.dsl.steps.step import RepeatedStep, Step, await_use, make_step

P = ParamSpec("P")
R = TypeVar("R")
Words = TypeVar("Words", bound=Sequence[PlainWord | Sequence[PlainWord]])


class ComputedDecorator(Protocol, Generic[R]):
    """Makes a command of a method that returns its words."""

    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], Words], /) -> Step[P, Words, R]: ...
    @overload
    def __call__(self, function: Callable[P, Words], /) -> Step[P, Words, R]: ...


class RepeatComputedDecorator(Protocol, Generic[R]):
    """Makes a repeated command of a method that returns its words."""

    @overload
    def __call__(self, function: Callable[Concatenate[Any, P], Words], /) -> RepeatedStep[P, Words, R]: ...
    @overload
    def __call__(self, function: Callable[P, Words], /) -> RepeatedStep[P, Words, R]: ...


@overload
def command(function: Callable[Concatenate[Any, P], Words], /) -> Step[P, Words, None]: ...
@overload
def command(function: Callable[P, Words], /) -> Step[P, Words, None]: ...
@overload
def command(  # pyright: ignore[reportOverlappingOverload]  without a word it stands above a method
    *, hosts: Hosts, **options: Unpack[HostComputedOptions]
) -> ComputedDecorator[Any]: ...
@overload
def command(  # pyright: ignore[reportOverlappingOverload]  as above
    *, repeats: Repeats, result: type[R], **options: Unpack[RepeatComputedOptions]
) -> RepeatComputedDecorator[R]: ...
@overload
def command(  # pyright: ignore[reportOverlappingOverload]  as above
    *, repeats: Repeats, **options: Unpack[RepeatComputedOptions]
) -> RepeatComputedDecorator[None]: ...
@overload
def command(  # pyright: ignore[reportOverlappingOverload]  as above
    *, result: type[R], **options: Unpack[ComputedOptions]
) -> ComputedDecorator[R]: ...
@overload
def command(  # pyright: ignore[reportOverlappingOverload]  as above
    **options: Unpack[ComputedOptions],
) -> ComputedDecorator[None]: ...
@overload
def command(
    *words: PlainWord | Sequence[PlainWord], hosts: Hosts, **options: Unpack[HostCommandOptions]
) -> Step[..., Any, Any]: ...
@overload
def command(
    *words: PlainWord | Sequence[PlainWord], repeats: Repeats, result: type[R], **options: Unpack[RepeatCommandOptions]
) -> RepeatedStep[..., R, R]: ...
@overload
def command(
    *words: PlainWord | Sequence[PlainWord], repeats: Repeats, **options: Unpack[RepeatCommandOptions]
) -> RepeatedStep[..., None, None]: ...
@overload
def command(
    *words: PlainWord | Sequence[PlainWord], result: type[R], **options: Unpack[CommandOptions]
) -> Step[..., R, R]: ...
@overload
def command(*words: PlainWord | Sequence[PlainWord], **options: Unpack[CommandOptions]) -> Step[..., None, None]: ...
def command(*words: object, **options: object) -> object:
    """Make a step of a program with its arguments: one word, one argument; nothing is split, and there is no shell.

    Above a method, the words are those that the method returns.

    Args:
        *words: the program and its arguments: data, references, or f-strings with references in them.
        **options: those of ``step``, and ``env``, ``cwd``, ``stdin``, ``success`` (the exit codes that count as
            success), ``result`` (how its standard output is read: str, bytes, list[str], int, float, any other type as
            JSON; ``ExitCode``) and ``shell`` (a script for bash, in which the words are ``"$1"``, ``"$2"``, ...).

    Raises:
        DefinitionError: a word or an option is not one that a command can have.
    """
    frame = frame_above(1)
    site = Site(frame.f_code, frame.f_lasti)
    own = {name: value for name, value in options.items() if name in COMMAND_OPTIONS}
    further = {name: value for name, value in options.items() if name not in COMMAND_OPTIONS}
    mistakes = Mistakes()
    chosen = read_options(further, site, STEP_OPTIONS | COMMAND_OPTIONS, "command", mistakes)
    mistakes.settle(frame)
    alone: object = words[0] if len(words) == 1 else None
    if is_called(alone) and not isinstance(alone, Reference | Requirement | Outer):
        return make_step(partial(read_computed, alone, own, site), chosen, site, frame)
    if words or own.get("shell") is not None or not options:
        return make_step(partial(read_command, words, own, site), chosen, site, frame)
    waiting = await_use(frame, site)

    def decorate(function: object) -> object:
        if site in waiting:
            waiting.remove(site)
        return make_step(partial(read_computed, function, own, site), chosen, site, frame_above(1))

    return decorate
