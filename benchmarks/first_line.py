"""A flow of one step that tells a pipe when it begins."""

from __future__ import annotations

import os
from pathlib import Path

from sequent import container, step


@container
class flow:
    """One step."""

    @step
    def tell(self) -> None:
        """Write a line to the pipe that the benchmark waits at."""
        Path(os.environ["BENCHMARK_TOLD"]).write_text("begun\n")
