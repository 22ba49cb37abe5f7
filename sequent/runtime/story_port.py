"""The port to the notes and artifacts that runs have left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sequent.runtime.records import LeftPart, RunRecord


class Stories(Protocol):
    """The notes and artifacts in a store. Every method may raise ``StoreError``."""

    def story(self, run: RunRecord) -> Iterator[LeftPart]:
        """Yield the notes and artifacts of a run, by step, iteration and attempt."""
        ...

    def artifact(self, run: RunRecord, digest: str) -> bytes:
        """Return an artifact of a run. ``StoreError`` if it is missing, or not as it was written."""
        ...

    def directory(self, run: RunRecord) -> str:
        """Return the directory of a run on this machine; another machine may have driven it."""
        ...
