"""A store of its own, whose screen looks at it only when a test says so."""

from __future__ import annotations

from contextlib import closing

import pytest

from sequent.runtime.store import open_store
from sequent.tui.log_screen import LogScreen
from sequent.tui.store_screen import StoreScreen


@pytest.fixture
def store(tmp_path):
    with closing(open_store(str(tmp_path / "store.db"))) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_looks_of_its_own(monkeypatch):
    for screen in (StoreScreen, LogScreen):
        monkeypatch.setattr(screen, "REST", 3600.0)
