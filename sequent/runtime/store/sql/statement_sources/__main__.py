"""Writes the statements of each database: ``python -m sequent.runtime.store.sql.statement_sources``."""

from __future__ import annotations

from pathlib import Path

from sequent.runtime.store.postgresql import schema as postgresql
from sequent.runtime.store.sql.statement_sources.wording import texts
from sequent.runtime.store.sqlite import schema as sqlite

for file, text in zip((sqlite.STATEMENTS, postgresql.STATEMENTS), texts(), strict=True):
    Path(file).write_text(text, encoding="utf-8")
