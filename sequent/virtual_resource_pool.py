"""Resource pools by the original's words: ``from sequent import virtual_resource_pool as vrp``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from sequent.dsl.options.pools import Pool
from sequent.dsl.source_lines import Site, site_above
from sequent.errors import DefinitionError
from sequent.model.spec import UNLIMITED
from sequent.model.wording import did_you_mean, repr_of

__all__ = ["Resource", "ResourcePool"]

_LIMIT = "resource_limit"
_KEYS = (_LIMIT, "autoload", "load_size")
"""The last two say when the original makes its resources; here none are made."""
_NONE = -1
"""The limit of a pool without one."""


class Resource:
    """A base class for the resources of the original's pools, from which programs derive their own.

    Here a pool only counts: steps get no resource object.
    """


class ResourcePool(Pool):
    """A pool as the original makes it."""

    def __init__(
        self, name: str, resource_cls: type[Resource] = Resource, policy: Mapping[str, int] | None = None
    ) -> None:
        """Make a pool.

        Args:
            name: its name; one name is one pool.
            resource_cls: a class derived from ``Resource``.
            policy: ``{"resource_limit": n}``, its capacity; -1, or no entry, for no limit. ``autoload`` and
                ``load_size`` are accepted without effect.

        Raises:
            DefinitionError: one of these is invalid.
        """
        site = site_above(1)
        self._fill(name, _read_limit(resource_cls, policy, site), False, site)

    def load(self) -> Self:
        """Return the pool itself; calling this is optional."""
        return self


def _read_limit(resource_cls: object, policy: object, site: Site) -> object:
    """Return the capacity that the policy gives."""
    if not (isinstance(resource_cls, type) and issubclass(resource_cls, Resource)):
        raise _error(
            f"'resource_cls' is {repr_of(cast('Any', resource_cls))}", "give a class derived from Resource", site
        )
    if not isinstance(policy, Mapping | None):
        raise _error(f"'policy' is {repr_of(policy)}", 'give a dict: policy={"resource_limit": 2}', site)
    told = cast("Mapping[object, object]", policy or {})
    for key in told:
        if key not in _KEYS:
            raise _error(f"'policy' has no key {repr_of(key)}", did_you_mean(key, _KEYS), site)
    limit = told.get(_LIMIT, _NONE)
    return UNLIMITED if type(limit) is int and limit == _NONE else limit


def _error(message: str, hint: str, site: Site) -> DefinitionError:
    return DefinitionError(message, code="pool", hint=hint, place=site.place)
