"""What a specification says, read a second time and more simply than the compiler does."""

from __future__ import annotations

from collections.abc import Iterator

from sequent.model.references import OuterName, Path, Target
from sequent.model.spec import ContainerSpec, StepSpec

Around = tuple[ContainerSpec, ...]


def readers(spec: ContainerSpec, path: Path = (), around: Around = ()) -> Iterator[tuple]:
    """Every node but the root, with its path and the containers around it, outermost first."""
    around = (*around, spec)
    for child in spec.children:
        yield child, (*path, child.name), around
        if isinstance(child, ContainerSpec):
            yield from readers(child, (*path, child.name), around)


def meant(target: Target, path: Path, around: Around) -> Path:
    """The path that a target means: outer is searched from the container around the body outwards."""
    if not isinstance(target, OuterName):
        return target
    for depth in range(len(around) - 2, -1, -1):
        if any(child.name == target.name for child in around[depth].children):
            return (*path[:depth], target.name)
    raise AssertionError(target)


def taken_by(child: StepSpec | ContainerSpec) -> list[Target]:
    """Whose results a step takes."""
    arguments = getattr(getattr(child, "work", None), "arguments", ())
    return [argument.value.target for argument in arguments]
