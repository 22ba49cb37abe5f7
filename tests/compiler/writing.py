"""Short words for specifications; each step and container stands on a line of its own in an imaginary file."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from sequent.compiler import compile_flow
from sequent.errors import DefinitionError, InvalidFlowError, Place
from sequent.model.references import Literal, OuterName, Reference, ResultOf
from sequent.model.requirements import AllOf, AnyOf, Atom, Requirement
from sequent.model.spec import Amounts, ContainerSpec, FlowSpec, ItemsLiteral, ParamSpec, PoolSpec, StepSpec
from sequent.model.status import Claim
from sequent.model.work import Argument, FunctionWork, Work
from tests.small_flows import late

CLAIMS = {"failed": Claim.FAILURE, **{claim.value: claim for claim in Claim}}
VALUE = Literal("1")
_lines = itertools.count(1)


def asks(text: str, line: int | None = None) -> Atom:
    """``a.b`` is its success, ``a!failed`` another claim, ``a!returned=1,2`` one on a result, ``^a`` is ``outer.a``."""
    name, _, claim = text.partition("!")
    claim, _, values = claim.partition("=")
    wanted = tuple(values.split(",")) if values else ()
    target = OuterName(name[1:]) if name.startswith("^") else tuple(name.split("."))
    return Atom(target, CLAIMS[claim or "success"], None if line is None else Place("flow.py", line), wanted)


def every(*parts: Requirement | str) -> AllOf:
    return AllOf(tuple(asks(part) if isinstance(part, str) else part for part in parts))


def some(*parts: Requirement | str) -> AnyOf:
    return AnyOf(tuple(asks(part) if isinstance(part, str) else part for part in parts))


def result(name: str) -> ResultOf:
    """``a.b`` by its path, ``^a`` is ``outer.a.result``."""
    return ResultOf(OuterName(name[1:]) if name.startswith("^") else tuple(name.split(".")))


def step(
    name: str,
    requires: Requirement | str | None = None,
    takes: Iterable[Reference | str] = (),
    *,
    takes_self: bool = False,
    work: Work | None = None,
    **options,
) -> StepSpec:
    references = (result(taken) if isinstance(taken, str) else taken for taken in takes)
    arguments = tuple(Argument(f"x{number}", reference) for number, reference in enumerate(references))
    options.setdefault("place", Place("flow.py", next(_lines)))
    return StepSpec(
        name=name,
        work=work or FunctionWork(name=name, takes_self=takes_self, arguments=arguments),
        requires=asks(requires) if isinstance(requires, str) else requires,
        **late(options),
    )


def amounts(text: str) -> Amounts:
    """``db 2, gpu 1``."""
    return tuple((pool, int(amount)) for pool, amount in (part.split() for part in text.split(",") if part.strip()))


def holds(name: str, acquires: str, *children, **options) -> ContainerSpec:
    """A container that acquires."""
    return container(name, *children, acquires=amounts(acquires), **options)


def asking(name: str, acquires: str, requires: Requirement | str | None = None, **options) -> StepSpec:
    """A step that acquires."""
    return step(name, requires, acquires=amounts(acquires), **options)


def container(name: str, *children, requires: Requirement | str | None = None, **options) -> ContainerSpec:
    options.setdefault("place", Place("flow.py", next(_lines)))
    needed = asks(requires) if isinstance(requires, str) else requires
    return ContainerSpec(name=name, children=children, requires=needed, **late(options))


def items(*values: int) -> ItemsLiteral:
    return ItemsLiteral(text=f"[{','.join(map(str, values))}]")


def flow(*children, params: Iterable[ParamSpec] = (), pools: dict[str, int] | None = None, **options) -> FlowSpec:
    """A flow; a pool whose name ends with ``*`` is shared by all runs."""
    root = ContainerSpec(name="flow", children=children, place=Place("flow.py", next(_lines)), **late(options))
    made = tuple(PoolSpec(name.rstrip("*"), most, name.endswith("*")) for name, most in (pools or {}).items())
    return FlowSpec(name="flow", root=root, params=tuple(params), pools=made)


def mistakes(spec: FlowSpec) -> list[DefinitionError]:
    """What the compiler says is wrong."""
    try:
        compile_flow(spec)
    except InvalidFlowError as error:
        return list(error.problems)
    return []


def mistake(spec: FlowSpec) -> DefinitionError:
    """The one thing that the compiler says is wrong."""
    (problem,) = mistakes(spec)
    return problem


def codes(spec):
    """The codes of all that is wrong with a flow."""
    return [problem.code for problem in mistakes(spec)]
