"""The tally of a run's rows (see ``sql/tally.py``), and the comparison of rows if it is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sequent.model.status import Status
from sequent.runtime.store.sql.records import OUTDATED, SUPERSEDED
from sequent.runtime.store.sql.statement_sources.naming import Chapter
from sequent.runtime.store.sql.tally import PRIME, code_of

CHAPTER = Chapter("Checking that rows are as they were written")

_POSTGRESQL = "postgresql"
# Most rows have the first one.
_SETTLED = (Status.SUCCESS, *sorted({*map(str, Status), OUTDATED, SUPERSEDED} - {Status.SUCCESS, Status.ACTIVE}))
_KNOWN = ", ".join(f"'{word}'" for word in _SETTLED)
_UNKNOWN = 7
"""The number of a row whose status no version writes, in place of that of a settled row: so the sum is another one."""
_NOTHING = "CAST(0 AS BIGINT)"


def _code(text: str, dialect: str) -> str:
    """Return the number of a text's first character; an empty text may have none."""
    return f"CAST(ascii({text}) AS BIGINT)" if dialect == _POSTGRESQL else f"unicode({text})"


def _thousandths(moment: str, dialect: str) -> str:
    """Return the whole thousandths of a second."""
    whole = f"trunc({moment} * 1000)" if dialect == _POSTGRESQL else f"{moment} * 1000"
    return f"CAST({whole} AS {'BIGINT' if dialect == _POSTGRESQL else 'INTEGER'})"


def _if(condition: str, number: int) -> str:
    return f"CASE WHEN {condition} THEN {number} ELSE 0 END"


def _word(column: str, dialect: str) -> str:
    """Return a number for a status."""
    return f"{_code(column, dialect)} * 64 + length({column})"


def _settled_word(column: str, factor: int) -> str:
    """Return that number, times a factor, for the status of a row that has settled, and quicker; NULL for any other."""
    numbers = " ".join(f"WHEN '{word}' THEN {code_of(word) * factor}" for word in _SETTLED)
    return f"CASE {column} {numbers} END"


def _if_unknown(column: str) -> str:
    return f"CASE WHEN {column} <> 'active' AND {column} NOT IN ({_KNOWN}) THEN CAST({_UNKNOWN} AS BIGINT) END"


def _if_settled(column: str, number: str) -> str:
    """Return the number of a row that has settled, which is NULL for any other."""
    return f"coalesce(({number}) % {PRIME}, {_if_unknown(column)})"


def _of_attempt(dialect: str) -> tuple[str, str]:
    made = (
        "frame * 1000003 + node * 7919 + iteration * 104729 + number * 1299709 + recovery * 611953"
        f" + length(token) * 7907 + {_if('length(host) > 0', 7817)} + {_thousandths('started', dialect)}"
    )
    settled = (
        "frame * 1000033 + node * 7927 + iteration * 104743 + number * 1299721"
        f" + {_settled_word('state', 611957)} + coalesce(verdict, -1) * 7879"
        f" + {_if('result IS NULL', 7867)} + {_if('problem IS NULL', 7853)} + {_thousandths('ended', dialect)}"
    )
    return made, _if_settled("state", settled)


def _of_frame(_: str) -> tuple[str, str]:
    made = f"parent * 1000037 + node * 7933 + number * 104759 + id * 1299743 + {_if('item IS NULL', 7841)}"
    closed = f"parent * 1000039 + node * 7949 + number * 104761 + {_settled_word('status', 611977)}"
    return made, _if_settled("status", closed)


def _of_repeat(dialect: str) -> tuple[str, str]:
    made = (
        f"frame * 1000081 + node * 7937 + {_if('items IS NULL', 7829)} + {_if('problem IS NULL', 7823)}"
        f" + coalesce({_word('status', dialect)}, 0) * 611993"
    )
    return made, _if_unknown("status")


def _of_wait(dialect: str) -> tuple[str, str]:
    made = (
        "frame * 1000099 + node * 7951 + iteration * 104773 + attempt * 1299763 + length(boot) * 7817"
        f" + {_thousandths('due', dialect)} + {_thousandths('due_boot', dialect)} * 3"
        f" + coalesce({_thousandths('length', dialect)}, -1) * 7"
    )
    return made, _NOTHING


def _of_hold(dialect: str) -> tuple[str, str]:
    letters = (
        f"coalesce({_code(f'substr(pool, {place}, 1)', dialect)}, 0) * {place + 104779}" for place in range(1, 65)
    )
    return f"amount * 1000117 + length(pool) * 7793 + {' + '.join(letters)}", _NOTHING


_NUMBERS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "attempt": _of_attempt,
    "frame": _of_frame,
    "repeat": _of_repeat,
    "wait": _of_wait,
    "hold": _of_hold,
}
"""By table, the number of a row, and the one that is added to its square once the row has settled."""
_SQUARE = f"coalesce(made * made % {PRIME}, -1) + coalesce(further * further % {PRIME}, 0)"


def _numbered(dialect: str, table: str, condition: str) -> str:
    # These parts are our own text, and contain no value.
    made, further = _NUMBERS[table](dialect)
    return f"SELECT ({made}) % {PRIME} AS made, {further} AS further FROM {table} WHERE {condition}"  # noqa: S608


def _sum(rows: str) -> str:
    return f"SELECT count(*), CAST(coalesce(sum({_SQUARE}), 0) AS BIGINT) FROM ({rows}) AS numbered"  # noqa: S608


def _tally(name: str, table: str, what: str, keys: str, condition: str = "") -> None:
    where = " AND ".join(f"{key.strip('<')} {'<' if '<' in key else '='} ?" for key in keys.split())
    text = partial(_numbered, table=table, condition=where + condition)
    CHAPTER.add(name, f"The tally of {what}.", lambda dialect: _sum(text(dialect)), keys.replace("<", ""))


_IS_KEPT = " AND frame = 0 AND shared = 0"


def _of_run(dialect: str) -> str:
    """Return the tally of all rows of a run; of holds, only those that a recovery finds.

    A database computes the numbers of several tables put together once, before it squares them; those of one, twice.
    PostgreSQL shares the work among processes only if each column has one type in all tables.
    """
    mine = {table: "run = ?" + (_IS_KEPT if table == "hold" else "") for table in _NUMBERS}
    return _sum("\nUNION ALL ".join(_numbered(dialect, *item) for item in mine.items()))


CHAPTER.add("tally_run", "The tally of all rows of a run.", _of_run, " ".join(["run"] * len(_NUMBERS)))
_TASK = "run frame node host iteration"
_tally("tally_repeats", "repeat", "a run's repeats", "run")
_tally("tally_attempt", "attempt", "one attempt", f"{_TASK} number")
_tally("tally_earlier", "attempt", "the attempts of a task before one", f"{_TASK} number<")
_tally("tally_repeat", "repeat", "one repeat", "run frame node")
_tally("tally_wait", "wait", "one wait", f"{_TASK} attempt")
_tally("tally_kept_pool", "hold", "the amount that a run keeps of one pool", "run pool", _IS_KEPT)


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
    "UNION ALL SELECT problem FROM repeat WHERE run = ? AND problem IS NOT NULL\n"
    "UNION ALL SELECT request FROM intervention WHERE run = ?\n"
    "UNION ALL SELECT decision FROM intervention WHERE run = ? AND decision IS NOT NULL\n"
    "UNION ALL SELECT part FROM note WHERE run = ?",
    "run run run run run run",
)
