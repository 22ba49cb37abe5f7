"""A lock that readers share and a writer has alone, without a deadlock and without a writer that waits for ever.

The peer: Airflow's pools. It needs a pool made beside the flow, and a number of slots for each task; a task that wants
all of them is passed by for as long as there are small ones, and a group of tasks cannot hold any from first to last.

Try it: `sequent run examples/peers/locking.py:stock`
"""

from pathlib import Path

from sequent import Pool, container, item, step

READERS = 3
table = Pool("table", READERS)


@container(max_concurrent=8)
class stock:
    """Readers and a writer of one file."""

    @step
    def prepare(self) -> None:
        """The file, whole."""
        Path("stock.txt").write_text("whole")

    # Shared: one of what there is.
    @step(requires=prepare, repeats=range(6), parallel=0, acquires={table: 1})
    def read(self, number: int = item()) -> str:
        """Never sees what the writer has half written."""
        return f"{number}: {Path('stock.txt').read_text()}"

    # Exclusive: all that there is. Who asks for much is not passed by for ever by those who ask for little.
    @step(requires=prepare, acquires={table: READERS})
    def write(self) -> None:
        """Nobody reads meanwhile."""
        Path("stock.txt").write_text("half")
        Path("stock.txt").write_text("whole")

    # A container holds what it acquires from its first step to its last.
    @container(requires=read & write, acquires={table: READERS})
    class recount:
        """Two steps under one lock."""

        @step
        def clear(self) -> None:
            """First."""
            Path("stock.txt").write_text("")

        @step(requires=clear)
        def fill(self) -> None:
            """Then."""
            Path("stock.txt").write_text("recounted")

    @step(requires=recount)
    def show(self, seen: list[str] = read.result) -> list[str]:
        """What the readers saw."""
        return sorted(seen)

    result = show
