"""Writes the statements of SQLite: ``python -m sequent.runtime.store.sql.core``."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.dialects import sqlite

from sequent.runtime.store.sql.core.wording import text_of_all
from sequent.runtime.store.sqlite.schema import STATEMENTS

Path(STATEMENTS).write_text(text_of_all("SQLite", sqlite.dialect(paramstyle="qmark")), encoding="utf-8")  # type: ignore[no-untyped-call, unused-ignore]
