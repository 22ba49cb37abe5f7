"""Branches that a value chooses, and steps that join them by their outcomes.

The peer: Airflow's branches with trigger rules. It needs a branch operator that returns the names of tasks, and one
of a dozen named rules (`none_failed_min_one_success`, `all_done`, `one_failed`, ...) on each task that joins.

Try it: `sequent run examples/peers/airflow_branching.py:publishing --changed both`
"""

from pathlib import Path
from typing import Literal

from sequent import and_, container, param, step

Changed = Literal["both", "orders", "clients", "neither"]


@container
class publishing:
    """Load what has changed, and publish if something was loaded and nothing failed."""

    changed: Changed = param(default="both", help="what has changed since the last time")

    @step
    def look(self) -> Changed:
        """Find out what has changed."""
        return self.changed

    @step(requires=look.returned("both", "orders"))
    def orders(self) -> int:
        """Load orders: the lines of a file."""
        return len(Path("orders.txt").read_text().splitlines())

    @step(requires=look.returned("both", "clients"))
    def clients(self) -> int:
        """Load clients: the lines of another file."""
        return len(Path("clients.txt").read_text().splitlines())

    # `none_failed_min_one_success`. Were only one branch ever taken, `orders | clients` would do.
    @step(requires=and_(orders | clients, *[each | each.skipped for each in (orders, clients)]))
    def publish(self, orders: int = orders.result_or(0), clients: int = clients.result_or(0)) -> str:
        """Join the branches; one that was not taken gives what it would have without a result."""
        return f"{orders} orders, {clients} clients"

    # `all_skipped`
    @step(requires=orders.skipped & clients.skipped)
    def note(self) -> str:
        """Neither branch was taken."""
        return "nothing to publish"

    # `one_failed`: it tells, and the flow still fails.
    @step(requires=orders.failed | clients.failed, handles=False)
    def alert(self) -> None:
        """Tell somebody."""
        Path("alert.txt").write_text("not published\n")

    # `all_done`
    @step(requires=publish.done)
    def tidy(self) -> None:
        """Whatever happened."""
        Path("tidied.txt").touch()

    result = publish
