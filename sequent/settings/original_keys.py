"""The original's keys of a configuration that mean nothing here: accepted, so that its files can be used, and told."""

from __future__ import annotations

from collections.abc import Iterable

LOG_FILES = frozenset(
    {"consolidate", "file_prefix", "file_suffix", "file_mode", "maxBytes", "backupCount", "encoding"}
    | {"delay", "when", "interval", "utc", "atTime"}
)
"""In ``LOGGING``: how it wrote and turned over its log files. Here each attempt has a log of its own."""
WITHOUT_EFFECT = frozenset(
    {"shared_db", "ssh_host", "ssh_port", "debug", "remote_method", "day_to_keep_db"}
    | {"pass_logger_to_task", "sequence_arg_name"}
)


def told_of(keys: Iterable[str]) -> tuple[str, ...]:
    """What to tell of keys that were given; nothing where there are none."""
    names = ", ".join(sorted(keys))
    return (f"without effect here: {names} (see 'Coming from the original Sequent')",) if names else ()
