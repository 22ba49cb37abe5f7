"""A store whose runs end with their test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import tolls


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store.db"
    tolls.end_all(tmp_path / "ledger")
