"""A step that calls itself until there is nothing more: page after page, each asked for by the one before.

The peer: Metaflow's recursive steps. It needs a step whose `next` is a switch over an attribute, with itself as one of
the cases, and the state in attributes of `self`.

Try it: `sequent run examples/peers/metaflow_recursion.py:fetch_all`
"""

import json
from itertools import count
from pathlib import Path

from attrs import frozen

from sequent import container, outer, param, previous, step


@frozen
class Page:
    """What was read until now, and where the rest begins."""

    rows: int
    cursor: str | None


@container
class fetch_all:
    """Add up the rows of all pages."""

    folder: Path = param(default=Path("pages"), help="stands for a service that gives one page at a time")

    @container(repeats=lambda: count(1))
    class pages:
        """One page: what the last one gave is all that is kept in memory, however many there are."""

        folder: Path = outer.folder
        before: Page = previous(Page(0, "first"))

        @step
        def fetch(self) -> Page:
            """Read the page that the one before has named."""
            page = json.loads((self.folder / f"{self.before.cursor}.json").read_text())
            return Page(self.before.rows + len(page["rows"]), page["next"])

        @step
        def is_last(self, page: Page = fetch.result) -> bool:
            """Whether it names no further one."""
            return page.cursor is None

        until = is_last
        result = fetch

    @step
    def total(self, rows: int = pages.result[-1].rows) -> int:
        """What the last page gave has the sum."""
        return rows

    result = total
