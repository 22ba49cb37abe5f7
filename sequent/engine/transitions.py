"""Which status may follow which, and when: the table that the reference shows."""

from __future__ import annotations

from sequent.model.status import Status

TRANSITIONS: dict[Status, dict[Status, str]] = {
    Status.WAITING: {
        Status.READY: "its requirement has come true",
        Status.SKIPPED: "its requirement can no longer come true",
        Status.CANCELLED: "its container stopped; or the run is continued, and it was cancelled before",
        Status.SUCCESS: "it is kept: it succeeded in an earlier recovery; or a person marks it",
        Status.FAILURE: "the run is continued, and it failed before; or a person marks it",
    },
    Status.READY: {
        Status.ACTIVE: "it has a worker and all that it acquires, and its delay is over",
        Status.SUCCESS: "a recovery passes it over; or a person answers its question, or marks it",
        Status.FAILURE: "its container stopped before a further attempt; it has no valid delay; its question is "
        "answered with *no*, or by nobody in time; or a person marks it",
        Status.CANCELLED: "its container stopped",
    },
    Status.ACTIVE: {
        Status.SUCCESS: "its attempt, or the last iteration of a container, succeeded",
        Status.FAILURE: "its attempt failed or was lost for the last time; or something in it failed, unhandled",
        Status.READY: "it is tried again, or its attempt is lost or taken back",
        Status.CANCELLED: "its container stopped and its attempt is lost or taken back; or its children were cancelled",
    },
    Status.SUCCESS: {},
    Status.FAILURE: {},
    Status.SKIPPED: {},
    Status.CANCELLED: {},
}
"""A settled status stays as it is within one recovery."""


def table() -> str:
    """Return the table as the reference has it, in Markdown."""
    pairs = [(before, after, when) for before, following in TRANSITIONS.items() for after, when in following.items()]
    rows = [f"| `{before}` | `{after}` | {when} |" for before, after, when in pairs]
    return "\n".join(["| is | becomes | when |", "|---|---|---|", *rows]) + "\n"
