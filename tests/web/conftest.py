"""A store of its own, its pages, and a browser without a screen that has been let in."""

from __future__ import annotations

from contextlib import closing

import pytest
from starlette.testclient import TestClient

from sequent.cli.arguments.options import GlobalOptions
from sequent.runtime.store import open_store
from sequent.web.access import Access
from sequent.web.application import application
from sequent.web.web_site import WebSite
from tests.acceptance.command_line import CommandLine

PORT = 8123
HOST = f"127.0.0.1:{PORT}"
ACCESS = Access("the-token-of-this-test", PORT)


@pytest.fixture
def store(tmp_path):
    with closing(open_store(str(tmp_path / "store.db"))) as opened:
        yield opened


def pages_of(path, *, allows_actions=False):
    site = WebSite(
        opened=lambda: closing(open_store(str(path), makes=False)),
        store_name=str(path),
        access=ACCESS,
        allows_actions=allows_actions,
    )
    return application(site)


@pytest.fixture
def stranger(store, tmp_path):
    """A browser that has no token."""
    with TestClient(pages_of(tmp_path / "store.db"), base_url=f"http://{HOST}", follow_redirects=False) as client:
        yield client


@pytest.fixture
def browser(stranger):
    """A browser that has opened the address with the token."""
    stranger.get(f"/?token={ACCESS.token}")
    return stranger


@pytest.fixture
def sequent_options(tmp_path):
    """The options of a command about this store."""
    return GlobalOptions(store=str(tmp_path / "store.db"))


@pytest.fixture
def sequent(tmp_path):
    return CommandLine(tmp_path)


def browser_of(path):
    """A browser that has been let in to the pages of a store."""
    client = TestClient(pages_of(path), base_url=f"http://{HOST}")
    client.get(f"/?token={ACCESS.token}")
    return client
