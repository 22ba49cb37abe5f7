"""Finds the private keys that a configuration names, and the obstacles to using them."""

from __future__ import annotations

import base64
import binascii
import os
import stat

from attrs import frozen

from sequent.by_fields import ByFields
from sequent.runtime.hosts.transports.ssh_config import SshConfig

_OPENSSH = "OPENSSH PRIVATE KEY"
_MAGIC = b"openssh-key-v1\0"
_BEGIN, _END = "-----BEGIN ", "-----END "
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
LOCKED = "needs a passphrase"


@frozen(eq=False, repr=False)
class Identity(ByFields):
    """A private key in a file."""

    path: str
    obstacle: str = ""
    """The reason why it cannot be used; '' if it can."""
    type: str = ""
    """The type, such as ``ssh-ed25519``; '' if the file does not show it without the passphrase."""
    has_certificate: bool = False

    def __str__(self) -> str:
        return f"{self.path} ({self.obstacle})" if self.obstacle else self.path

    @property
    def remedy(self) -> str:
        """The command that makes it usable; '' if there is none."""
        if self.obstacle == LOCKED:
            return f"ssh-add {self.path}"
        return f"chmod 600 {self.path}" if "mode" in self.obstacle else ""


@frozen(eq=False, repr=False)
class KeyText(ByFields):
    """The parts of a private key that are readable without its passphrase."""

    is_encrypted: bool
    type: str = ""


def identities_of(config: SshConfig) -> tuple[Identity, ...]:
    """Return the existing keys, and the missing ones that the configuration names."""
    found = (_look_at(path) for path in config.key_files)
    return tuple(identity for identity in found if identity is not None)


def _look_at(path: str) -> Identity | None:
    try:
        status = os.stat(path)
        with open(path, encoding="utf-8", errors="replace") as stream:
            text = read_key_text(stream.read(65_536))
    except FileNotFoundError:
        # The configuration does not name the default ones.
        is_default = os.path.basename(path).startswith("id_") and os.path.basename(os.path.dirname(path)) == ".ssh"
        return None if is_default else Identity(path, "no such file")
    except OSError as error:
        return Identity(path, error.strerror or "cannot be read")
    obstacle = ""
    if status.st_uid == os.getuid() and status.st_mode & _OPEN_TO_OTHERS:
        obstacle = f"mode {stat.S_IMODE(status.st_mode):04o} lets others read it"
    elif text.is_encrypted:
        obstacle = LOCKED
    return Identity(path, obstacle, text.type, os.path.exists(f"{path}-cert.pub"))


def read_key_text(text: str) -> KeyText:
    """Read the parts of a private key that are not encrypted."""
    head, _, rest = text.partition(_BEGIN)[2].partition("-----")
    body = rest.partition(_END)[0]
    if head != _OPENSSH:
        return KeyText("ENCRYPTED" in head or "Proc-Type: 4,ENCRYPTED" in body)
    try:
        data = base64.b64decode("".join(body.split()))
    except (binascii.Error, ValueError):
        return KeyText(is_encrypted=False)
    cipher, rest_of_it = _text(data.removeprefix(_MAGIC))
    for _ in ("function that makes the key", "its options"):
        _, rest_of_it = _text(rest_of_it)
    # The public key follows the number of keys, which is one.
    public, _ = _text(rest_of_it[4:])
    return KeyText(cipher not in (b"none", b""), _text(public)[0].decode(errors="replace"))


def _text(data: bytes) -> tuple[bytes, bytes]:
    """Return a string that is preceded by its length, and the rest."""
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]
