"""Reads the definition of a flow, each part when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from sequent.digests import sha256
from sequent.errors import StoreError
from sequent.runtime.store.sql.seals import damaged
from sequent.runtime.store.sql.session import Session

if TYPE_CHECKING:
    from sequent.runtime.store.nodes import KnownNodes

T = TypeVar("T")


class StoredMapping(Mapping[str, T]):
    """One of a definition's large mappings: a list of runs needs none."""

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


def read_nodes(session: Session, definition: int, *, is_digested: bool) -> KnownNodes:
    """Return the nodes of a definition; that of a run of an older version may have another digest.

    Raises:
        StoreError: it is not as it was written.
    """
    from sequent.runtime.store.nodes import KnownNodes

    rows = session.rows("nodes", definition)
    texts = session.row("definition_row", definition)
    digest, structure, fingerprints, picture = texts or ("", "", "", "")
    places = [(path, kind) for _, path, kind in rows]
    is_whole = not is_digested or digest_of(structure, fingerprints, picture, places) == digest
    if not is_whole or not places or [index for index, *_ in rows] != [*range(len(rows))]:
        raise damaged("a definition", f"number {definition}")
    return KnownNodes(dict(enumerate(places)))


def digest_of(structure: str, fingerprints: str, picture: str, places: Sequence[tuple[str, str]]) -> str:
    """Return the digest by which a definition is known."""
    return sha256(repr((structure, fingerprints, list(places), picture)).encode()).hexdigest()
