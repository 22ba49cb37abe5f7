"""Specifications of small flows in few words."""

from __future__ import annotations

from sequent.model.references import Literal, OuterName
from sequent.model.requirements import Atom, Requirement
from sequent.model.spec import ContainerSpec, FlowConfig, FlowSpec, ItemsCall, ItemsLiteral, PoolSpec, StepSpec
from sequent.model.status import Claim
from sequent.model.value_text import encode
from sequent.model.work import FunctionWork

WORK = FunctionWork("work", takes_self=False)
HOUR = Literal("3600.0")
DRAWN = ItemsCall("items", takes_self=False)


def on(path: str, claim: Claim = Claim.SUCCESS) -> Atom:
    return Atom(tuple(path.split(".")), claim)


def failed(path: str) -> Atom:
    return on(path, Claim.FAILURE)


def done(path: str) -> Atom:
    return on(path, Claim.DONE)


def late(options: dict[str, object]) -> dict[str, object]:
    """The same, with those that may be references among ``values``."""
    moved = {name: options.pop(name) for name in ("delay", "timeout", "nice") if name in options}
    if "parallel" in options and not isinstance(options["parallel"], int):
        moved["parallel"] = options.pop("parallel")
    values = {name: value for name, value in moved.items() if value is not None}
    return {**options, "values": values} if values else options


def step(name: str, requires: Requirement | None = None, **options: object) -> StepSpec:
    return StepSpec(name=name, work=WORK, requires=requires, **late(options))  # type: ignore[arg-type]


def block(name: str, *children: StepSpec | ContainerSpec, **options: object) -> ContainerSpec:
    return ContainerSpec(name=name, children=children, **late(options))  # type: ignore[arg-type]


def flow(*children: StepSpec | ContainerSpec, stop: bool = True, pools: tuple[PoolSpec, ...] = ()) -> FlowSpec:
    config = FlowConfig(stop_on_exception=stop)
    return FlowSpec(name="flow", root=block("flow", *children), config=config, pools=pools)


def items(count: int) -> ItemsLiteral:
    return ItemsLiteral(encode(list(range(count))))


def outer(name: str, claim: Claim = Claim.SUCCESS) -> Atom:
    return Atom(OuterName(name), claim)
