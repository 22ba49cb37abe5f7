"""Words for people: statuses with their glyphs, durations, sizes, counts and stored values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from sequent.model.status import Status
from sequent.model.terminal import safe

RETRY = "retry"
"""The word for a task that will be tried again after a failed attempt."""
DELAYED = "delayed"
ASKED = "asked"
"""The word for a task that waits for the answer of a person."""
QUEUED = "queued"
"""The word for a task that waits for resources of pools."""
LOST = "lost"
"""The word for an attempt that has no outcome, since its driver or its host went away."""
_WAITING = ", and its tasks wait"
"""Ends the first half of the line about a host that cannot be reached."""
_BRIEF = 2
"""The lines of a reason that a list of runs has room for."""
GLYPHS: Mapping[str, str] = {
    "waiting": "·",
    "ready": "·",
    "active": "▶",
    "running": "▶",
    "success": "✓",
    "failure": "✗",
    "skipped": "-",
    "cancelled": "⊘",
    "stopped": "■",
    "suspended": "‖",
    "interrupted": "!",
    "damaged": "✗",
    "retry": "↻",
    "delayed": "…",
    "queued": "=",
    "asked": "?",
    "lost": "?",
    "outdated": "~",
    "passed over": "»",
    "kept": "✓",
    "rerun": "↻",
    "join": "⇄",
    "open": "·",
    "blocked": "⊘",
}
"""The glyph of each status of a task or run, each reason to wait, and each fate in a recovery.

No status is shown by its colour alone.
"""


def duration(seconds: float) -> str:
    """Return a length of time: ``0.31 s``, ``12.4 s``, ``3 min 05 s``, ``2 h 14 min``, ``7 days``, ``1 day 06 h``."""
    seconds = max(seconds, 0.0)
    if seconds < 10:
        return f"{seconds:.2f} s"
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    hours = whole // 3600
    if hours < 24:
        return f"{hours} h {whole % 3600 // 60:02} min"
    days = counted(hours // 24, "day")
    return f"{days} {hours % 24:02} h" if hours % 24 else days


def waiting_time(seconds: float) -> str:
    """Return a length of time that is still to pass: ``60 s``, not ``59.9 s``; ``2 h 14 min``."""
    if 0.95 <= seconds < 100:
        return f"{round(seconds)} s"
    return duration(seconds)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 run`` and ``1,200 runs``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def size(number: float) -> str:
    """Return a number of bytes as people read it: ``812 B``, ``1.5 MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:,.1f} TB"


def in_order(numbers: Mapping[Status, int]) -> dict[Status, int]:
    """Return the numbers that are not 0 in the one order in which all displays have them: that of a task's life."""
    return {status: numbers[status] for status in Status if numbers.get(status)}


def with_questions(numbers: Mapping[Status, int], asked: int) -> dict[str, int]:
    """Return the numbers of tasks by word: first of those that wait for the answer of a person, as they need one."""
    first = {ASKED: asked} if asked else {}
    return first | {status.value: number for status, number in in_order(numbers).items()}


def counts(numbers: Mapping[Status, int], *, has_ended: bool = False) -> str:
    """Return the number of each status in a run that goes on or has ended: ``1,204 success, 1 failure``."""
    parts = [f"{number:,} {status.value}" for status, number in in_order(numbers).items()]
    return ", ".join(parts) or nothing_text(has_ended=has_ended)


def brief_reason(reason: str) -> str:
    """Return the reason for which a run waits, as a list of runs has room for it: two of its lines, without details."""
    lines = [line.partition(": ")[0].removesuffix(_WAITING) for line in reason.splitlines()]
    more = f", +{len(lines) - _BRIEF:,} more" if len(lines) > _BRIEF else ""
    return f"{'; '.join(lines[:_BRIEF])}{more}"


def nothing_text(*, has_ended: bool) -> str:
    """Return the words for a run without tasks."""
    return "nothing ran" if has_ended else "nothing yet"


def readable(wire_text: str) -> str:
    """Return a stored value for people; no classes are needed, since no instance is made."""
    tree = plain(json.loads(wire_text))
    return safe(tree if isinstance(tree, str) else json.dumps(tree, ensure_ascii=False))


def plain(tree: object) -> object:
    """Return a stored value as plain JSON: records as dicts of their fields, tuples as lists, other values as text.

    Args:
        tree: the result of ``json.loads`` of its wire text.
    """
    if isinstance(tree, list):
        return [plain(item) for item in cast("list[object]", tree)]
    if not isinstance(tree, dict):
        return tree
    mapping = cast("dict[str, object]", tree)
    tag = next(iter(mapping), "")
    if len(mapping) == 1 and tag.startswith("$"):
        return _untagged(tag, mapping[tag])
    return {key: plain(item) for key, item in mapping.items()}


def _untagged(tag: str, content: object) -> object:
    if not isinstance(content, list):
        return plain(content)
    parts = cast("list[object]", content)
    match tag:
        case "$d":
            pairs = cast("list[list[object]]", parts)
            return {_key(plain(key)): plain(item) for key, item in pairs}
        case "$r" | "$e" | "$fs":
            return plain(parts[1])
        case "$dt" | "$ti":
            return parts[0]
        case "$g":
            return f"range({', '.join(map(str, parts))})"
        case "$s":
            return "".join(map(str, parts))
        case "$k":
            return "(pickled)"
        case _:
            return plain(parts)


def _key(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key, ensure_ascii=False)


def task_name(located: str, sequence: str) -> str:
    """Return a task as people write it, safe for a terminal: ``load/1.2``; without a sequence, the path alone."""
    return safe(f"{located}/{sequence}" if sequence else located)
