"""The program that a driver sends to a host's Python: it unpacks an archive, and becomes the agent.

It stands here as a module so that it is checked like one. Its source is sent, and needs nothing but Python.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import stat
import sys
import sysconfig
import time
import zipfile
from typing import Any

WORD = b"\0sequent-ship\0"
HAVE, SEND = b"have\n", b"send\n"
START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from sequent.runtime.host_agent.program import main; main()"
LONGEST_REST = 90 * 24 * 3600.0
"""The seconds after which an unused archive is removed."""


def read(size: int) -> bytes:
    """Read this many bytes, and no more: the rest is for the agent."""
    data = b""
    while len(data) < size:
        more = os.read(0, min(size - len(data), 1 << 20))
        if not more:
            sys.exit(1)
        data += more
    return data


def read_line() -> bytes:
    """Read up to the end of a line, and no more."""
    line = b""
    while not line.endswith(b"\n"):
        line += read(1)
    return line


def say(data: bytes) -> None:
    """Write bytes to the driver."""
    while data:
        data = data[os.write(1, data) :]


def main() -> None:
    """Receive the driver's archive, unless it is here already, and become the agent."""
    if sys.version_info < (3, 11):  # noqa: UP036 - it is sent to any Python
        sys.exit(f"Sequent needs Python 3.11 or later there; this is {sys.version.split()[0]} ({sys.executable})")
    told: dict[str, Any] = json.loads(read_line())
    root = os.path.join(os.path.expanduser("~"), ".cache", "sequent", "ship")
    # A compiled module fits one version of Python on one kind of machine.
    fits = sysconfig.get_config_var("SOABI") == told["soabi"]
    if not fits:
        check_compiled(told)
    place = os.path.join(root, told["digest"] + ("" if fits else "-plain"))
    umask = os.umask(0o077)
    try:
        os.makedirs(root, exist_ok=True)
        if os.path.isdir(place):
            say(WORD + HAVE)
        else:
            say(WORD + SEND)
            unpack(read(told["size"]), told["digest"], place, set() if fits else set(told["compiled"]))
        check_owner(place)
        os.utime(place)
        remove_unused(root)
    except OSError as error:
        sys.exit(f"{root}: {error.strerror}")
    # The user's own is for the steps.
    os.umask(umask)
    os.execv(sys.executable, [sys.executable, "-P", "-c", START, place, *told["words"]])  # noqa: S606 - it is this very interpreter


def check_owner(place: str) -> None:
    """Check that no other user can have put modules there."""
    found = os.lstat(place)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        sys.exit(f"other users may write to {place}, from where modules are imported: remove it there")


def remove_unused(root: str) -> None:
    """Remove archives that no driver has used for long."""
    for name in os.listdir(root):
        path = os.path.join(root, name)
        # Another process may have moved or removed it meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if time.time() - os.stat(path).st_mtime > LONGEST_REST:
                shutil.rmtree(path, ignore_errors=True)


def check_compiled(told: dict[str, Any]) -> None:
    """Check that this Python has the packages that cannot be sent to it."""
    missing = [name for name in told["compiled"] if importlib.util.find_spec(name) is None]
    if missing:
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"{', '.join(missing)} is compiled for {told['soabi']}, and does not fit this Python {version} "
            f"({sys.executable}): install it there (python{version} -m pip install {' '.join(missing)}), "
            f"or name another interpreter (python = ...)"
        )


def unpack(data: bytes, digest: str, place: str, without: set[str]) -> None:
    """Unpack an archive beside its place, and move it there as a whole."""
    if hashlib.sha256(data).hexdigest() != digest:
        sys.exit("the archive does not match its digest")
    new = f"{place}.{os.getpid()}"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.partition("/")[0] not in without]
            archive.extractall(new, names)
        # After a power cut, a place has all of its files, or is not there.
        os.sync()
        os.rename(new, place)
    except OSError:
        # The disk is full, or another process was faster.
        shutil.rmtree(new, ignore_errors=True)
        if not os.path.isdir(place):
            raise
