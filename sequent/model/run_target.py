"""The flow of a run: all that an agent and its workers know of the run's row."""

from __future__ import annotations

from msgspec import Struct


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The flow of a run, and how it is loaded again."""

    flow: str
    """The flow's name."""
    file: str = ""
    """The real path of its module's file."""
    module: str = ""
    attribute: str = ""
    is_script: bool = False
    """Whether a script built the flow when it ran: the script runs again to recover the run."""
    argv: tuple[str, ...] = ()
    """The arguments of a script, ``argv[0]`` first."""
    cwd: str = ""
    """The directory in which the run was started; its steps run there."""


def is_file(target: str) -> bool:
    """Return whether a typed target names the flow's file, not a module."""
    head = target.rpartition(":")[0] or target
    return head.endswith(".py") or "/" in head
