"""Lists the options of steps and containers in one table: how they run, beside what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from attrs import frozen

from sequent.errors import Place
from sequent.model import option_readers as readers
from sequent.model.durations import AT_ONCE, Backoff, span_text
from sequent.model.hosts import hosts_text, read_hosts
from sequent.model.spec import Amounts
from sequent.model.status import Action, Construct, Status

STEP, CONTAINER, FLOW = "step", "container", "flow"
_ONLY_STEPS = frozenset({STEP})
_INSIDE = frozenset({STEP, CONTAINER})
_ANYWHERE = frozenset({STEP, CONTAINER, FLOW})
_WHERE_RUN = {Construct.INVOKE: "invoked", Construct.THREAD: "in a thread", Construct.PROCESS: ""}


class OptionReader(Protocol):
    """Reads the value of an option, written or computed by a run.

    Raises:
        DefinitionError: the option cannot have that value.
    """

    def __call__(self, value: object, name: str, place: Place) -> Any: ...


@frozen(eq=False)
class Option:
    """One option. ``dsl.options.option_types`` has its type, in the form that type checkers require."""

    where: frozenset[str]
    """The parts that may have it: a step (also a command, and one of ``add_step``), a container, a flow."""
    read: OptionReader | None
    """None: only the language can read it, since it names steps, items or pools."""
    words: Callable[[Any], str] = lambda _: ""
    """Describes the value that was read; '' if the description is elsewhere, or there is nothing to say."""
    default: object = None
    is_tuning: bool = False
    """Whether a recovery may change it; if not, it belongs to the structure on which the run's state rests."""
    may_refer: bool = False
    """Whether its value may be computed while the flow runs."""
    is_inherited: bool = False
    """Whether steps within a container take the container's value unless they have their own."""
    is_setting: bool = False
    """Whether it is also a setting of a flow, which a configuration may contain."""
    needs_process: str = ""
    """The reason to refuse it for a step without a process of its own, with ``{}`` for the place of that step."""


def _delay_words(delay: float | datetime) -> str:
    return f"delay until {delay.isoformat()}" if isinstance(delay, datetime) else f"delay {span_text(delay)}"


def _parallel_words(parallel: int) -> str:
    return f"parallel {parallel}" if parallel > 0 else "parallel without limit"


def _backoff_words(backoff: Backoff) -> str:
    growth = ""
    if backoff.factor != 1:
        ceiling = f" up to {span_text(backoff.ceiling)}" if backoff.ceiling is not None else ""
        growth = f", each time {backoff.factor:g} times as long{ceiling}"
    jitter = f", give or take {backoff.jitter:.0%}" if backoff.jitter else ""
    return f"waits {span_text(backoff.first)}{growth}{jitter}"


def _causes_words(causes: Iterable[str | int]) -> str:
    # Only the classes of Python itself are written without their module.
    return f"retries on {', '.join(str(cause).removeprefix('builtins.') for cause in causes)}"


def _recovery_words(recovery: Mapping[Status, Action]) -> str:
    return f"in a recovery {', '.join(f'{status} {action}' for status, action in sorted(recovery.items()))}"


def amounts_text(amounts: Amounts) -> str:
    """Return amounts of pools in words."""
    return " and ".join(f"{amount} of {pool}" for pool, amount in amounts) or "nothing"


OPTIONS: Final[Mapping[str, Option]] = {
    "requires": Option(_INSIDE, None),
    "hosts": Option(_INSIDE, read_hosts, hosts_text, [], may_refer=True),
    "repeats": Option(_INSIDE, None, may_refer=True),
    "parallel": Option(_INSIDE, readers.read_parallel, _parallel_words, 1, may_refer=True),
    "until": Option(
        _ONLY_STEPS,
        readers.read_flag,
        lambda until: "until its result" if until is True else f"until {until}",
        default=False,
    ),
    "delay": Option(_INSIDE, readers.read_delay, _delay_words, 0.0, is_tuning=True, may_refer=True),
    "timeout": Option(
        _ONLY_STEPS,
        readers.read_timeout,
        lambda seconds: f"timeout {span_text(seconds)}",
        is_tuning=True,
        may_refer=True,
        needs_process="a timeout, and runs {}, which cannot be ended",
    ),
    "nice": Option(
        _ANYWHERE,
        readers.read_nice,
        "nice {}".format,
        is_tuning=True,
        may_refer=True,
        is_inherited=True,
        needs_process="a nice value, and runs {}, which has the priority of the driver",
    ),
    "retries": Option(_ONLY_STEPS, readers.read_retries, "retries {}".format, 0, is_tuning=True),
    "backoff": Option(_ONLY_STEPS, readers.read_backoff, _backoff_words, AT_ONCE, is_tuning=True),
    "retry_on": Option(
        _ONLY_STEPS,
        readers.read_retry_on,
        _causes_words,
        (),
        is_tuning=True,
    ),
    "priority": Option(_ANYWHERE, readers.read_priority, "priority {}".format, 0, is_tuning=True),
    "max_concurrent": Option(
        _ANYWHERE,
        readers.read_limit,
        lambda most: f"at most {most:,} at once" if most > 0 else "any number at once",
        is_tuning=True,
        is_setting=True,
    ),
    "acquires": Option(_ANYWHERE, None, lambda amounts: f"acquires {amounts_text(amounts)}", ()),
    "releases": Option(_INSIDE, None, lambda amounts: f"gives back {amounts_text(amounts)}"),
    "handles": Option(_INSIDE, readers.read_flag, lambda _: "does not handle the failure", default=True),
    "stop_on_exception": Option(
        _ANYWHERE,
        readers.read_optional_flag,
        lambda stops: "stops on exception" if stops else "does not stop on exception",
        is_setting=True,
    ),
    "recovery": Option(_ONLY_STEPS, readers.read_recovery, _recovery_words, readers.NO_ACTIONS),
    "task_construct": Option(
        _ANYWHERE, readers.read_construct, lambda construct: _WHERE_RUN[construct], is_setting=True
    ),
}
"""By name, in the order of descriptions. ``result`` is not included: only a container's body has it."""


SETTINGS: Final = tuple(name for name, option in OPTIONS.items() if option.is_setting)


class HasOptions(Protocol):
    """A step or container as written, specified or planned; its other options are attributes."""

    @property
    def values(self) -> Mapping[str, Any]: ...


def said(written: HasOptions, options: Iterable[str] = OPTIONS) -> dict[str, Any]:
    """Return the values of options that differ from the defaults, by name."""
    values = written.values
    # Most values are the same object as in the table: a flow may have ten thousand steps.
    return {
        name: value
        for name in options
        if (value := values[name] if name in values else getattr(written, name, None)) is not None
        and value is not (default := OPTIONS[name].default)
        and value != default
    }
