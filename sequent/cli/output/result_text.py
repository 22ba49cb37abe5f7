"""Writes the result of a run, as a table if it is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sequent.cli.output.text import columns, safe, safe_block

if TYPE_CHECKING:
    from sequent.view.run_result import RunResult


def result_lines(found: RunResult) -> Iterator[str]:
    """Yield the lines of a result."""
    yield f"result{', only its beginning' if found.is_cut else ''}:"
    if found.columns:
        lines = columns([tuple(map(safe, row)) for row in (found.columns, *found.rows)])
    else:
        lines = safe_block(found.text).split("\n")
    yield from (f"  {line}" for line in lines)
