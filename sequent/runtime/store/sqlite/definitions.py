"""What the store has of a flow's definition."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sequent.errors import StoreError
from sequent.runtime.store.nodes import KnownNodes
from sequent.runtime.store.sqlite import queries, statements
from sequent.runtime.store.sqlite.reading import Reader
from sequent.runtime.store.sqlite.records import read_mapping, text_of_mapping


def read_nodes(reader: Reader, definition: int) -> KnownNodes:
    """The nodes of a definition."""
    rows = reader.rows(queries.nodes(), definition)
    return KnownNodes({index: (path, kind) for index, path, kind in rows})


def put_definition(
    cursor: sqlite3.Cursor,
    places: Sequence[tuple[str, str]],
    structure: Mapping[str, str],
    fingerprints: Mapping[str, str],
    picture: str,
) -> int:
    """The number of a definition, which is written unless an earlier run has the same.

    Args:
        cursor: within a transaction.
        places: path and kind of each node, by index.
        structure: what each node is.
        fingerprints: of each step's code.
        picture: how it is drawn.
    """
    texts = text_of_mapping(structure), text_of_mapping(fingerprints)
    digest = hashlib.sha256(repr((*texts, list(places), picture)).encode()).hexdigest()
    found = cursor.execute(queries.definition_with_digest(), (digest,)).fetchone()
    if found is not None:
        return int(found[0])
    cursor.execute(statements.insert_definition(), (digest, *texts, picture))
    number = cursor.lastrowid or 0
    rows = [(number, index, path, kind) for index, (path, kind) in enumerate(places)]
    cursor.executemany(statements.insert_node(), rows)
    return number


class StoredMapping(Mapping[str, str]):
    """One of a definition's large mappings, read when it is first looked into: a list of runs needs none."""

    def __init__(self, reader: Reader, definition: int, column: Literal["structure", "fingerprints"]) -> None:
        self._reader = reader
        self._definition = definition
        self._column = column
        self._found: dict[str, str] | None = None

    def _mapping(self) -> dict[str, str]:
        if self._found is None:
            texts = self._reader.row(queries.definition_texts(), self._definition)
            if texts is None:
                raise StoreError(f"the store has no definition {self._definition}", code="damaged-store")
            self._found = read_mapping(texts[0] if self._column == "structure" else texts[1])
        return self._found

    def __getitem__(self, key: str) -> str:
        return self._mapping()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._mapping())

    def __len__(self) -> int:
        return len(self._mapping())

    def __repr__(self) -> str:
        return repr(self._mapping())
