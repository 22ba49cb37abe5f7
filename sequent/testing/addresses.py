"""How authors name tasks and containers: ``transmit.send``, or ``transmit.send/1.2`` for one of its iterations."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from sequent.errors import UsageError
from sequent.model.inputs import ItemsCallPlan
from sequent.model.plan import ContainerPlan, NodePlan, Plan, StepPlan
from sequent.model.references import dotted
from sequent.model.scope import Sequence, located, path_on_host, sequence_text, split_host
from sequent.model.wording import did_you_mean


@frozen
class Address:
    """A step or container, in one iteration of its container, or in any."""

    path: str
    sequence: Sequence | None
    host: str = ""
    """The host of a copy; empty: any."""
    host_depth: int = 0
    """The number of names of the path up to the step or container that has the copies."""

    @property
    def key(self) -> str:
        """The address as text."""
        if self.sequence is None:
            return path_on_host(self.path, self.host, self.host_depth)
        return key_of(self.path, self.sequence)


def key_of(path: str, sequence: Sequence | None) -> str:
    """Return an address as text."""
    return path if sequence is None else f"{located(path, sequence)}/{sequence_text(sequence)}"


class Addresses:
    """The steps and containers of a plan by their paths."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        # A repeated step has the path of the container that wraps it, and comes after that.
        self.steps = {dotted(node.path): node for node in plan.nodes if isinstance(node, StepPlan)}
        self.containers = {
            dotted(node.path): node for node in plan.nodes if isinstance(node, ContainerPlan) and node.path
        }

    def levels(self, node: NodePlan) -> list[ContainerPlan]:
        """Return the containers around a node, outermost first: each adds a number to its sequence."""
        found: list[ContainerPlan] = []
        index = node.parent
        while index >= 0:
            container = self._plan.nodes[index]
            if isinstance(container, ContainerPlan):
                found.insert(0, container)
            index = container.parent
        return found

    def label(self, path: str, sequence: Sequence) -> str:
        """Return the name that people use: the path alone if it is in no repeat."""
        node = self.steps.get(path) or self.containers[path]
        levels = self.levels(node)
        repeats = any(level.repeats is not None for level in levels)
        # The sequence of a container's iteration has one number more.
        return key_of(path, sequence) if repeats or len(sequence) != len(levels) else path

    # -- names of an author

    def step(self, text: str, option: str) -> Address:
        """Return the named step, which must have something to execute.

        Raises:
            UsageError: there is no such step, or no such iteration of it.
        """
        path, host, numbers = self._split(text)
        step = self.steps.get(path)
        if step is None:
            if path in self.containers:
                inside = [known for known in self.steps if known.startswith(f"{path}.")]
                hint = f"name a step in it: {', '.join(inside)}"
                raise UsageError(f"{option} names the container {path!r}", code="not-a-step", hint=hint, path=path)
            raise self._unknown(path, option, self.steps)
        if step.is_empty:
            raise UsageError(
                f"{option} names {path!r}, which has nothing to do",
                code="empty-step",
                hint="give it a function or a command",
                path=path,
            )
        levels = self.levels(step)
        depth = next((place for place, level in enumerate(levels) if level.is_copied), 0)
        return Address(path, self._sequence(numbers, host, levels, text, option), host, depth)

    def repeat(self, path: str, option: str) -> str:
        """Return the path of a named part that repeats over items from a callable.

        Raises:
            UsageError: there is no such part.
        """
        called = {known: node for known, node in self.containers.items() if isinstance(node.repeats, ItemsCallPlan)}
        if path in called:
            return path
        node = self.containers.get(path)
        if node is None and path not in self.steps:
            raise self._unknown(path, option, called)
        how = (
            "repeats over items that are known without a call" if node is not None and node.repeats is not None else ""
        )
        raise UsageError(
            f"{option} names {path!r}, which {how or 'does not repeat'}",
            code="not-a-call",
            hint="give items where a callable gives them; repeats over a result take them from results",
            path=path,
        )

    def any(self, text: str) -> Address:
        """Return the named step or container; a sequence may name an iteration of a container as well.

        Raises:
            UsageError: there is no such part, or no such iteration of it.
        """
        path, host, numbers = self._split(text)
        step, container = self.steps.get(path), self.containers.get(path)
        if step is None and container is None:
            raise self._unknown(path, "the test", [*self.steps, *self.containers])
        around = self.levels(container or self.steps[path])
        inside = [*around, *([] if container is None else [container])]
        counted = sum(not level.is_copied for level in around)
        is_whole = numbers is not None and numbers.count(".") + 1 == counted
        levels = around if is_whole and not (host and inside[-1].is_copied) else inside
        return Address(path, self._sequence(numbers, host, levels, text, "the simulation"), host)

    def _sequence(
        self, numbers: str | None, host: str, levels: list[ContainerPlan], text: str, option: str
    ) -> Sequence | None:
        """The named sequence, with the host in its place."""
        places = [place for place, level in enumerate(levels) if level.is_copied]
        if (host and not places) or (numbers is not None and places and not host):
            hint = f"name it: {self._at_host(text)}" if places else "leave the host out"
            why = "does not say on which host" if places else "has no copies on hosts"
            raise UsageError(f"{option} names {text!r}, which {why}", code="unknown-host", hint=hint)
        if numbers is None:
            return None
        found = self._numbers(numbers, [level for level in levels if not level.is_copied], text, option)
        return (*found[: places[0]], host, *found[places[0] :]) if places else found

    def _at_host(self, text: str) -> str:
        path, _, numbers = text.partition("/")
        return f"{path}@HOST/{numbers}"

    def _numbers(self, numbers: str, levels: list[ContainerPlan], text: str, option: str) -> tuple[int, ...]:
        parts = numbers.split(".")
        fits = len(parts) == len(levels) and all(part.isdecimal() and int(part) > 0 for part in parts)
        sequence = tuple(map(int, parts)) if fits else ()
        once = [level.repeats is None for level in levels]
        if not fits or any(is_once and number != 1 for is_once, number in zip(once, sequence, strict=True)):
            names = [dotted(level.path) or f"the flow {self._plan.name!r}" for level in levels]
            told = [f"{name}{' (always 1)' if is_once else ''}" for name, is_once in zip(names, once, strict=True)]
            raise UsageError(
                f"{option} names {text!r}, and {numbers!r} is not a sequence of it",
                code="sequence",
                hint=f"one number for each of: {', '.join(told)}",
            )
        return sequence

    def _unknown(self, path: str, option: str, known: Iterable[str]) -> UsageError:
        names = list(known)
        inner = [name for name in names if name.endswith(f".{path}")]
        hint = f"did you mean {inner[0]!r}?" if inner else did_you_mean(path, names)
        return UsageError(
            f"{option} names {path!r}, which the flow {self._plan.name!r} does not have",
            code="unknown-path",
            hint=hint,
            path=path,
        )

    def _split(self, text: str) -> tuple[str, str, str | None]:
        """Path, host and numbers."""
        typed, slash, numbers = text.partition("/")
        return *split_host(typed, {*self.steps, *self.containers}), numbers if slash else None
