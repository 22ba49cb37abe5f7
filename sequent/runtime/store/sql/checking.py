"""Checks before a recovery that the store has a run's rows as they were written.

The database counts the rows of the run, as its driver counted them when it wrote them. Only if the counts differ are
the rows compared with one another, to name those that are wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from sequent.errors import StoreError
from sequent.model.status import RunStatus
from sequent.runtime.store.nodes import CONTAINER, COPIES, REPEAT, STEP, KnownNodes
from sequent.runtime.store.sql.records import read_status
from sequent.runtime.store.sql.run_list import Listing, naming_run
from sequent.runtime.store.sql.seals import unsealed
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.stored_definitions import read_nodes
from sequent.runtime.store.sql.stories import digests_of
from sequent.runtime.store.sql.tally import count_run, read_tally

WHOLE = 32 * 1024 * 1024
"""Bytes of a store up to which all of its pages are checked as well, which takes a tenth of a second."""


def check_run(session: Session, listing: Listing, number: int, nodes: KnownNodes, *, whole: int = WHOLE) -> None:
    """Check that all rows of a run exist and are as they were written.

    Args:
        session: a session with the store.
        listing: the store's runs.
        number: the run's number.
        nodes: the nodes of its definition.
        whole: bytes of a store up to which all of its pages are checked as well.

    Raises:
        StoreError: they are not; the message names the wrong ones, as far as the others show them.
    """
    database = session.database
    with session.snapshot():
        database.check_commits(session, number)
        database.check_pages(session, whole)
        counted = count_run(session, number)
        written = read_tally(listing.with_number(number).tally)
        if counted == written and database.has_whole_indexes(session, number):
            return
        for (state,) in session.rows("states", number, number, number):
            read_status(state)
        wrong = list(_misfits(session, number, nodes))
        if written is not None and not wrong:
            wrong = [_difference(counted.rows, written.rows)]
    if wrong:
        raise StoreError(
            f"the rows of the run contradict one another: {'; '.join(wrong[:5])}",
            code="damaged-store",
            hint="restore the store from a copy: the rows were altered, or the disk is damaged; nothing was run",
        )


def _difference(found: int, written: int) -> str:
    if found == written:
        return f"one of its {written:,} rows is not as it was written"
    return f"{written:,} rows were written, and {found:,} are there"


def _misfits(session: Session, run: int, nodes: KnownNodes) -> Iterator[str]:
    """Yield the rows that are in impossible places, each kind once."""
    for node, id_, number in session.rows("roots", run):
        if (node, id_, number) != (0, 1, 1):
            yield f"iteration {id_} of '{nodes.path(node)}' is in none"
    for noun, name, kinds in (
        ("an attempt", "attempts_by_place", (STEP,)),
        ("an iteration", "frames_by_place", (CONTAINER, REPEAT, COPIES)),
        ("a repeat", "repeats_by_place", (CONTAINER, REPEAT, COPIES)),
    ):
        for node, around, frame, count in session.rows(name, run):
            path, kind = nodes.nodes.get(node, ("", ""))
            more = f" and {count - 1:,} more" if count > 1 else ""
            if kind not in kinds:
                yield f"{noun} is of node {node}, which cannot have one{more}"
            elif around is None:
                yield _lost(noun, path, frame, count)
            elif nodes.path(around) != (path if _is_copy(nodes, node, around) else path.rpartition(".")[0]):
                yield f"{_misplaced(noun, path, frame, nodes.path(around))}{more}"


def _is_copy(nodes: KnownNodes, node: int, around: int) -> bool:
    """Return whether a node within copies on hosts is what they are copies of, and so has their path."""
    return nodes.has_copies(around) and not nodes.has_copies(node)


def _misplaced(noun: str, path: str, frame: int, around: str) -> str:
    """Return where rows are; ``frame`` is the iteration around them, or that of a misplaced iteration itself."""
    if noun == "an iteration":
        return f"iteration {frame} of '{path}' is in one of '{around}'"
    return f"{noun} of '{path}' is in iteration {frame} of '{around}'"


def _lost(noun: str, path: str, frame: int, count: int) -> str:
    more = f" (and {count - 1:,} more)" if count > 1 else ""
    if noun == "an iteration":
        return f"iteration {frame} of '{path}' is in one that is missing{more}"
    return f"{noun} of '{path}' is in iteration {frame}, which is missing{more}"


def problems_of(session: Session) -> Iterator[str]:
    """Yield the problems of a store: all checks of the database, and each row, text and large value."""
    listing = Listing(session)
    try:
        session.database.check_pages(session)
        for table, count in session.database.stray_rows(session):
            yield f"table '{table}' has rows ({count:,}) of a run that does not exist: it was taken away"
    except StoreError as error:
        yield error.message
    for record in listing.records(None, None):
        if record.status is RunStatus.DAMAGED:
            yield record.reason
            continue
        try:
            with naming_run(record.id):
                _check_whole(session, listing, record.number)
        except StoreError as error:
            yield error.message


def _check_whole(session: Session, listing: Listing, number: int) -> None:
    row = listing.with_number(number)
    has_seals = row.seal is not None
    nodes = read_nodes(session, row.definition, is_digested=has_seals)
    check_run(session, listing, number, nodes, whole=0)
    values = session.database.values(number, session)
    for (text,) in session.stream("kept_values", number, number, number, number):
        values.read(unsealed(text, "a value", has_seal=has_seals))
    for (text,) in session.stream("kept_texts", *[number] * 6):
        unsealed(text, "a text", has_seal=has_seals)
    for digest in digests_of(session, number):
        values.artifact(digest)
