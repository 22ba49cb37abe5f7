"""The original's keys that have no effect here: accepted with a warning, so that its files can be used."""

from __future__ import annotations

from collections.abc import Iterable

LOG_FILES = frozenset(
    {"consolidate", "file_prefix", "file_suffix", "file_mode", "maxBytes", "backupCount", "encoding"}
    | {"delay", "when", "interval", "utc", "atTime"}
)
"""In ``LOGGING``: names and rotation of its log files. Here each attempt has its own log."""
WITHOUT_EFFECT = frozenset(
    {"shared_db", "ssh_host", "ssh_port", "debug", "remote_method", "day_to_keep_db"}
    | {"pass_logger_to_task", "sequence_arg_name"}
)


def told_of(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the warning about such keys; empty if there are none."""
    names = ", ".join(sorted(keys))
    return (f"without effect here: {names} (see 'Coming from the original Sequent')",) if names else ()
