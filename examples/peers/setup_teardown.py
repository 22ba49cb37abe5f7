"""A place that is set up before some work and torn down after it, whatever happened, and again for a recovery.

The peer: Airflow's setup and teardown tasks. It needs `as_setup` and `as_teardown`, rules of their own for what a
failed teardown means, and clears the setup together with a work task that a person clears.

Try it: `sequent run examples/peers/setup_teardown.py:measuring`
"""

import math
import shutil
from pathlib import Path

from sequent import STEP_SUCCESS, STP_RERUN, container, item, step


@container
class measuring:
    """Work in a directory that lasts only as long as the run does."""

    # What it has made is gone once the run has ended. So a recovery makes it anew, though it had succeeded.
    @step(recovery={STEP_SUCCESS: STP_RERUN})
    def set_up(self) -> None:
        """Make the place."""
        Path("place").mkdir()

    @container(requires=set_up, repeats=["x", "y", "z"], stop_on_exception=False)
    class work:
        """Each part is kept once it has succeeded."""

        axis: str = item()

        @step
        def measure(self) -> float:
            """Needs the place, and an input of its own."""
            copy = Path("place", self.axis)
            copy.write_text(Path(f"{self.axis}.txt").read_text())
            return float(copy.read_text())

        result = measure

    # It watches: the failure of the work remains one. A recovery that sets up tears down as well.
    @step(requires=work.done, recovery={STEP_SUCCESS: STP_RERUN})
    def tear_down(self) -> None:
        """Remove the place."""
        shutil.rmtree("place")

    @step
    def norm(self, axes: list[float] = work.result) -> float:
        """The length."""
        return math.hypot(*axes)

    result = norm
