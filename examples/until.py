"""A loop that ends when a step says so: read page after page, until one is empty.

Try it: `sequent run examples/until.py:read_all`
"""

from itertools import count

from sequent import container, item, step

PAGES = [["ant", "bee"], ["cat", "dog"], ["eel"]]
"""Stands for a service that gives a page at a time, and does not say how many there are."""


@container
class read_all:
    """Everything that the service has."""

    # Numbers without end, drawn one at a time as iterations begin. A function gives them, so that a recovery can draw
    # them again.
    @container(repeats=lambda: count(1))
    class pages:
        """One page."""

        number: int = item()

        @step
        def read(self) -> list[str]:
            """The rows of the page; none after the last page."""
            return PAGES[self.number - 1] if self.number <= len(PAGES) else []

        @step
        def is_last(self, rows: list[str] = read.result) -> bool:
            """Whether the page is empty."""
            return not rows

        until = is_last
        result = read

    @step
    def join(self, pages: list[list[str]] = pages.result) -> list[str]:
        """All rows."""
        rows = [row for page in pages for row in page]
        print(*rows, sep=", ")
        return rows

    result = join
