"""A store's file, as tests make, alter and try to open it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sequent.errors import StoreError
from sequent.runtime.rows import TaskKey
from sequent.runtime.store import open_store
from tests.contracts.plans import A, attempted, create

TASK_A = TaskKey(1, A, 0)


def made(path: Path) -> Path:
    """A store that holds one run, closed."""
    store = open_store(str(path))
    run = create(store)
    attempted(run, TASK_A, result='"kept"')
    store.close()
    return path


def altered(path: Path, *statements: str, values: tuple[str, ...] = ()) -> None:
    """Change a store behind Sequent's back."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement, values)
    connection.close()


def refused(path: Path, match: str) -> StoreError:
    """The error with which a file is refused, which leaves it as it was."""
    before = path.read_bytes()
    with pytest.raises(StoreError, match=match) as caught:
        open_store(str(path))
    assert path.read_bytes() == before
    assert caught.value.exit_code == 4
    assert sorted(name.name for name in path.parent.iterdir() if name.name.endswith(".new")) == []
    return caught.value
