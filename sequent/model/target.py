"""Which flow a run is of: all that an agent and its workers know of a run's row."""

from __future__ import annotations

from msgspec import Struct


class Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which flow a run is of, and how it is found again."""

    flow: str
    """Its name."""
    file: str = ""
    """The real path of its module's file."""
    module: str = ""
    attribute: str = ""
    is_script: bool = False
    """The flow was built by a script that ran: it is recovered by running the script again."""
    argv: tuple[str, ...] = ()
    """Of a script: its arguments, ``argv[0]`` first."""
    cwd: str = ""
    """The directory in which the run was started; steps run in it."""


def is_file(target: str) -> bool:
    """Whether what was typed names its flow's file, not a module."""
    head = target.rpartition(":")[0] or target
    return head.endswith(".py") or "/" in head
