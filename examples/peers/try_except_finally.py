"""A block with except, else and finally around it, each a step: what Python does for a call, for steps that recover.

The peers: DBOS and redun. They need handlers as code, `try` within the workflow's function or `catch` around a call: a
branch is in no picture before it is taken, and none says why it was not.

Try it: `sequent run examples/peers/try_except_finally.py:booking`
"""

from pathlib import Path

from sequent import Failure, container, outer, param, step


@container
class booking:
    """Reserve a seat and a room, or give back what was reserved."""

    seats: int = param(default=1)
    rooms: int = param(default=1)

    # What stands after `try`.
    @container
    class attempt:
        """All or nothing."""

        seats: int = outer.seats
        rooms: int = outer.rooms

        @step
        def seat(self) -> str:
            """The first half."""
            Path("seat.txt").write_text(take(self.seats, "seat"))
            return "seat"

        @step(requires=seat)
        def room(self) -> str:
            """The second."""
            Path("room.txt").write_text(take(self.rooms, "room"))
            return "room"

    # What stands after `except`: it handles the failure, and the flow is a success.
    @step(requires=attempt.failed)
    def give_back(self, failures: list[Failure] = attempt.failures) -> str:
        """Undo what was done until then."""
        Path("seat.txt").unlink(missing_ok=True)
        return f"given back: {failures[0].message}"

    # What stands after `else`.
    @step(requires=attempt)
    def confirm(self) -> str:
        """Both are reserved."""
        return "confirmed"

    @step(requires=confirm | give_back)
    def answer(self, good: str | None = confirm.result_or(None), bad: str | None = give_back.result_or(None)) -> str:
        """Say how it went."""
        return good or bad or ""

    # What stands after `finally`: it watches, whatever happened, and handles nothing.
    @step(requires=answer.done)
    def log(self) -> None:
        """Write that somebody was here."""
        Path("log.txt").write_text("done\n")

    result = answer


def take(free: int, what: str) -> str:
    """Take one of what is free."""
    if free < 1:
        raise LookupError(f"no {what} is free")
    return what
