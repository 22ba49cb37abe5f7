"""Resource pools, and the amounts that steps and containers acquire and release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from attrs import define, field, frozen

from sequent.dsl.names import check_flow_name
from sequent.dsl.source_lines import Site, site_above
from sequent.errors import DefinitionError, Place
from sequent.model.option_readers import option_error
from sequent.model.record_text import MOST
from sequent.model.spec import PoolSpec, capacity_text
from sequent.model.wording import repr_of

_FORM = "give {pool: amount}, or pairs [(pool, amount)]"
_MADE = 'make it once, db = Pool("db", 4), and name it: {db: 2}'


@frozen(eq=False, init=False)
class Pool:
    """A named resource with a capacity, such as connections or licences.

    A step or container says ``acquires={pool: amount}``; it starts once all of its amounts are free.
    """

    name: str
    capacity: int
    shared: bool
    """Whether all runs of a store share it, or each run has its own."""
    site: Site = field(repr=False)

    def __init__(self, name: str, capacity: int, *, shared: bool = False) -> None:
        """Make a pool.

        Args:
            name: its name, in messages and in the store; one name is one pool.
            capacity: the amount that exists.
            shared: whether all runs of a store share it.

        Raises:
            DefinitionError: the name is not valid, or the capacity is not a positive integer.
        """
        self._fill(name, capacity, shared, site_above(1))

    @property
    def kind(self) -> str:
        """Its properties besides its name, in words."""
        return f"the capacity {capacity_text(self.capacity)}" + (", shared by all runs" if self.shared else "")

    def _fill(self, name: object, capacity: object, shared: object, site: Site) -> None:
        if not isinstance(shared, bool):
            raise option_error(f"'shared' of the pool is {repr_of(shared)}", site.place, "give True or False")
        checked = check_flow_name(name, site)
        amount = _amount(capacity, f"the capacity of the pool {checked!r}", site)
        # For type checkers, the method that attrs makes beside our own __init__ does not exist.
        cast("Any", self).__attrs_init__(checked, amount, shared, site)


PoolAmounts = tuple[tuple[Pool, int], ...]


@define(eq=False)
class Pools:
    """The pools that one flow names, by their names: one name is one pool."""

    _known: dict[str, Pool] = field(factory=dict[str, Pool])

    def add(self, pool: Pool) -> DefinitionError | None:
        """Add a pool; return the error if another pool of its name has other properties."""
        known = self._known.setdefault(pool.name, pool)
        if known is pool or (known.capacity, known.shared) == (pool.capacity, pool.shared):
            return None
        return DefinitionError(
            f"the pool {pool.name!r} has {pool.kind}, and {known.kind} at {known.site.place}",
            code="pool",
            hint="one name is one pool: make it once and name it, or give the other a name of its own",
            place=pool.site.place,
        )

    @property
    def specs(self) -> tuple[PoolSpec, ...]:
        """Their specifications, in the order of their names."""
        pools = (self._known[name] for name in sorted(self._known))
        return tuple(PoolSpec(pool.name, pool.capacity, pool.shared, pool.site.place) for pool in pools)


def read_acquires(value: object, name: str, place: Place) -> PoolAmounts:
    """Read the amounts to acquire from pools.

    Raises:
        DefinitionError: the form is another, a pool is named twice, or an amount is not a positive integer.
    """
    return _read_amounts(value, name, place) or ()


def read_releases(value: object, name: str, place: Place) -> PoolAmounts | None:
    """Read the amounts to release at the end; None: those acquired; (): keep them.

    Raises:
        DefinitionError: as ``read_acquires``.
    """
    return _read_amounts(value, name, place)


def _read_amounts(value: object, name: str, place: Place) -> PoolAmounts | None:
    if value is None:
        return None
    amounts: dict[str, tuple[Pool, int]] = {}
    for pool, amount in _pairs(value, name, place):
        if not isinstance(pool, Pool):
            raise _no_pool(pool, name, place)
        if pool.name in amounts:
            both = f"{amounts[pool.name][1]} and {repr_of(amount, 20)}"
            raise option_error(f"{name!r} has the pool {pool.name!r} twice: {both}", place, "give their sum")
        amounts[pool.name] = (pool, _amount(amount, f"{name!r} of the pool {pool.name!r}", place))
    return tuple(amounts[name] for name in sorted(amounts))


def _pairs(value: object, name: str, place: Place) -> Iterable[tuple[object, object]]:
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value).items()
    pairs: list[tuple[object, object]] = []
    if not isinstance(value, list | tuple):
        raise option_error(f"{name!r} is {repr_of(value)}", place, _FORM)
    for pair in cast("Iterable[object]", value):
        parts = cast("tuple[object, ...]", pair) if isinstance(pair, tuple | list) else ()
        if len(parts) != 2:
            raise option_error(
                f"{name!r} has {repr_of(cast('Any', pair))}, which is not a pair of a pool and an amount", place, _FORM
            )
        pairs.append((parts[0], parts[1]))
    return pairs


def _no_pool(value: object, name: str, place: Place) -> DefinitionError:
    if isinstance(value, str):
        return DefinitionError(
            f"{name!r} names {repr_of(value)}, which is a string, not a pool", code="pool", hint=_MADE, place=place
        )
    return option_error(f"{name!r} has {repr_of(value)}, which is not a pool", place, _MADE)


def _amount(value: object, name: str, place: Place | Site) -> int:
    if not isinstance(value, bool) and isinstance(value, int) and 0 < value < MOST:
        return value
    where = place.place if isinstance(place, Site) else place
    raise option_error(f"{name} is {repr_of(value)}", where, "give a positive integer, smaller than 2**53")
