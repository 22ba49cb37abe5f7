"""The options of steps, commands and containers, as type checkers see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Never, TypedDict

from sequent.dsl.pools import Pool
from sequent.dsl.requirements import Requirement
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
    """How a flow of the builder is to run, beside its configuration."""

    priority: int | None
    nice: int | None
    acquires: PoolAmounts | None


class InnerOptions(FlowOptions, total=False):
    """How a container is to run, and so a step as well."""

    requires: Requires
    delay: Span | datetime | None
    max_concurrent: int | None
    releases: PoolAmounts | None
    handles: bool
    stop_on_exception: bool | None
    task_construct: Literal["process", "thread", "invoke"] | None


class ContainerOptions(InnerOptions, total=False):
    """How a container is to run, which may be one that is used again."""

    kwargs: Mapping[str, Any]


class RepeatContainerOptions(ContainerOptions, total=False):
    """How a repeated container is to run."""

    parallel: int


class HostContainerOptions(RepeatContainerOptions, total=False):
    """How a container is to run that names hosts, and may be repeated."""

    repeats: Repeats


class AttemptOptions(InnerOptions, total=False):
    """How a step is to run, whatever it does."""

    timeout: Span | None
    retries: int | None
    backoff: Backoff | None
    retry_on: Cause | Sequence[Cause] | None
    recovery: Mapping[Claim, Action] | None


class StepOptions(AttemptOptions, total=False):
    """How a step with a function is to run."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]


class RepeatOptions(StepOptions, total=False):
    """How a repeated step is to run."""

    parallel: int
    until: bool


class HostOptions(RepeatOptions, total=False):
    """How a step is to run that names hosts, and may be repeated."""

    repeats: Repeats


class ComputedOptions(AttemptOptions, total=False):
    """How a command is to run whose words a method returns."""

    env: Mapping[str, Any]
    cwd: Any
    stdin: Any
    success: int | Iterable[int]


class RepeatComputedOptions(ComputedOptions, total=False):
    """How a repeated command is to run whose words a method returns."""

    parallel: int
    until: bool


class HostComputedOptions(RepeatComputedOptions, total=False):
    """How a command is to run that names hosts, may be repeated, and whose words a method returns."""

    repeats: Repeats
    result: Any


class CommandOptions(ComputedOptions, total=False):
    """How a command is to run."""

    shell: str | None


class RepeatCommandOptions(CommandOptions, total=False):
    """How a repeated command is to run."""

    parallel: int
    until: bool


class HostCommandOptions(RepeatCommandOptions, total=False):
    """How a command is to run that names hosts, and may be repeated."""

    repeats: Repeats
    result: Any


class BlockOptions(RepeatCommandOptions, total=False):
    """How a step or container of the builder is to run."""

    repeats: Repeats | None
    command: Sequence[Any] | Callable[..., Sequence[Any]] | None
    result: Any
    hosts: Hosts
    config: Mapping[str, Any]
    import_module: str | Sequence[str] | None
    import_file: str | None
