"""Finds the keys of a host in files of known hosts, and the lines that only ``ssh`` can judge."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.errors import Place

_HASHED = "|1|"


@frozen(eq=False, repr=False)
class HostKey(ByFields):
    """A public key of a host."""

    type: str
    """The type, such as ``ssh-ed25519``."""
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The fingerprint in OpenSSH's form: ``SHA256:...``."""
        digest = hashlib.sha256(self.blob).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    @property
    def kind(self) -> str:
        """The type in OpenSSH's words: ``ED25519``."""
        return self.type.removeprefix("sk-").removeprefix("ssh-").partition("-sha2")[0].partition("@")[0].upper()

    def __str__(self) -> str:
        return f"{self.kind} key {self.fingerprint}"


@frozen(eq=False, repr=False)
class KnownKey(ByFields):
    """A key of the host in a file."""

    key: HostKey
    place: Place


@frozen(eq=False, repr=False)
class DoubtfulLine(ByFields):
    """A line about the host that only ``ssh`` can judge."""

    flaw: str
    place: Place

    def __str__(self) -> str:
        return f"{self.place} has {self.flaw}"


@frozen(eq=False, repr=False)
class KnownHosts(ByFields):
    """The entries of the files about one host."""

    keys: tuple[KnownKey, ...]
    doubts: tuple[DoubtfulLine, ...]

    def place_of(self, key_type: str) -> Place | None:
        """Return the line with a key of this type."""
        return next((known.place for known in self.keys if known.key.type == key_type), None)

    def has(self, key: HostKey) -> bool:
        """Return whether the files contain a key."""
        return any(known.key == key for known in self.keys)


def read_known_hosts(files: tuple[str, ...], name: str) -> KnownHosts:
    """Search the files for a host.

    Args:
        files: their paths; a missing one has no keys.
        name: the host's name, ``[name]:port`` if the port is not 22.

    Raises:
        OSError: one of them cannot be read.
    """
    keys: list[KnownKey] = []
    doubts: list[DoubtfulLine] = []
    for place, line in _lines(files):
        found = _judge(line, name, place)
        if isinstance(found, KnownKey):
            keys.append(found)
        elif found is not None:
            doubts.append(found)
    if not keys and not doubts and name.startswith("["):
        # For ssh, a key without the port counts if there is none with it.
        doubts = _without_port(files, name[1:].rpartition("]:")[0])
    return KnownHosts(tuple(keys), tuple(doubts))


def known_line(name: str, key: HostKey, *, is_hashed: bool) -> str:
    """Return the line of a file of known hosts for a key."""
    if is_hashed:
        salt = secrets.token_bytes(20)
        name = f"{_HASHED}{base64.b64encode(salt).decode()}|{base64.b64encode(_digest(salt, name)).decode()}"
    return f"{name} {key.type} {base64.b64encode(key.blob).decode()}\n"


def _lines(files: tuple[str, ...]) -> Iterator[tuple[Place, str]]:
    for file in files:
        if not os.path.exists(file):
            continue
        with open(file, encoding="utf-8", errors="surrogateescape") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip() and not line.lstrip().startswith("#"):
                    yield Place(file, number), line


def _judge(line: str, name: str, place: Place) -> KnownKey | DoubtfulLine | None:
    """Return the meaning of a line for a host; None if it does not concern it."""
    words = line.split()
    marker = words.pop(0) if words[0].startswith("@") else ""
    if not words:
        return None
    hosts, *rest = words
    patterns = hosts.split(",")
    if not any(_matches(pattern, name) for pattern in patterns):
        return None
    if marker:
        return DoubtfulLine(f"the marker {marker!r}", place)
    if any(pattern.startswith("!") for pattern in patterns):
        return DoubtfulLine(f"a negation in {hosts!r}", place)
    if not hosts.startswith(_HASHED) and any(_is_pattern(pattern) and _matches(pattern, name) for pattern in patterns):
        return DoubtfulLine(f"the pattern {hosts!r}", place)
    try:
        return KnownKey(_key(rest), place)
    except (IndexError, binascii.Error, ValueError):
        return DoubtfulLine("no key that can be read", place)


def key_of(line: str) -> HostKey:
    """Return the key in a line that begins with a name."""
    return _key(line.split()[1:])


def _key(words: list[str]) -> HostKey:
    return HostKey(words[0], base64.b64decode(words[1], validate=True))


def _without_port(files: tuple[str, ...], name: str) -> list[DoubtfulLine]:
    lines = ((place, _judge(line, name, place)) for place, line in _lines(files))
    return [
        found if isinstance(found, DoubtfulLine) else DoubtfulLine("the host without its port", place)
        for place, found in lines
        if found is not None
    ]


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith("|"):
        return _is_hash_of(pattern, name)
    bare = pattern.removeprefix("!").lower()
    if not _is_pattern(bare):
        return bare == name.lower()
    pieces = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in bare)
    return re.fullmatch("".join(pieces), name.lower(), re.DOTALL) is not None


def _is_hash_of(text: str, name: str) -> bool:
    parts = text.split("|")
    if len(parts) != 4 or not text.startswith(_HASHED):
        return False
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in parts[2:])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(digest, _digest(salt, name))


def _digest(salt: bytes, name: str) -> bytes:
    return hmac.digest(salt, name.encode(errors="surrogateescape"), "sha1")
