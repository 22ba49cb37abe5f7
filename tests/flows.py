"""Random flows that are valid: trees of containers, repeats and requirements, as specifications.

Each child requires only what stands before it, or before one of the containers around it, so nothing waits in a
circle. A requirement is built around a scenario (each thing that it may name ends in one way) in which it holds, so
it can come true.
"""

from __future__ import annotations

from collections.abc import Callable

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

Draw = Callable[[st.SearchStrategy], object]


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
ASKED = st.lists(st.sampled_from((RETURNED, "2", '"x"', "null", "true")), min_size=1, max_size=3, unique=True)


@st.composite
def flow_specs(draw: Draw, max_nodes: int = 14, *, asks_results: bool = False, has_hosts: bool = False) -> FlowSpec:
    """A valid flow of at most about so many steps and containers; if wanted, with requirements on results, or hosts."""
    budget = _Budget(draw(st.integers(1, max_nodes)), asks_results, has_hosts)
    children = _children(draw, (), [], budget, needs_one=True)
    root = ContainerSpec(name="flow", children=children, result=_result(draw, children))
    return FlowSpec(name="flow", root=root, config=FlowConfig(stop_on_exception=draw(st.booleans())))


def _children(
    draw: Draw, path: Path, outside: list[Level], budget: _Budget, *, needs_one: bool, is_copied: bool = False
) -> tuple:
    wanted = draw(st.integers(1 if needs_one else 0, max(1, min(budget.left, 5))))
    budget.left -= wanted
    names = tuple(draw(st.permutations(NAMES)))[:wanted]
    level = Level(path, names, [], is_copied)
    children = []
    for name in names:
        child = _child(draw, name, [*outside, level], budget)
        children.append(child)
        asked = budget.asks_results and _has_one_result(child)
        level.before.append(Known((*path, name), _may_be_skipped(child), _has_result(child), asked))
    return tuple(children)


def _child(draw: Draw, name: str, levels: list[Level], budget: _Budget) -> StepSpec | ContainerSpec:
    requires, certain = _requires(draw, levels)
    path = (*levels[-1].path, name)
    options: dict = {
        "name": name,
        "requires": requires,
        "handles": draw(st.sampled_from((True, True, True, False))),
        "stop_on_exception": draw(st.sampled_from((None, None, True, False))),
    }
    is_copied = budget.has_hosts and not levels[-1].is_copied and draw(st.integers(0, 3)) == 0
    if is_copied:
        options["values"] = {"hosts": Literal(draw(st.sampled_from(HOSTS)))}
    is_container = len(levels) < DEEPEST and budget.left > 0 and draw(st.booleans())
    text = draw(st.sampled_from(ITEMS if is_container else (None, *ITEMS)))
    if text is not None:
        options["repeats"] = ItemsLiteral(text=text)
        options["parallel"] = draw(st.sampled_from((1, 1, 2, 0)))
    if is_container:
        children = _children(draw, path, levels, budget, needs_one=False, is_copied=is_copied or levels[-1].is_copied)
        steps = [child.name for child in children if isinstance(child, StepSpec) and _is_done_once(child)]
        options["result"] = _result(draw, children)
        if text is not None and steps:
            options["until"] = draw(st.sampled_from((None, None, *steps)))
        return ContainerSpec(children=children, **options)
    if text is not None:
        options["until"] = draw(st.sampled_from((False, False, True)))
    return StepSpec(work=_work(draw, name, certain), **options)


def _work(draw: Draw, name: str, certain: list[Known]) -> FunctionWork | NoWork:
    if draw(st.integers(0, 11)) == 0:
        return NoWork()
    taken = draw(st.lists(st.sampled_from(certain), max_size=2, unique=True)) if certain else []
    arguments = tuple(Argument(name=f"x{n}", value=ResultOf(known.path)) for n, known in enumerate(taken))
    return FunctionWork(name=name, takes_self=False, arguments=arguments)


def _result(draw: Draw, children: tuple) -> str | None:
    names = [child.name for child in children if _has_result(child)]
    return draw(st.sampled_from((None, *names))) if names else None


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


def _requires(draw: Draw, levels: list[Level]) -> tuple[Requirement | None, list[Known]]:
    """A requirement, and whose results may be taken beside it."""
    known = [*levels[-1].before]
    if draw(st.integers(0, 3)) == 0:
        known += [found for level in levels[:-1] for found in level.before]
    if not known:
        return None, []
    scenario = {
        found: draw(st.sampled_from(("success", "success", "failure", "skipped")[: 4 if found.may_be_skipped else 3]))
        for found in known
    }
    requires = None
    if draw(st.integers(0, 3)):
        requires = _requirement(draw, scenario, levels, depth=0, must_hold=True)
    in_doubt = {_path(atom.target, levels) for atom in _under_any(requires)}
    certain = [k for k in known if scenario[k] == "success" and k.has_result and k.path not in in_doubt]
    return requires, certain


def _requirement(draw: Draw, scenario: dict, levels: list[Level], *, depth: int, must_hold: bool) -> Requirement:
    kind = draw(st.sampled_from(("atom", "atom", "all", "any"))) if depth < 3 else "atom"
    if kind == "atom":
        known = draw(st.sampled_from(list(scenario)))
        claims = TRUE_AFTER[scenario[known]] if must_hold else tuple(claim for claim in Claim if claim != "returned")
        if known.may_be_asked and (scenario[known] == "success" or not must_hold):
            claims = (*claims, Claim.RETURNED)
        claim = draw(st.sampled_from(claims))
        values = tuple(draw(ASKED)) if claim is Claim.RETURNED else ()
        if values and must_hold and RETURNED not in values:
            values = (*values, RETURNED)
        return Atom(_target(draw, known, levels), claim, values=values)
    count = draw(st.integers(2, 3))
    held = draw(st.integers(0, count - 1))
    parts = tuple(
        _requirement(draw, scenario, levels, depth=depth + 1, must_hold=must_hold and (kind == "all" or n == held))
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


def _target(draw: Draw, known: Known, levels: list[Level]) -> Target:
    by_name = OuterName(known.path[-1])
    if len(known.path) < len(levels) and _path(by_name, levels) == known.path and draw(st.booleans()):
        return by_name
    return known.path


def _path(target: Target, levels: list[Level]) -> Path:
    if not isinstance(target, OuterName):
        return target
    around = next(level for level in reversed(levels[:-1]) if target.name in level.names)
    return (*around.path, target.name)
