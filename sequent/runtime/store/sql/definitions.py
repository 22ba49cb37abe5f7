"""Writes the definition of a flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sequent.model.description import Description, text_of_description
from sequent.model.record_text import text_of_record
from sequent.runtime.store.sql.session import Session
from sequent.runtime.store.sql.stored_definitions import digest_of


def put_definition(
    session: Session,
    places: Sequence[tuple[str, str]],
    description: Description,
    fingerprints: Mapping[str, str],
) -> int:
    """Return the number of a definition, which is written unless an earlier run has the same.

    Args:
        session: within a transaction.
        places: path and kind of each node, by index.
        description: the flow as data.
        fingerprints: fingerprints of each step's code.
    """
    texts = text_of_description(description), text_of_record(fingerprints)
    digest = digest_of(*texts, "", places)
    same = session.row("definition_with_digest", digest)
    if same is not None:
        return int(same[0])
    number = int(session.row("insert_definition", digest, *texts)[0])
    session.write("insert_node", [(number, index, path, kind) for index, (path, kind) in enumerate(places)])
    return number
