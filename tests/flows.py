"""Random flows that are valid: trees of containers, repeats and requirements, as specifications.

Each child requires only what stands before it, or before one of the containers around it, so nothing waits in a
circle. A requirement is built around a scenario (each thing that it may name ends in one way) in which it holds, so
it can come true.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Protocol, TypeVar

from attrs import define, frozen
from hypothesis import strategies as st

from sequent.model.references import Literal, OuterName, Path, ResultOf, Target
from sequent.model.requirements import AllOf, AnyOf, Atom, Requirement
from sequent.model.spec import ContainerSpec, FlowConfig, FlowSpec, ItemsLiteral, StepSpec
from sequent.model.status import Claim
from sequent.model.work import Argument, FunctionWork, NoWork
from tests.atoms import atoms_of

NAMES = "abcdef"
DEEPEST = 4
HOSTS = ('["h1","h2"]', '["h2"]', '["h1","h2","h3"]')
ITEMS = (None, "[]", "[1]", "[1,2]", "[1,2,3]")

TRUE_AFTER = {
    "success": (Claim.SUCCESS, Claim.COMPLETE, Claim.DONE, Claim.ACTIVE, Claim.READY),
    "failure": (Claim.FAILURE, Claim.COMPLETE, Claim.DONE, Claim.ACTIVE, Claim.READY),
    "skipped": (Claim.SKIPPED, Claim.DONE),
}

T = TypeVar("T")


class Choices(Protocol):
    """Where each choice comes from: Hypothesis, which makes failing flows smaller, or a seed."""

    def number(self, least: int, most: int) -> int: ...
    def one_of(self, options: Sequence[T]) -> T: ...
    def order(self, options: Sequence[T]) -> list[T]: ...
    def some(self, options: Sequence[T], least: int, most: int) -> list[T]: ...


class DrawnChoices:
    """Choices of Hypothesis."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def one_of(self, options: Sequence[T]) -> T:
        return self._draw(st.sampled_from(options))

    def order(self, options: Sequence[T]) -> list[T]:
        return list(self._draw(st.permutations(options)))

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        return self._draw(st.lists(st.sampled_from(options), min_size=least, max_size=most, unique=True))


