"""The answer of an agent that is asked which runs have left something on its host."""

from __future__ import annotations

from msgspec import Struct

from sequent.model.record_text import Count

ANSWER = b"\0sequent-agents\0"


class RunThere(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The run of an agent, as its driver has named it."""

    id: str = ""
    flow: str = ""


class AgentThere(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The remains of one run on a host."""

    key: str
    run: RunThere
    serves: bool
    """Whether its agent is alive."""
    attempts: Count
    """The number of attempts that it was given."""
    outcomes: Count
    """The number of files with outcomes that no driver has written."""
    size: Count
    """Bytes."""
