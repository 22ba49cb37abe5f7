"""Writes the output of a command to the file that the user names."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from sequent.errors import OutputError, UsageError

_DATABASE = b"SQLite format 3\0"
"""The first bytes of a database, such as a store."""
_MISNAMED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG})


_FORM_OF = {
    ".dot": "dot",
    ".gv": "dot",
    ".htm": "html",
    ".html": "html",
    ".jpeg": "jpeg",
    ".jpg": "jpeg",
    ".json": "json",
    ".md": "mermaid",
    ".mermaid": "mermaid",
    ".mmd": "mermaid",
    ".pdf": "pdf",
    ".png": "png",
    ".svg": "svg",
}
"""The format that a file has by the end of its name."""


def form_of(typed: str | None, file: Path | None, forms: Sequence[str]) -> str:
    """Return the format to write: the typed one, else that of the file's name, else the first of those there are.

    Raises:
        UsageError: the name is that of another format.
    """
    form = typed or (_FORM_OF.get(file.suffix.lower()) if file is not None else None) or forms[0]
    if form not in forms:
        raise UsageError(
            f"'{file}' has the name of a {form.upper()} file, which this command does not write",
            code="output",
            hint=f"name a file of another kind, or choose one with --format: {', '.join(forms)}",
        )
    return form


def write_file(file: Path, content: str | bytes) -> None:
    """Write a file.

    Raises:
        UsageError: no file can have this name, or the file is a database.
        OutputError: the file cannot be written.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        if _is_database(file):
            raise UsageError(
                f"'{file}' is a database, and is not overwritten", code="output", hint="name another file with -o"
            )
        file.write_bytes(data)
    except OSError as error:
        kind = UsageError if error.errno in _MISNAMED else OutputError
        raise kind(
            f"'{file}' cannot be written: {error.strerror}", code="output", hint="name another file with -o"
        ) from error


def _is_database(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as begun:
        return begun.read(len(_DATABASE)) == _DATABASE
