"""The parts that all pages of a server share."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, cast

from msgspec import Struct, field
from starlette.requests import Request

from sequent.dashboard.one_run import OneRun, read_run
from sequent.dashboard.run_digest import RunDigests
from sequent.web.access import Access

if TYPE_CHECKING:
    from sequent.runtime.ports import Store
    from sequent.runtime.records import RunRecord


class WebSite(Struct, frozen=True, kw_only=True):
    """A server's store, its access, and its permissions."""

    opened: Callable[[], AbstractContextManager[Store]]
    """Opens the store, for one request: a store that is made, replaced or locked later needs no new server."""
    store_name: str
    access: Access
    allows_actions: bool = False
    digests: RunDigests = field(default_factory=RunDigests)


def site_of(request: Request) -> WebSite:
    """Return the site that a request is for."""
    return cast("WebSite", request.app.state.site)


def found(store: Store, request: Request) -> RunRecord:
    """Return the run that an address names.

    Raises:
        UnknownRunError: there is no such run.
    """
    return store.find(request.path_params["run"])


@contextmanager
def opened_run(request: Request) -> Generator[tuple[Store, OneRun]]:
    """Open the store, and read the run that an address names.

    Raises:
        UnknownRunError: there is no such run.
    """
    site = site_of(request)
    with site.opened() as store:
        yield store, read_run(store, found(store, request), site.digests)