class SeededChoices:
    """Choices that follow from a seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def one_of(self, options: Sequence[T]) -> T:
        return self._random.choice(options)

    def order(self, options: Sequence[T]) -> list[T]:
        return self._random.sample(options, len(options))

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        return self._random.sample(options, self._random.randint(least, min(most, len(options))))


@frozen
class Known:
    """Something that may be required: its path, and what it is like."""

    path: Path
    may_be_skipped: bool
    has_result: bool
    may_be_asked: bool
    """Whether it has one result, of which a requirement may ask what it is."""


@define
class Level:
    """A container around: the names of its children, and those of them that stand before the reader."""

    path: Path
    names: tuple[str, ...]
    before: list[Known]
    is_copied: bool = False
    """Whether it, or a container around it, has copies on hosts."""


@define
class _Budget:
    left: int
    asks_results: bool
    has_hosts: bool


RETURNED = "1"
"""In a scenario, what every step that succeeds returns, as wire text."""
ASKED = (RETURNED, "2", '"x"', "null", "true")


@st.composite
def flow_specs(
    draw: Callable[[st.SearchStrategy[Any]], Any],
    max_nodes: int = 14,
    *,
    asks_results: bool = False,
    has_hosts: bool = False,
) -> FlowSpec:
    """A valid flow of at most about so many steps and containers; if wanted, with requirements on results, or hosts."""
    return flow_spec(DrawnChoices(draw), max_nodes, asks_results=asks_results, has_hosts=has_hosts)


def flow_spec(choose: Choices, max_nodes: int = 14, *, asks_results: bool = False, has_hosts: bool = False) -> FlowSpec:
    """The same, with choices from anywhere."""
    budget = _Budget(choose.number(1, max_nodes), asks_results, has_hosts)
    children = _children(choose, (), [], budget, needs_one=True)
    root = ContainerSpec(name="flow", children=children, result=_result(choose, children))
    return FlowSpec(name="flow", root=root, config=FlowConfig(stop_on_exception=choose.one_of((False, True))))


def _children(
    choose: Choices, path: Path, outside: list[Level], budget: _Budget, *, needs_one: bool, is_copied: bool = False
) -> tuple:
    wanted = choose.number(1 if needs_one else 0, max(1, min(budget.left, 5)))
    budget.left -= wanted
    names = tuple(choose.order(NAMES))[:wanted]
    level = Level(path, names, [], is_copied)
    children = []
    for name in names:
        child = _child(choose, name, [*outside, level], budget)
        children.append(child)
        asked = budget.asks_results and _has_one_result(child)
        level.before.append(Known((*path, name), _may_be_skipped(child), _has_result(child), asked))
    return tuple(children)


def _child(choose: Choices, name: str, levels: list[Level], budget: _Budget) -> StepSpec | ContainerSpec:
    requires, certain = _requires(choose, levels)
    path = (*levels[-1].path, name)
    options: dict = {
        "name": name,
        "requires": requires,
        "handles": choose.one_of((True, True, True, False)),
        "stop_on_exception": choose.one_of((None, None, True, False)),
    }
    is_copied = budget.has_hosts and not levels[-1].is_copied and choose.number(0, 3) == 0
    if is_copied:
        options["values"] = {"hosts": Literal(choose.one_of(HOSTS))}
    is_container = len(levels) < DEEPEST and budget.left > 0 and choose.one_of((False, True))
    text = choose.one_of(ITEMS if is_container else (None, *ITEMS))
    if text is not None:
        options["repeats"] = ItemsLiteral(text=text)
        options["parallel"] = choose.one_of((1, 1, 2, 0))
    if is_container:
        children = _children(choose, path, levels, budget, needs_one=False, is_copied=is_copied or levels[-1].is_copied)
        steps = [child.name for child in children if isinstance(child, StepSpec) and _is_done_once(child)]
        options["result"] = _result(choose, children)
        if text is not None and steps:
            options["until"] = choose.one_of((None, None, *steps))
        return ContainerSpec(children=children, **options)
    if text is not None:
        options["until"] = choose.one_of((False, False, True))
    return StepSpec(work=_work(choose, name, certain), **options)


def _work(choose: Choices, name: str, certain: list[Known]) -> FunctionWork | NoWork:
    if choose.number(0, 11) == 0:
        return NoWork()
    taken = choose.some(certain, 0, 2) if certain else []
    arguments = tuple(Argument(name=f"x{n}", value=ResultOf(known.path)) for n, known in enumerate(taken))
    return FunctionWork(name=name, takes_self=False, arguments=arguments)


def _result(choose: Choices, children: tuple) -> str | None:
    names = [child.name for child in children if _has_result(child)]
    return choose.one_of((None, *names)) if names else None


def _has_result(child: StepSpec | ContainerSpec) -> bool:
    return isinstance(child, StepSpec) or child.result is not None


def _has_one_result(child: StepSpec | ContainerSpec) -> bool:
    """Whether its result is what one step returned once, and no list."""
    while isinstance(child, ContainerSpec) and child.result is not None and _is_done_once(child):
        named = child.result
        child = next(inner for inner in child.children if inner.name == named)
    return isinstance(child, StepSpec) and _is_done_once(child)


def _is_done_once(child: StepSpec | ContainerSpec) -> bool:
    return child.repeats is None and "hosts" not in child.values


def _may_be_skipped(child: StepSpec | ContainerSpec) -> bool:
    """Whether something that it waits for may turn out otherwise: all but ``done`` may."""
    takes_results = isinstance(child, StepSpec) and isinstance(child.work, FunctionWork) and child.work.arguments
    return bool(takes_results) or (child.requires is not None and not _holds_once_done(child.requires))


def _holds_once_done(part: Requirement) -> bool:
    if isinstance(part, Atom):
        return part.claim is Claim.DONE
    join = all if isinstance(part, AllOf) else any
    return join(_holds_once_done(inner) for inner in part.parts)


def _requires(choose: Choices, levels: list[Level]) -> tuple[Requirement | None, list[Known]]:
    """A requirement, and whose results may be taken beside it."""
    known = [*levels[-1].before]
    if choose.number(0, 3) == 0:
        known += [found for level in levels[:-1] for found in level.before]
    if not known:
        return None, []
    scenario = {
        found: choose.one_of(("success", "success", "failure", "skipped")[: 4 if found.may_be_skipped else 3])
        for found in known
    }
    requires = None
    if choose.number(0, 3):
        requires = _requirement(choose, scenario, levels, depth=0, must_hold=True)
    in_doubt = {_path(atom.target, levels) for atom in _under_any(requires)}
    certain = [k for k in known if scenario[k] == "success" and k.has_result and k.path not in in_doubt]
    return requires, certain


def _requirement(choose: Choices, scenario: dict, levels: list[Level], *, depth: int, must_hold: bool) -> Requirement:
    kind = choose.one_of(("atom", "atom", "all", "any")) if depth < 3 else "atom"
    if kind == "atom":
        known = choose.one_of(list(scenario))
        claims = TRUE_AFTER[scenario[known]] if must_hold else tuple(claim for claim in Claim if claim != "returned")
        if known.may_be_asked and (scenario[known] == "success" or not must_hold):
            claims = (*claims, Claim.RETURNED)
        claim = choose.one_of(claims)
        values = tuple(choose.some(ASKED, 1, 3)) if claim is Claim.RETURNED else ()
        if values and must_hold and RETURNED not in values:
            values = (*values, RETURNED)
        return Atom(_target(choose, known, levels), claim, values=values)
    count = choose.number(2, 3)
    held = choose.number(0, count - 1)
    parts = tuple(
        _requirement(choose, scenario, levels, depth=depth + 1, must_hold=must_hold and (kind == "all" or n == held))
        for n in range(count)
    )
    return AllOf(parts) if kind == "all" else AnyOf(parts)


def _under_any(requires: Requirement | None) -> list[Atom]:
    """The atoms that stand in some branch of an *or*."""
    found: list[Atom] = []
    pending = [] if requires is None else [requires]
    while pending:
        part = pending.pop()
        if isinstance(part, AnyOf):
            found.extend(atoms_of(part))
        elif isinstance(part, AllOf):
            pending.extend(part.parts)
    return found


def _target(choose: Choices, known: Known, levels: list[Level]) -> Target:
    by_name = OuterName(known.path[-1])
    if len(known.path) < len(levels) and _path(by_name, levels) == known.path and choose.one_of((False, True)):
        return by_name
    return known.path


def _path(target: Target, levels: list[Level]) -> Path:
    if not isinstance(target, OuterName):
        return target
    around = next(level for level in reversed(levels[:-1]) if target.name in level.names)
    return (*around.path, target.name)
