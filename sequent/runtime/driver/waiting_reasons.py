"""Why tasks wait while a run goes on, for commands that show the run meanwhile."""

from __future__ import annotations

from collections.abc import Iterable

from sequent.runtime.driver.turn_record import Turn


class WaitingReasons:
    """The lines that each desk has to say, written together whenever one of them changes."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._lines: dict[str, tuple[str, ...]] = {}

    def put(self, topic: str, lines: Iterable[str]) -> None:
        """Replace the lines of one topic."""
        written, now = self._lines.get(topic, ()), tuple(lines)
        if now != written:
            self._lines[topic] = now
            self._turn.batch.reason = self.text

    @property
    def text(self) -> str:
        """All lines; '' if there are none."""
        return "\n".join(line for _, lines in sorted(self._lines.items()) for line in lines)
