"""Whether what a store has of a run is what was written: asked before the run is taken up again.

The rows of a run are counted by SQLite, as its driver counted them when it wrote them. Only if that comes to something
else are they compared with one another, to name those that are wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from sequent.errors import StoreError
from sequent.runtime.store.nodes import STEP, KnownNodes
from sequent.runtime.store.sqlite.commits import commits_file, read_commits
from sequent.runtime.store.sqlite.listing import Listing, RunRow
from sequent.runtime.store.sqlite.reader import Reader
from sequent.runtime.store.sqlite.records import read_status
from sequent.runtime.store.sqlite.tally import read_tally

WHOLE = 32 * 1024 * 1024
"""Bytes of a store up to which all of its pages are looked at as well, which takes a tenth of a second."""
_ATTEMPTS = """
    SELECT a.node, f.node, min(a.frame), count(*) FROM attempt a LEFT JOIN frame f ON f.run = a.run AND f.id = a.frame
    WHERE a.run = ? GROUP BY a.node, f.node
"""
_FRAMES = """
    SELECT f.node, p.node, min(f.id), count(*) FROM frame f LEFT JOIN frame p ON p.run = f.run AND p.id = f.parent
    WHERE f.run = ? AND f.parent <> 0 GROUP BY f.node, p.node
"""
_ROOTS = "SELECT node, id, number FROM frame WHERE run = ? AND parent = 0"
_REPEATS = """
    SELECT r.node, f.node, min(r.frame), count(*) FROM repeat r LEFT JOIN frame f ON f.run = r.run AND f.id = r.frame
    WHERE r.run = ? GROUP BY r.node, f.node
"""
_STATES = """
    SELECT DISTINCT state FROM attempt WHERE run = ?1 UNION SELECT DISTINCT status FROM frame WHERE run = ?1
    UNION SELECT DISTINCT status FROM repeat WHERE run = ?1 AND status IS NOT NULL
"""
_INDEX = """
    SELECT (SELECT count(*) FROM frame NOT INDEXED WHERE run = ?1),
    (SELECT count(*) FROM frame INDEXED BY frame_by_id WHERE run = ?1),
    (SELECT ifnull(sum(id * 31 + parent * 7 + number), 0) FROM frame NOT INDEXED WHERE run = ?1),
    (SELECT ifnull(sum(id * 31 + parent * 7 + number), 0) FROM frame INDEXED BY frame_by_id WHERE run = ?1)
"""


def check_run(reader: Reader, listing: Listing, row: RunRow, nodes: KnownNodes, *, whole: int = WHOLE) -> None:
    """See that all rows of a run are there, and are what they were.

    Args:
        reader: asks the store.
        listing: its runs.
        row: the run's own row.
        nodes: of its definition.
        whole: bytes of a store up to which all of its pages are looked at as well.

    Raises:
        StoreError: they are not; the message says which, as far as the others tell.
    """
    # Before the row: whoever drives the run commits first, and counts then.
    committed = read_commits(listing.directory(row.number))
    with reader.snapshot():
        check_pages_of_small(reader, listing.path, whole)
        row = listing.with_number(row.number)
        _check_commits(row, committed, listing)
        for (state,) in reader.rows(_STATES, row.number):
            read_status(state)
        found = reader.tally(row.number)
        written = read_tally(row.tally)
        rows, indexed, total, indexed_total = reader.row(_INDEX, row.number)
        if found == written and (rows, total) == (indexed, indexed_total):
            return
        wrong = list(_misfits(reader, row.number, nodes))
        if written is not None and not wrong:
            wrong = [_difference(found.rows, written.rows)]
    if wrong:
        raise StoreError(
            f"the rows of the run contradict one another: {'; '.join(wrong[:5])}",
            code="damaged-store",
            hint="restore the store from a copy: the rows were altered, or the disk is damaged; nothing was run",
        )


def _check_commits(row: RunRow, committed: int, listing: Listing) -> None:
    if committed > row.touched:
        file = commits_file(listing.directory(row.number))
        raise StoreError(
            f"the store '{listing.path}' is older than run '{row.id}': it has {row.touched:,} of the run's "
            f"{committed:,} commits, so steps that have succeeded since then would run again",
            code="damaged-store",
            hint="restore the file as it was, with its -wal; if you restored a copy of it on purpose, "
            f"let that work run again: rm '{file}'",
        )


def _difference(found: int, written: int) -> str:
    if found == written:
        return f"one of its {written:,} rows is not what was written"
    return f"{written:,} rows were written, and {found:,} are there"


def check_pages_of_small(reader: Reader, path: str, whole: int = WHOLE) -> None:
    """The same as ``check_pages``, of a store of up to so many bytes."""
    if os.stat(path).st_size <= whole:
        check_pages(reader, path)


def check_pages(reader: Reader, path: str) -> None:
    """See that SQLite finds nothing wrong with any page of the file.

    Raises:
        StoreError: it does.
    """
    told = [line for (line,) in reader.rows("PRAGMA integrity_check(3)")]
    if told != ["ok"]:
        raise StoreError(
            f"the store '{path}' is damaged: {'; '.join(map(str, told))}",
            code="damaged-store",
            hint="restore it from a copy; it was left as it is",
        )


def _misfits(reader: Reader, run: int, nodes: KnownNodes) -> Iterator[str]:
    """The rows that stand where they cannot, each kind once."""
    for node, id_, number in reader.rows(_ROOTS, run):
        if (node, id_, number) != (0, 1, 1):
            yield f"iteration {id_} of '{nodes.path(node)}' is in none"
    for what, text, kinds in (
        ("an attempt", _ATTEMPTS, (STEP,)),
        ("an iteration", _FRAMES, ("container", "repeat")),
        ("a repeat", _REPEATS, ("container", "repeat")),
    ):
        for node, around, frame, count in reader.rows(text, run):
            path, kind = nodes.nodes.get(node, ("", ""))
            more = f" and {count - 1:,} more" if count > 1 else ""
            if kind not in kinds:
                yield f"{what} is of node {node}, which cannot have one{more}"
            elif around is None:
                yield _lost(what, path, frame, count)
            elif nodes.path(around) != path.rpartition(".")[0]:
                yield f"{what} of '{path}' is in iteration {frame} of '{nodes.path(around)}'{more}"


def _lost(what: str, path: str, frame: int, count: int) -> str:
    more = f" (and {count - 1:,} more)" if count > 1 else ""
    if what == "an iteration":
        return f"iteration {frame} of '{path}' is in one that is missing{more}"
    return f"{what} of '{path}' is in iteration {frame}, which is missing{more}"
