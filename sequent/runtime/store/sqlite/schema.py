"""The identity of a store's file, and its statements."""

from __future__ import annotations

import os
from functools import cache

from sequent.runtime.store.sql.statements import Statements

APPLICATION_ID = 0x53455155
"""``SEQU``, in the header of every store's file."""
VERSION = 5
"""The version of the tables, in the header as well."""
OLDEST = 1
"""The oldest version that can be upgraded."""
STATEMENTS = os.path.join(os.path.dirname(__file__), "statements.sql")
_CREATE = "create_"


@cache
def statements() -> Statements:
    """Return all statements in the SQL of SQLite."""
    return Statements(STATEMENTS)


def creation() -> list[str]:
    """Return the statements that make an empty store; it keeps their texts, so they are short."""
    return [" ".join(statements()[name].text.split()) for name in statements() if name.startswith(_CREATE)]


def tables() -> set[str]:
    """Return the names of the tables and of the index."""
    return {name.removeprefix(_CREATE) for name in statements() if name.startswith(_CREATE)}
