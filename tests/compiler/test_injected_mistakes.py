"""Every mistake that is put into a valid flow is found, and blamed on the line on which it stands; nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from sequent.errors import Place
from sequent.model.references import Path
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import ContainerSpec, FlowSpec, StepSpec
from sequent.model.status import Claim
from sequent.model.work import FunctionWork
from tests.compiler.writing import mistakes
from tests.flows import flow_specs

Expected = tuple[str, str, Place]
"""A mistake's code, its dotted path and its line."""


@frozen
class Injection:
    """What to add to some nodes' requirements and to some containers' children, and what must be said of it."""

    required: dict[Path, Requirement]
    added: dict[Path, StepSpec]
    expected: Expected
    text: str = ""


@frozen
class Flow:
    """The paths of a flow: of all its nodes but the root, and of what each may be reached from."""

    spec: FlowSpec
    paths: tuple[Path, ...]
    containers: frozenset[Path]

    def earlier(self, path: Path) -> list[Path]:
        """The siblings that stand before it."""
        own = self.paths.index(path)
        return [other for other in self.paths[:own] if other[:-1] == path[:-1]]


def look_at(spec: FlowSpec) -> Flow:
    found = list(_nodes(spec.root, ()))
    containers = frozenset(path for path, node in found if isinstance(node, ContainerSpec))
    return Flow(spec, tuple(path for path, _ in found), containers)


def _nodes(container: ContainerSpec, path: Path) -> Iterator[tuple[Path, StepSpec | ContainerSpec]]:
    for child in container.children:
        yield (*path, child.name), child
        if isinstance(child, ContainerSpec):
            yield from _nodes(child, (*path, child.name))


# -- the mistakes --------------------------------------------------------------------------------------


def unknown(flow: Flow, path: Path, line: Place, draw) -> Injection:
    return _claim("unknown-name", path, (*path[:-1], "nobody"), line, "'nobody" if len(path) == 1 else "nobody'")


def itself(flow: Flow, path: Path, line: Place, draw) -> Injection:
    return _claim("self-requirement", path, path, line, "requires itself")


def own_container(flow: Flow, path: Path, line: Place, draw) -> Injection | None:
    if len(path) == 1:
        return None
    return _claim("own-container", path, path[: draw(st.integers(1, len(path) - 1))], line, "would wait for itself")


def own_child(flow: Flow, path: Path, line: Place, draw) -> Injection | None:
    inside = [other for other in flow.paths if other != path and other[: len(path)] == path]
    return _claim("own-child", path, draw(st.sampled_from(inside)), line, "would wait for itself") if inside else None


def into_container(flow: Flow, path: Path, line: Place, draw) -> Injection | None:
    others = [
        other
        for other in flow.paths
        if len(other) > 1 and other[:-1] != path[: len(other) - 1] and other[: len(path)] != path
    ]
    if not others:
        return None
    target = draw(st.sampled_from(others))
    shared = next(n for n in count() if target[: n + 1] != path[: n + 1])
    return _claim("into-container", path, target, line, f"require the container {'.'.join(target[: shared + 1])!r}")


def impossible(flow: Flow, path: Path, line: Place, draw) -> Injection | None:
    before = flow.earlier(path)
    if not before:
        return None
    target = draw(st.sampled_from(before))
    both = AllOf((Atom(target, Claim.SUCCESS, line), Atom(target, Claim.FAILURE, line)))
    return Injection({path: both}, {}, ("unreachable", ".".join(path), line), "can never run")


def circle(flow: Flow, path: Path, line: Place, draw) -> Injection | None:
    before = flow.earlier(path)
    if not before:
        return None
    other = draw(st.sampled_from(before))
    required = {path: Atom(other, Claim.DONE, Place("flow.py", line.line + 1)), other: Atom(path, Claim.DONE, line)}
    first, second = ".".join(other), ".".join(path)
    return Injection(required, {}, ("cycle", first, line), f"cycle: {first} -> {second} -> {first}")


def duplicate(flow: Flow, path: Path, line: Place, draw) -> Injection:
    twin = StepSpec(name=path[-1], work=FunctionWork(name="twin", takes_self=False), place=line)
    return Injection({}, {path: twin}, ("duplicate", ".".join(path), line), repr(path[-1]))


def similar(flow: Flow, path: Path, line: Place, draw) -> Injection:
    twin = StepSpec(name=path[-1].upper(), work=FunctionWork(name="twin", takes_self=False), place=line)
    return Injection(
        {}, {path: twin}, ("similar-names", ".".join((*path[:-1], twin.name)), line), "differ only in case"
    )


def _claim(code: str, path: Path, target: Path, line: Place, text: str) -> Injection:
    return Injection({path: Atom(target, Claim.DONE, line)}, {}, (code, ".".join(path), line), text)


KINDS: tuple[Callable[..., Injection | None], ...] = (
    *(unknown, itself, own_container, own_child, into_container, impossible, circle, duplicate, similar),
)


# -- putting them in -------------------------------------------------------------------------------------


@st.composite
def spoiled_flows(draw) -> tuple[FlowSpec, list[Injection]]:
    """A flow with one or several mistakes, each on a node of its own."""
    flow = look_at(draw(flow_specs()))
    injections: list[Injection] = []
    used: set[Path] = set()
    for number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(KINDS))
        injection = kind(flow, draw(st.sampled_from(flow.paths)), Place("flow.py", 1_000 + 10 * number), draw)
        if injection is None:
            continue
        touched = {*injection.required, *injection.added}
        is_second_circle = kind is circle and any(other.expected[0] == "cycle" for other in injections)
        if not touched & used and not is_second_circle:
            used |= touched
            injections.append(injection)
    required = {path: part for injection in injections for path, part in injection.required.items()}
    added = {path: twin for injection in injections for path, twin in injection.added.items()}
    return evolve(flow.spec, root=_spoiled(flow.spec.root, (), required, added)), injections


def _spoiled(spec, path: Path, required: dict[Path, Requirement], added: dict[Path, StepSpec]):
    if path in required:
        spec = evolve(spec, requires=AllOf((spec.requires, required[path])) if spec.requires else required[path])
    if not isinstance(spec, ContainerSpec):
        return spec
    children = [_spoiled(child, (*path, child.name), required, added) for child in spec.children]
    children += [added[(*path, child.name)] for child in spec.children if (*path, child.name) in added]
    return evolve(spec, children=tuple(children))


@given(spoiled_flows())
def test_every_mistake_is_found_at_its_line_and_no_other(spoiled):
    spec, injections = spoiled
    found = mistakes(spec)
    assert sorted((m.code, m.path, m.place) for m in found) == sorted(i.expected for i in injections)
    for injection in injections:
        (problem,) = (m for m in found if m.place == injection.expected[2])
        assert injection.text in str(problem)
        assert problem.hint
