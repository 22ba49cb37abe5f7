"""Says what was tested, where and when: the digest of the package's files, the day and the machine.

A commit would not do: a history can be made anew, and files can be changed after the commit.

    python -m tests.faults.tested_code    print the digest of the package as it is now
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "sequent"


def circumstances(package: Path = PACKAGE) -> dict[str, str]:
    """Return what a record has of the circumstances of a test."""
    return {"date": datetime.now(UTC).date().isoformat(), "code": digest_of(package), "machine": _machine()}


def digest_of(package: Path) -> str:
    """Return the first twelve digits of the SHA-256 digest of the names and contents of a package's files."""
    digest = hashlib.sha256()
    for file in sorted(file for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(package).as_posix()}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def _machine() -> str:
    """Return what the tests ran on, in a few words."""
    place = _said("stat", "-f", "-c", "%T", tempfile.gettempdir())
    kernel = platform.release().partition("-")[0]
    return f"Linux {kernel}, {os.cpu_count()} processors, Python {platform.python_version()}, {place}"


def _said(*words: str) -> str:
    """Return what a program says."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    print(digest_of(PACKAGE))
