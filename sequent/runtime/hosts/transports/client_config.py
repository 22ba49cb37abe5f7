"""Reads files of OpenSSH's client on a machine without ``ssh``, as far as paramiko can."""

from __future__ import annotations

import glob
import os
from typing import cast

from sequent.errors import Place

_SYSTEM_FILE = "/etc/ssh/ssh_config"
_NEEDS_SSH = ("include", "match")


class UnreadableConfigError(Exception):
    """A line of a configuration needs more than paramiko can read."""


def lookup(host: str, file: str, own_file: str) -> dict[str, tuple[str, ...]]:
    """Return the options that the configuration sets for a host.

    Args:
        host: its name, as it was typed.
        file: the only file to read; '' for the user's own, and then the system's.
        own_file: the user's own.

    Raises:
        UnreadableConfigError: a file has a line that only ``ssh`` can read.
    """
    # Slow to load, and few machines have no ssh.
    from paramiko import SSHConfig
    from paramiko.ssh_exception import ConfigParseError

    config = SSHConfig()
    for name in (file,) if file else (own_file, _SYSTEM_FILE):
        try:
            with open(name, encoding="utf-8", errors="surrogateescape") as stream:
                text = stream.read()
        except FileNotFoundError:
            continue
        _check(name, text)
        try:
            config.parse(text.splitlines())
        except ConfigParseError as error:
            raise UnreadableConfigError(f"{name!r}: {error}") from error
    found: dict[str, tuple[str, ...]] = {}
    # An option that may be given several times has a list.
    options = cast("dict[str, str | list[str]]", config.lookup(host))
    for option, value in options.items():
        if option not in _NEEDS_SSH:
            found[option] = tuple(value) if isinstance(value, list) else (str(value),)
    return found


def _check(name: str, text: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        word, *values = line.replace("=", " ", 1).split() or [""]
        if word.lower() not in _NEEDS_SSH:
            continue
        if word.lower() == "include" and not any(_included(name, value) for value in values):
            continue
        raise UnreadableConfigError(f"{Place(name, number)}: {word!r} can only be read by the program ssh")


def _included(name: str, pattern: str) -> list[str]:
    beside = os.path.dirname(name)
    return glob.glob(os.path.join(beside, os.path.expanduser(pattern.strip('"'))))
