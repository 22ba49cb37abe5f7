"""The stores that every contract test runs over."""

from collections.abc import Iterator

import pytest

from sequent.runtime.ports import Store
from sequent.runtime.store import open_store


@pytest.fixture(params=["sqlite", "memory"])
def store(request, tmp_path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "store.db") if request.param == "sqlite" else ":memory:")
    yield opened
    opened.close()
