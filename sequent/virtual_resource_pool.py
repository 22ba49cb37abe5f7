"""Resource pools by the original's words: ``from sequent import virtual_resource_pool as vrp``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sequent.dsl.names import did_you_mean
from sequent.dsl.places import Site, site_above
from sequent.dsl.pools import Pool
from sequent.errors import DefinitionError

__all__ = ["Resource", "ResourcePool"]

_KEYS = ("resource_limit",)


class Resource:
    """What the original's pools hand out; programs derive classes of their own from it.

    Here a pool counts, and hands out nothing: steps see no resource.
    """


class ResourcePool:
    """A pool as the original makes it; ``load()`` gives the pool that ``acquires`` takes."""

    def __init__(
        self, name: str, resource_cls: type[Resource] = Resource, policy: Mapping[str, int] | None = None
    ) -> None:
        """Make a pool.

        Args:
            name: what it is called; one name is one pool.
            resource_cls: a class derived from ``Resource``.
            policy: ``{"resource_limit": n}``, how much of it there is.

        Raises:
            DefinitionError: one of these is not what a pool can have.
        """
        site = site_above(1)
        self._pool = Pool.made_at(site, name, _read_limit(resource_cls, policy, site))

    def load(self) -> Pool:
        """The pool itself."""
        return self._pool


def _read_limit(resource_cls: object, policy: object, site: Site) -> object:
    """How much of it the policy says there is."""
    if not (isinstance(resource_cls, type) and issubclass(resource_cls, Resource)):
        raise _error(f"'resource_cls' is {resource_cls!r:.100}", "it is a class derived from Resource", site)
    if not isinstance(policy, Mapping) or "resource_limit" not in policy:
        raise _error(f"'policy' is {policy!r:.100}", 'say how much there is: policy={"resource_limit": 2}', site)
    told = cast("Mapping[object, object]", policy)
    for key in told:
        if key not in _KEYS:
            raise _error(f"'policy' has no key {key!r:.100}", did_you_mean(str(key), _KEYS), site)
    return told["resource_limit"]


def _error(message: str, hint: str, site: Site) -> DefinitionError:
    return DefinitionError(message, code="pool", hint=hint, place=site.place)
