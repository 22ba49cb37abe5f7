"""A store whose runs end with their test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import shim, tolls


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "store.db"
    tolls.end_all(tmp_path / "ledger")


@pytest.fixture(scope="session")
def shim_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands between the processes of a test and the C library."""
    return shim.build(tmp_path_factory.mktemp("shim"))
