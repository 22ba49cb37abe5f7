"""Has a process that drives runs adopt what they have started, once their agents are gone."""

from __future__ import annotations

import contextlib
import threading

from sequent.runtime import process_trees


class _Adoption:
    """For as long as any run of this process has workers: it may drive several at once, and do other things besides.

    Before and afterwards what becomes of orphans is as whoever started this process, or its own code, has it.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._users = 0
        self._before = False

    def begin(self) -> None:
        """A run has an agent."""
        with self._guard:
            self._users += 1
            if self._users == 1:
                # Where it is refused, what a run has started is known by other means.
                with contextlib.suppress(OSError):
                    self._before = process_trees.adopts_orphans()
                    process_trees.adopt_orphans()

    def end(self) -> None:
        """Nothing of that run is left."""
        with self._guard:
            self._users -= 1
            if not self._users:
                with contextlib.suppress(OSError):
                    process_trees.adopt_orphans(adopts=self._before)


adoption = _Adoption()
