"""The digests of hashlib, without OpenSSL: hashlib loads it, which takes time and memory of each command and worker.

``random`` takes Python's own modules in the same way. Large values are faster with hashlib.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import blake2b, sha256
else:
    # This one is not of OpenSSL in hashlib either.
    from _blake2 import blake2b

    try:
        sha256 = import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256").sha256
    except ImportError:
        # Some builds of Python lack it.
        from hashlib import sha256

__all__ = ["blake2b", "sha256", "share_of"]


def share_of(key: str) -> float:
    """Return a number from 0 to 1 that depends only on the key."""
    digest = sha256(key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
