"""The key of a store, with which pickled results are signed: a file beside the directories of its runs."""

from __future__ import annotations

import os
import stat

from sequent.errors import StoreError

_NAME = "pickle.key"
_BYTES = 32
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def key_file(directory: str) -> str:
    """Return the file of the key of a store, in the directory that has those of its runs."""
    return os.path.join(directory, _NAME)


def make_key(path: str) -> None:
    """Make the key of a store, unless it has one; the name appears once the whole key is on the disk.

    Raises:
        StoreError: it cannot be made, or a key is there that another user can read or replace.
    """
    new = f"{path}.{os.urandom(8).hex()}"
    try:
        if not os.path.lexists(path):
            _write(new)
            try:
                os.link(new, path)
            except FileExistsError:
                # Another driver has been faster.
                pass
            finally:
                os.unlink(new)
    except OSError as error:
        raise StoreError(f"the key '{path}' cannot be made: {error.strerror}", code="pickle-key") from error
    read_key(path)


def _write(path: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, os.urandom(_BYTES))
        os.fsync(file)
    finally:
        os.close(file)


def read_key(path: str) -> bytes:
    """Return the key of a store.

    Raises:
        StoreError: there is none, or another user can read or replace it.
    """
    try:
        file = os.open(path, _FLAGS)
    except OSError as error:
        raise StoreError(
            f"the key '{path}', with which results were pickled, cannot be read: {error.strerror}",
            code="pickle-key",
            hint="bring the key of the store back, or compute the results again",
        ) from error
    try:
        info = os.fstat(file)
        key = os.read(file, _BYTES + 1) if stat.S_ISREG(info.st_mode) else b""
    finally:
        os.close(file)
    if info.st_uid != os.geteuid() or info.st_mode & 0o077 or len(key) != _BYTES:
        raise StoreError(
            f"'{path}' is not the key of a store: it is not {_BYTES} bytes that only this user can read",
            code="pickle-key",
            hint="bring the key of the store back with mode 0600, or remove it and compute the results again",
        )
    return key
