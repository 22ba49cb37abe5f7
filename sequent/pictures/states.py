"""Counts the progress of each box of a run, for a picture."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from sequent.model.status import RunStatus, Status

_FIRST = (Status.FAILURE, Status.ACTIVE, Status.READY, Status.CANCELLED, Status.WAITING, Status.SUCCESS, Status.SKIPPED)
"""The order of statuses for a box with tasks in several: the one that most needs attention comes first."""


@frozen
class Standing:
    """How many tasks of a step, or iterations of a container, are in each status."""

    counts: Mapping[Status, int] = field(factory=dict[Status, int])
    remarks: tuple[str, ...] = ()
    """The reasons for which it waits for a person, each in a few words."""

    @property
    def status(self) -> Status | None:
        """The status shown for all of them; None if nothing has begun."""
        return next((status for status in _FIRST if self.counts.get(status)), None)

    @property
    def says_more(self) -> bool:
        """Whether its words say more than its status alone."""
        return bool(self.status is Status.FAILURE or self.remarks or sum(self.counts.values()) > 1)

    @property
    def text(self) -> str:
        """The state in words: the status of one task, or the number in each status; and the requests to people."""
        return ", ".join((self._counted, *self.remarks))

    @property
    def _counted(self) -> str:
        parts = [(status, self.counts[status]) for status in Status if self.counts.get(status)]
        if not parts:
            return "not begun"
        if len(parts) == 1 and parts[0][1] == 1:
            return parts[0][0].value
        return ", ".join(f"{count:,} {status.value}" for status, count in parts)


_NOT_BEGUN = Standing()


@frozen(kw_only=True)
class States:
    """The progress of a run."""

    run: str
    """The run's id."""
    status: RunStatus
    parts: Mapping[str, Standing]
    """The standing of each step and container that has begun, by dotted path."""

    def of(self, path: str) -> Standing:
        """Return the standing of the box with this path."""
        return self.parts.get(path, _NOT_BEGUN)
