"""The options of steps, commands and containers, for type checkers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Never, TypedDict

from sequent.dsl.options.pools import Pool
from sequent.dsl.references.requirements import Requirement
from sequent.model.pickles import Pickled
from sequent.model.status import Action, Claim

Requires = Requirement | tuple[object, ...] | list[object] | Mapping[Never, Never] | None
Repeats = Iterable[Any] | Callable[[], Iterable[Any]] | Callable[[Any], Iterable[Any]]
Hosts = list[str] | tuple[str, ...] | None
Span = str | float | timedelta
Backoff = (
    Span | tuple[Span] | tuple[Span, float] | tuple[Span, float, Span | None] | tuple[Span, float, Span | None, float]
)
PoolAmounts = Mapping[Pool, int] | Sequence[tuple[Pool, int]]
Cause = type[BaseException] | int


class FlowOptions(TypedDict, total=False):
    """The options of a builder's flow, besides its configuration."""

    priority: int | None
    nice: int | None
    acquires: PoolAmounts | None


class InnerOptions(FlowOptions, total=False):
    """The options of containers, and of steps as well."""

    requires: Requires
    delay: Span | datetime | None
    max_concurrent: int | None
    releases: PoolAmounts | None
    handles: bool
    stop_on_exception: bool | None
    task_construct: Literal["process", "thread", "invoke"] | None


class ContainerOptions(InnerOptions, total=False):
    """The options of a container, which may be one that is used again."""

    kwargs: Mapping[str, Any]


class RepeatContainerOptions(ContainerOptions, total=False):
    """The options of a repeated container."""

    parallel: int


class HostContainerOptions(RepeatContainerOptions, total=False):
    """The options of a container that names hosts, and may be repeated."""

    repeats: Repeats


class AttemptOptions(InnerOptions, total=False):
    """The options of a step, whatever it does."""

    timeout: Span | None
    retries: int | None
    backoff: Backoff | None
    retry_on: Cause | Sequence[Cause] | None
    recovery: Mapping[Claim, Action] | None


class StepOptions(AttemptOptions, total=False):
    """The options of a step with a function."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    result: type[Pickled]


class RepeatOptions(StepOptions, total=False):
    """The options of a repeated step."""

    parallel: int
    until: bool


class HostOptions(RepeatOptions, total=False):
    """The options of a step that names hosts, and may be repeated."""

    repeats: Repeats


class ComputedOptions(AttemptOptions, total=False):
    """The options of a command whose words a method returns."""

    env: Mapping[str, Any]
    cwd: Any
    stdin: Any
    success: int | Iterable[int]


class RepeatComputedOptions(ComputedOptions, total=False):
    """The options of a repeated command whose words a method returns."""

    parallel: int
    until: bool


class HostComputedOptions(RepeatComputedOptions, total=False):
    """The options of a command that names hosts, may be repeated, and whose words a method returns."""

    repeats: Repeats
    result: Any


class CommandOptions(ComputedOptions, total=False):
    """The options of a command."""

    shell: str | None


class RepeatCommandOptions(CommandOptions, total=False):
    """The options of a repeated command."""

    parallel: int
    until: bool


class HostCommandOptions(RepeatCommandOptions, total=False):
    """The options of a command that names hosts, and may be repeated."""

    repeats: Repeats
    result: Any


class QuestionOptions(TypedDict, total=False):
    """The options of a question."""

    requires: Requires
    delay: Span | datetime | None
    timeout: Span | None
    priority: int | None
    acquires: PoolAmounts | None
    handles: bool
    stop_on_exception: bool | None
    recovery: Mapping[Claim, Action] | None


class RepeatQuestionOptions(QuestionOptions, total=False):
    """The options of a repeated question."""

    parallel: int
    until: bool


class BlockOptions(RepeatCommandOptions, total=False):
    """The options of a step or container of the builder."""

    repeats: Repeats | None
    command: Sequence[Any] | Callable[..., Sequence[Any]] | None
    result: Any
    approve: str | None
    receive: Any
    hosts: Hosts
    config: Mapping[str, Any]
    import_module: str | Sequence[str] | None
    import_file: str | None
