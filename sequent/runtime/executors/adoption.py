"""Lets a process that drives runs adopt their processes, once their agents are gone."""

from __future__ import annotations

import contextlib
import threading

from sequent.runtime.processes import process_trees


class _Adoption:
    """In force as long as any run of this process has workers; it may drive several runs, and do other things.

    Before and afterwards, orphans are treated as the parent process, or the process's own code, has set it.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._users = 0
        self._before = False

    def begin(self) -> None:
        """Begin to adopt, for a run that has an agent."""
        with self._guard:
            self._users += 1
            if self._users == 1:
                # If the kernel refuses, the processes of a run are known by other means.
                with contextlib.suppress(OSError):
                    self._before = process_trees.adopts_orphans()
                    process_trees.adopt_orphans()

    def end(self) -> None:
        """Stop adopting for a run of which no process is left."""
        with self._guard:
            self._users -= 1
            if not self._users:
                with contextlib.suppress(OSError):
                    process_trees.adopt_orphans(adopts=self._before)


adoption = _Adoption()
