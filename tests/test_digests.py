"""Our digests are those of hashlib, in every build of Python."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from sequent import digests

DATA = [b"", b"a", b"\x00" * 64, bytes(range(256)) * 40]


@pytest.mark.parametrize("data", DATA, ids=len)
def test_they_are_those_of_hashlib(data):
    assert digests.sha256(data).hexdigest() == hashlib.sha256(data).hexdigest()
    assert digests.blake2b(data, digest_size=8).digest() == hashlib.blake2b(data, digest_size=8).digest()
    parts = digests.sha256()
    for letter in data:
        parts.update(bytes([letter]))
    assert parts.digest() == hashlib.sha256(data).digest()


def test_a_python_without_its_own_module_takes_that_of_hashlib():
    program = (
        "import sys; sys.modules.update(_sha2=None, _sha256=None);"
        "import hashlib; from sequent import digests; print(digests.sha256 is hashlib.sha256)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == "True\n"
