"""The tally of a run's rows (see ``sql/tally.py``), and the comparison of rows if it is wrong."""

from __future__ import annotations

from sequent.runtime.store.sql.core.naming import Chapter
from sequent.runtime.store.sql.tally import PRIME

CHAPTER = Chapter("Checking that rows are as they were written")

_MADE = (
    "(frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery * 611953"
    f" + length(token) * 7907 + (host <> '') * 7817 + CAST(started * 1000 AS INTEGER)) % {PRIME}"
)
_SETTLED = (
    "(frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721"
    " + (unicode(state) * 64 + length(state)) * 611957 + ifnull(verdict, -1) * 7879"
    f" + (result IS NULL) * 7867 + (problem IS NULL) * 7853 + CAST(ended * 1000 AS INTEGER)) % {PRIME}"
)
_OPENED = f"(parent * 1000037 + node * 7933 + number * 104759 + id * 1299743 + (item IS NULL) * 7841) % {PRIME}"
_CLOSED = (
    f"(parent * 1000039 + node * 7949 + number * 104761 + (unicode(status) * 64 + length(status)) * 611977) % {PRIME}"
)
_REPEAT = (
    "(frame * 1000081 + node * 7937 + (items IS NULL) * 7829 + (problem IS NULL) * 7823"
    f" + ifnull(unicode(status) * 64 + length(status), 0) * 611993) % {PRIME}"
)
_WAIT = (
    "(frame * 1000099 + node * 7951 + iteration * 104773 + attempt * 1299763 + length(boot) * 7817"
    " + CAST(due * 1000 AS INTEGER) + CAST(due_boot * 1000 AS INTEGER) * 3"
    f" + ifnull(CAST(length * 1000 AS INTEGER), -1) * 7) % {PRIME}"
)
_NAME = " + ".join(f"ifnull(unicode(substr(pool, {place})), 0) * {place + 104779}" for place in range(1, 65))
"""A number from each letter of a pool's name."""
_KEPT = f"(amount * 1000117 + length(pool) * 7793 + {_NAME}) % {PRIME}"
_SQUARE = f"ifnull(made * made % {PRIME}, -1) + ifnull(further * further % {PRIME}, 0)"
# These parts are our own text, and contain no value.
_PARTS = {
    "attempt": f"SELECT {_MADE} AS made, CASE WHEN state <> 'active' THEN {_SETTLED} END AS further FROM attempt",  # noqa: S608
    "frame": f"SELECT {_OPENED} AS made, CASE WHEN status <> 'active' THEN {_CLOSED} END AS further FROM frame",  # noqa: S608
    "wait": f"SELECT {_WAIT} AS made, NULL AS further FROM wait",  # noqa: S608
    "hold": f"SELECT {_KEPT} AS made, NULL AS further FROM hold",  # noqa: S608
    "repeat": f"SELECT {_REPEAT} AS made, NULL AS further FROM repeat",  # noqa: S608
}


def _tally(name: str, table: str, what: str, keys: str, condition: str = "") -> None:
    where = " AND ".join(f"{key.strip('<')} {'<' if '<' in key else '='} ?" for key in keys.split())
    text = f"SELECT count(*), ifnull(sum({_SQUARE}), 0) FROM ({_PARTS[table]} WHERE {where}{condition})"  # noqa: S608
    CHAPTER.add(name, f"The tally of {what}.", text, keys.replace("<", ""))


_TASK = "run frame node host iteration"
_tally("tally_attempts", "attempt", "a run's attempts", "run")
_tally("tally_frames", "frame", "a run's iterations of containers", "run")
_tally("tally_repeats", "repeat", "a run's repeats", "run")
_tally("tally_waits", "wait", "a run's waits", "run")
_tally("tally_kept", "hold", "the amounts that a run keeps of its own pools", "run", " AND frame = 0 AND shared = 0")
_tally("tally_attempt", "attempt", "one attempt", f"{_TASK} number")
_tally("tally_earlier", "attempt", "the attempts of a task before one", f"{_TASK} number<")
_tally("tally_repeat", "repeat", "one repeat", "run frame node")
_tally("tally_wait", "wait", "one wait", f"{_TASK} attempt")
_tally(
    "tally_kept_pool", "hold", "the amount that a run keeps of one pool", "run pool", " AND frame = 0 AND shared = 0"
)


CHAPTER.add(
    "attempts_by_place",
    "The steps of attempts, and the containers of the iterations around them.",
    "SELECT a.node, f.node, min(a.frame), count(*)\n"
    "FROM attempt a LEFT JOIN frame f ON f.run = a.run AND f.id = a.frame\n"
    "WHERE a.run = ? GROUP BY a.node, f.node",
    "run",
)
CHAPTER.add(
    "frames_by_place",
    "The containers of iterations, and of the iterations around them.",
    "SELECT f.node, p.node, min(f.id), count(*)\n"
    "FROM frame f LEFT JOIN frame p ON p.run = f.run AND p.id = f.parent\n"
    "WHERE f.run = ? AND f.parent <> 0 GROUP BY f.node, p.node",
    "run",
)
CHAPTER.add(
    "repeats_by_place",
    "The containers of repeats, and of the iterations around them.",
    "SELECT r.node, f.node, min(r.frame), count(*)\n"
    "FROM repeat r LEFT JOIN frame f ON f.run = r.run AND f.id = r.frame\n"
    "WHERE r.run = ? GROUP BY r.node, f.node",
    "run",
)
CHAPTER.add(
    "roots",
    "The iterations that are in no other.",
    "SELECT node, id, number FROM frame WHERE run = ? AND parent = 0",
    "run",
)
CHAPTER.add(
    "states",
    "All states and statuses of rows.",
    "SELECT DISTINCT state FROM attempt WHERE run = ?\n"
    "UNION SELECT DISTINCT status FROM frame WHERE run = ?\n"
    "UNION SELECT DISTINCT status FROM repeat WHERE run = ? AND status IS NOT NULL",
    "run run run",
)
CHAPTER.add(
    "kept_values",
    "All values in rows, or pointers to them.",
    "SELECT result FROM attempt WHERE run = ? AND result IS NOT NULL\n"
    "UNION ALL SELECT item FROM attempt WHERE run = ? AND item IS NOT NULL\n"
    "UNION ALL SELECT item FROM frame WHERE run = ? AND item IS NOT NULL\n"
    "UNION ALL SELECT items FROM repeat WHERE run = ? AND items IS NOT NULL",
    "run run run run",
)
CHAPTER.add(
    "kept_texts",
    "All other texts that have a seal.",
    "SELECT problem FROM attempt WHERE run = ? AND problem IS NOT NULL\n"
    "UNION ALL SELECT log FROM attempt WHERE run = ? AND log IS NOT NULL\n"
    "UNION ALL SELECT problem FROM repeat WHERE run = ? AND problem IS NOT NULL",
    "run run run",
)
