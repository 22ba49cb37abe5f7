"""The definition of a flow in the store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from sequent.errors import StoreError
from sequent.model.description import Description, text_of_description
from sequent.model.record_text import text_of_record
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.session import Session

T = TypeVar("T")


def read_nodes(session: Session, definition: int, *, is_digested: bool) -> KnownNodes:
    """Return the nodes of a definition; that of a run of an older version may have another digest.

    Raises:
        StoreError: it is not as it was written.
    """
    rows = session.rows("nodes", definition)
    texts = session.row("definition_row", definition)
    digest, structure, fingerprints, picture = texts or ("", "", "", "")
    places = [(path, kind) for _, path, kind in rows]
    is_whole = not is_digested or _digest(structure, fingerprints, picture, places) == digest
    if not is_whole or not places or [index for index, *_ in rows] != [*range(len(rows))]:
        raise damaged("a definition", f"number {definition}")
    return KnownNodes(dict(enumerate(places)))


def _digest(structure: str, fingerprints: str, picture: str, places: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256(repr((structure, fingerprints, list(places), picture)).encode()).hexdigest()


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
    digest = _digest(*texts, "", places)
    same = session.row("definition_with_digest", digest)
    if same is not None:
        return int(same[0])
    number = int(session.row("insert_definition", digest, *texts)[0])
    session.write("insert_node", [(number, index, path, kind) for index, (path, kind) in enumerate(places)])
    return number


class StoredMapping(Mapping[str, T]):
    """One of a definition's large mappings, read when it is first used: a list of runs needs none."""

    def __init__(self, session: Session, definition: int, read: Callable[[str, str], Mapping[str, T]]) -> None:
        self._session = session
        self._definition = definition
        self._read = read
        self._found: Mapping[str, T] | None = None

    def _mapping(self) -> Mapping[str, T]:
        if self._found is None:
            texts = self._session.row("definition_texts", self._definition)
            if texts is None:
                raise StoreError(f"the store has no definition {self._definition}", code="damaged-store")
            self._found = self._read(*texts)
        return self._found

    def __getitem__(self, key: str) -> T:
        return self._mapping()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._mapping())

    def __len__(self) -> int:
        return len(self._mapping())

    def __repr__(self) -> str:
        return repr(self._mapping())
