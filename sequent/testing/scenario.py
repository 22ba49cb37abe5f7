"""The scenario of a simulation: the attempts that fail, the durations of attempts, and their results."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict, TypeVar, cast

from attrs import frozen

from sequent.dsl.parameters.type_fit import fits
from sequent.dsl.parameters.typed_text import shown_type
from sequent.errors import UsageError
from sequent.model import value_text
from sequent.model.durations import read_seconds
from sequent.model.outcome import Problem
from sequent.model.plan import Plan
from sequent.model.status import Verdict
from sequent.model.wording import repr_of
from sequent.model.work import CommandWork, QuestionWork
from sequent.runtime.worker.inputs import Catalogue
from sequent.runtime.worker.problems import problem_of
from sequent.testing.addresses import Addresses
from sequent.testing.arguments import names_in
from sequent.testing.clock import Seconds
from sequent.testing.failing import Failing, Fails, How, SimulatedError, check_how, error_of
from sequent.testing.hosts import Host, read_schedules
from sequent.testing.task import Task

T = TypeVar("T")
Length: TypeAlias = Seconds | tuple[Seconds, Seconds]
"""A length of time, or the shortest and the longest, between which the seed chooses."""
Durations: TypeAlias = Mapping[str, Length | Callable[[Task], Length]] | Callable[[Task], Length]
Items: TypeAlias = Sequence[object] | range | BaseException


class ScenarioOptions(TypedDict, total=False):
    """The arguments of a scenario, for a simulation and for each recovery of it."""

    failing: Failing
    durations: Durations
    results: Mapping[str, object]
    items: Mapping[str, Items]
    hosts: Mapping[str, Host]
    seed: int


SCENARIO_OPTIONS = (*ScenarioOptions.__annotations__,)
"""Their names."""


@frozen
class Result:
    """The result of an attempt."""

    text: str
    verdict: Verdict


class Scenario:
    """The scenario of an author, checked against the flow.

    A name with a sequence (``send/1.2``) overrides the same without one (``send``), and one with a host
    (``load@etl2``) the same without one.
    """

    def __init__(self, options: ScenarioOptions, plan: Plan, addresses: Addresses, catalogue: Catalogue) -> None:
        """Read the scenario.

        Raises:
            UsageError: a name is not in the flow, or a value is impossible there.
            NotDataError: a result or an item cannot be stored.
        """
        self._addresses = addresses
        self._catalogue = catalogue
        self._paths: dict[str, str] = {}
        """The path of each named step, by its name, which may have a host and a sequence as well."""
        self._seed = options.get("seed", 0)
        self._failing = self._read_failing(options.get("failing", ()))
        durations = options.get("durations", {})
        self._durations = durations if callable(durations) else self._named(durations, "durations")
        self._results = self._named(options.get("results", {}), "results")
        items: Mapping[str, Items] = _mapping(options.get("items", {}), "items")
        self.hosts = read_schedules(options.get("hosts", {}), plan)
        """The hosts of which something is said, by name."""
        self._items = {addresses.repeat(name, "items"): found for name, found in items.items()}
        self._check_values()

    # -- reading

    def _read_failing(self, failing: Failing) -> Mapping[str, How] | Callable[[Task], Fails]:
        if callable(failing):
            return failing
        if isinstance(failing, Mapping):
            named = self._named(cast("Mapping[str, How]", failing), "failing")
            for name, how in named.items():
                check_how(how, name)
            return named
        hint = "give the names of the steps that fail, a mapping such as {'load': 2}, or a callable"
        each: dict[str, How] = dict.fromkeys(names_in(failing, "failing", hint), True)
        return self._named(each, "failing")

    def _named(self, given: Mapping[str, T], option: str) -> dict[str, T]:
        named: dict[str, T] = {}
        for name, value in _mapping(given, option).items():
            address = self._addresses.step(name, option)
            named[address.key] = value
            self._paths[address.key] = address.path
        return named

    def _check_values(self) -> None:
        if not callable(self._durations):
            for name, length in self._durations.items():
                if not callable(length):
                    self._seconds(length, name, 0)
        for name, value in self._results.items():
            if not callable(value):
                self._result(self._paths[name], value)
        for path in self._items:
            self.items_of(path)

    # -- an attempt

    def problem_of(self, task: Task) -> Problem | None:
        """Return the reason for the failure of an attempt; None if it succeeds."""
        how: How = self._failing if callable(self._failing) else _chosen(self._failing, task, default=None)
        error = error_of(how, task)
        if error is None:
            return None
        if isinstance(task.spec.work, QuestionWork):
            return Problem(type="Rejected", message=f"rejected: {error}")
        if isinstance(task.spec.work, CommandWork):
            code = error.code if isinstance(error, SystemExit) else 1 if isinstance(error, SimulatedError) else None
            if isinstance(code, int):
                return Problem(type="ExitStatus", message=f"it ended with exit code {code}", exit_code=code)
        return problem_of(error)

    def has_duration(self, task: Task) -> bool:
        """Return whether the scenario says how long a task takes."""
        return callable(self._durations) or _chosen(self._durations, task, default=None) is not None

    def seconds_of(self, task: Task) -> float:
        """Return how long an attempt takes.

        Raises:
            UsageError: a callable does not return a length of time.
        """
        durations = self._durations
        length: Any = durations if callable(durations) else _chosen(durations, task, default=0.0)
        found = cast("Length", length(task) if callable(length) else length)
        return self._seconds(found, task.key, task.attempt)

    def result_of(self, task: Task) -> Result | None:
        """Return the result of an attempt; None if the scenario has none.

        Raises:
            UsageError: the step could not return the value of a callable.
        """
        value = _chosen(self._results, task, default=self)
        if value is self:
            return None
        return self._result(task.path, value(task) if callable(value) else value)

    def has_result(self, path: str) -> bool:
        """Return whether the scenario has a result of a step, in any iteration of it."""
        return any(self._paths[name] == path for name in self._results)

    def items_of(self, path: str) -> str | BaseException | None:
        """Return the items as wire text, or the error that prevents them; None if the scenario has none.

        Raises:
            UsageError: they cannot be repeated over.
        """
        found = self._items.get(path)
        if found is None or isinstance(found, BaseException):
            return found
        if not isinstance(found, list | tuple | range):
            raise UsageError(
                f"items gives {repr_of(found)} for {path!r}",
                code="items",
                hint="give a list, a tuple or a range; or an exception, if its callable is to fail",
                path=path,
            )
        return value_text.encode(found, f"the items for {path!r}")

    # -- values

    def _seconds(self, length: Length, name: str, attempt: int) -> float:
        try:
            if not isinstance(length, tuple):
                return read_seconds(length)
            shortest, longest = map(read_seconds, length)
        except ValueError as error:
            raise UsageError(
                f"durations says of {name!r}: {error}",
                code="length-of-time",
                hint='give "30s", a number of seconds, a timedelta, or a tuple of two of these',
            ) from None
        # Each attempt has its own generator, so that other changes leave its duration as it is.
        chance = random.Random(f"{self._seed}/{name}/{attempt}")  # noqa: S311 - to be had again, not to be secret  # nosec B311
        return chance.uniform(shortest, longest)

    def _result(self, path: str, value: object) -> Result:
        annotation = self._catalogue.definition.result_types.get(tuple(path.split(".")))
        if annotation is not None and not _may_fit(annotation, value):
            raise UsageError(
                f"results gives {repr_of(value)} for {path!r}, which returns {shown_type(annotation)}",
                code="result-type",
                hint="give a value that the step could return",
                path=path,
            )
        if self._catalogue.step_at(path)[1].pickles:
            # It decides nothing, and no callable of the simulation gets it.
            return Result("null", Verdict.UNKNOWN)
        text, classes = value_text.encode_with_classes(value, f"the result for {path!r}")
        if classes:
            self._catalogue.check_named(path, classes)
        return Result(text, Verdict.TRUTHY if value else Verdict.FALSY)


def _mapping(given: object, option: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise UsageError(
            f"{option} is {repr_of(given)}", code="mapping", hint=f"give it by path: {option}={{'load': ...}}"
        )
    return cast("Mapping[str, Any]", given)


def _chosen(given: Mapping[str, object], task: Task, default: object) -> Any:
    return given.get(task.key, given.get(task.order.located, given.get(task.path, default)))


def _may_fit(annotation: object, value: object) -> bool:
    try:
        return fits(annotation, value)
    except TypeError:
        # A protocol or a typed dict, which cannot be checked.
        return True
