"""The store that all screens read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from msgspec import Struct, field

from sequent.dashboard.run_digest import RunDigests

if TYPE_CHECKING:
    from sequent.runtime.ports import Store


class RunSource(Struct, frozen=True, kw_only=True):
    """A store, and the numbers of its runs that are kept from one look to the next."""

    opened: Callable[[], AbstractContextManager[Store]]
    """Opens the store, for one look: a store that is made, replaced or locked later needs no new screen."""
    store_name: str
    digests: RunDigests = field(default_factory=RunDigests)
