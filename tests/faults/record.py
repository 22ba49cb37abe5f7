"""The record of the tests of faults and of the simulation, from which docs/evidence.md is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("evidence.json")
Record = dict[str, dict[str, dict[str, Any]]]


def read_record() -> Record:
    """Read it: for each kind of run, by file or name, what was counted.

    The kinds are ``check``, ``long``, ``simulation`` and ``endurance``.
    """
    record: Record = json.loads(RECORD.read_text())
    return record


def keep(kind: str, name: str, entry: dict[str, Any]) -> None:
    """Keep what was counted, in the place of an earlier run of that name."""
    record = read_record()
    record.setdefault(kind, {})[name] = entry
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
