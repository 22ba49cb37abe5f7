"""Waiting for something outside, in two ways: a poll that returns whether it came, and a sensor that fails if not.

The peers: Airflow's sensors and polling loops in Prefect. They need a class for each kind of thing that is waited for,
with a mode that says whether a worker is blocked meanwhile; or a loop with `sleep` in a task, lost with its process.

Try it: `sequent run examples/peers/polling.py:delivery`
"""

from pathlib import Path

from sequent import container, param, step


@container
class delivery:
    """Wait for a file, then for its second half, and take both in."""

    looks: int = param(default=3, help="how often to look")

    # A poll: look, wait, look again, until it is true. Nothing is occupied between two looks, and the time of the next
    # is stored, so that a recovery neither shortens nor repeats the wait. Not to come at all is no failure.
    @step(repeats=lambda self: range(self.looks), delay="0.02s", until=True)
    def arrived(self) -> bool:
        """Whether the file is there."""
        return Path("first.txt").exists()

    @step
    def kind(self, found: list[bool] = arrived.result) -> bool:
        """Whether the last look found it."""
        return found[-1]

    @step(requires=kind.returned(False))
    def without(self) -> str:
        """Go on without it."""
        return "nothing came"

    # A sensor: every attempt that finds nothing fails, and the last one fails the step.
    @step(requires=kind.returned(True), retries=2, backoff=("0.02s", 1))
    def second(self) -> str:
        """The other half, which has to come."""
        return Path("second.txt").read_text()

    @step
    def take_in(self, second: str = second.result) -> str:
        """Both."""
        return Path("first.txt").read_text() + second

    result = take_in
