"""How far each box of a run has come, for a picture."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from sequent.model.status import RunStatus, Status

_FIRST = (Status.FAILURE, Status.ACTIVE, Status.READY, Status.CANCELLED, Status.WAITING, Status.SUCCESS, Status.SKIPPED)
"""The status shown for a box whose tasks are in several statuses: the one that needs attention comes first."""


@frozen
class Standing:
    """How many tasks of a step, or iterations of a container, are in each status."""

    counts: Mapping[Status, int] = field(factory=dict[Status, int])

    @property
    def status(self) -> Status | None:
        """The status shown for all of them; None if nothing has begun."""
        return next((status for status in _FIRST if self.counts.get(status)), None)

    @property
    def text(self) -> str:
        """In words: the status of one, or how many are in each."""
        parts = [(status, self.counts[status]) for status in Status if self.counts.get(status)]
        if not parts:
            return "not begun"
        if len(parts) == 1 and parts[0][1] == 1:
            return parts[0][0].value
        return ", ".join(f"{count:,} {status.value}" for status, count in parts)


_NOT_BEGUN = Standing()


@frozen(kw_only=True)
class States:
    """Where a run stands."""

    run: str
    """Its id."""
    status: RunStatus
    parts: Mapping[str, Standing]
    """By the dotted path of each step and container that has begun."""

    def of(self, path: str) -> Standing:
        """Where the box with that path stands."""
        return self.parts.get(path, _NOT_BEGUN)
