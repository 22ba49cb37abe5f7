"""The fates of tasks in a recovery."""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """The fate of a task in a recovery."""

    KEPT = "kept"
    RERUN = "rerun"
    """It runs, for the first time or again."""
    JOIN = "join"
    """Its host may know its attempt, which then goes on, or whose outcome is collected; if not, it runs again."""
    PASSED = "passed over"
    BLOCKED = "blocked"
    """It does not run, since its requirement cannot come true."""
    OPEN = "open"
    """Whether it runs is known only after others have run."""
