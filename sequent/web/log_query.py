"""The state of a log page, as it stands in its address: the attempt, the place in its output, and a search."""

from __future__ import annotations

from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace
from starlette.datastructures import QueryParams

from sequent.dashboard.attempt_logs import AttemptName
from sequent.errors import UsageError
from sequent.model.scope import is_sequence


class LogQuery(Struct, frozen=True, kw_only=True):
    """The part of an attempt's output to show."""

    path: str = ""
    """The step, with its host in its place."""
    sequence: str = ""
    attempt: int = 0
    """0: the last one."""
    line: int = 0
    """The line to begin at; 0: the last lines."""
    text: str = ""
    """The text to search for."""

    @property
    def name(self) -> AttemptName:
        """The attempt that is meant."""
        return AttemptName(self.path, tuple(map(int, self.sequence.split("."))) if self.sequence else (), self.attempt)

    def address(self, run: str, part: str = "log", **changes: object) -> str:
        """Return the address with these changes."""
        wanted = replace(self, **changes)
        values = {
            "path": wanted.path,
            "sequence": wanted.sequence,
            "attempt": str(wanted.attempt or ""),
            "line": str(wanted.line or ""),
            "q": wanted.text,
        }
        return f"/runs/{run}/{part}?" + urlencode({name: value for name, value in values.items() if value})


def read_log_query(values: QueryParams) -> LogQuery:
    """Return the state in an address.

    Raises:
        UsageError: it has a value that no link of ours has.
    """
    sequence = values.get("sequence", "")
    if sequence and not is_sequence(sequence):
        raise UsageError(f"{sequence!r:.100} is not a sequence", hint="write it as 1.2")
    return LogQuery(
        path=values.get("path", ""),
        sequence=sequence,
        attempt=_number(values, "attempt"),
        line=_number(values, "line"),
        text=values.get("q", "")[:200],
    )


def _number(values: QueryParams, name: str) -> int:
    text = values.get(name, "")
    if text and not (text.isdecimal() and len(text) < 16):
        raise UsageError(f"{name}={text!r:.100} is not a number", hint=f"leave {name!r} out")
    return int(text or 0)
