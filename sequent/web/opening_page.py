"""The file that a browser is started with: it leads to the address with the token, which no command line shows then."""

from __future__ import annotations

import contextlib
import os
import tempfile
from html import escape
from pathlib import Path

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>Sequent</title>
<p><a href="{address}">Open the runs</a></p>
"""


class OpeningPage:
    """A file in a directory of its own; this user alone may read both.

    Args:
        address: the address that it leads to.
    """

    def __init__(self, address: str) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="sequent-ui-"))
        self._file = self._directory / "open.html"
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_PAGE.format(address=escape(address)))

    @property
    def address(self) -> str:
        """The address of the file."""
        return self._file.as_uri()

    def remove(self) -> None:
        """Remove the file, and its directory."""
        with contextlib.suppress(OSError):
            self._file.unlink()
            self._directory.rmdir()
