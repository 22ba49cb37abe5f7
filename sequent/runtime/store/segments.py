"""Where the segments of logs are."""

from __future__ import annotations

import os
import re

from sequent.errors import StoreError
from sequent.model.outcome import LogSpan

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")


def segment_path(directory: str, span: LogSpan) -> str:
    """The file of a segment within a run's directory.

    Raises:
        StoreError: the name, which came from the store, is not one that a segment can have.
    """
    if not _NAME.match(span.segment):
        raise StoreError(f"the store names a log that cannot be: {span.segment[:80]!r}", code="damaged-store")
    return os.path.join(directory, "logs", span.segment)
