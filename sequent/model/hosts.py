"""Hosts: the names that steps give, and what the configuration says of each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from attrs import field, frozen

from sequent.by_fields import ByFields
from sequent.errors import DefinitionError, Place
from sequent.model.option_readers import option_error, quoted
from sequent.model.wording import kind_of, repr_of

HERE = ""
"""The host of a step that names none: it runs where the flow was started."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names that every machine has for itself."""
_NAME = re.compile(r"(?:[\w.+-]+@)?(?:[\w.-]+|\[?(?:[\dA-Fa-f]*:){2,7}[\dA-Fa-f.]*(?:%[\w.-]+)?\]?)")
_LONGEST = 255
_LIST = "give a list of names: hosts=['edge1', 'edge2']"
_FORM = "give a name as ssh takes it: 'edge1', 'user@edge1' or an address; its port belongs in ~/.ssh/config"


@frozen(kw_only=True, eq=False, repr=False)
class HostSettings(ByFields):
    """One host by the name that steps give it, and how it is reached and used."""

    name: str
    address: tuple[str, ...]
    """The SSH destinations of that one host, of which the first that answers is taken; none: it is this machine."""
    python: str = ""
    """The interpreter there; empty: ``python3`` of the login environment."""
    command: str = ""
    """The agent there; empty: ``sequent-agent``."""
    cwd: str = ""
    """The directory of its steps; empty: the home directory."""
    env: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """What is added to the environment of its steps."""
    max_concurrent: int | None = None
    """How many tasks may execute there at once; None: the number of its processors; below 1: no limit."""
    ship: bool = False
    """Whether the package and the flow's own modules travel there."""
    connect: str | tuple[str, ...] = ""
    """``ssh``, ``paramiko``, or the words of a command that reaches it; empty: as the user's configuration allows."""
    ssh_config: str = ""
    """The SSH configuration; empty: the user's own."""


def read_hosts(value: object, name: str, place: Place) -> list[str]:
    """The names of hosts; none of them means here.

    Raises:
        DefinitionError: it is no list of names, or has one twice.
    """
    if value is None:
        return []
    if isinstance(value, str):
        raise option_error(f"{quoted(name)} is {repr_of(value)}, which is one text", place, f"write hosts=[{value!r}]")
    if not isinstance(value, list | tuple):
        raise option_error(f"{quoted(name)} is {kind_of(value)}", place, _LIST)
    names = [read_host(each, name, place) for each in cast("Sequence[Any]", value)]
    for number, host in enumerate(names):
        if host in names[:number]:
            raise option_error(f"{quoted(name)} has {host!r} twice", place, "name each host once")
    return names


def read_host(value: object, name: str, place: Place) -> str:
    """The name of one host.

    Raises:
        DefinitionError: no host can have it.
    """
    if isinstance(value, str) and len(value) <= _LONGEST and _NAME.fullmatch(value) and not value.startswith("-"):
        return value
    raise _no_host(value, name, place)


def _no_host(value: object, name: str, place: Place) -> DefinitionError:
    if value is None:
        hint = "leave it out; a step without hosts, or with hosts=[], runs where the flow was started"
        return option_error(f"{quoted(name)} has None in it", place, hint)
    return option_error(f"{quoted(name)} has {repr_of(value)}, which is not the name of a host", place, _FORM)


def host_text(host: HostSettings) -> str:
    """The settings of a host, in words; not the values in its environment."""
    said = {
        "python": host.python,
        "command": host.command,
        "cwd": host.cwd,
        "env": " ".join(host.env),
        "max_concurrent": "" if host.max_concurrent is None else str(host.max_concurrent),
        "ship": "yes" if host.ship else "",
        "connect": host.connect if isinstance(host.connect, str) else " ".join(host.connect),
    }
    address = " or ".join(host.address) or "this machine"
    return ", ".join([address, *(f"{key} {value}" for key, value in said.items() if value)])


def hosts_text(hosts: Sequence[str]) -> str:
    """Where a step runs, in words."""
    return f"on {', '.join(hosts)}"


def hosts_in(text: str) -> list[str]:
    """The names of hosts that were written down, from their wire text."""
    names: list[str] = json.loads(text)
    return names


def names_no_other(text: str) -> bool:
    """Whether hosts that were written down are but this machine, by a name that every machine has for itself."""
    hosts = hosts_in(text)
    return len(hosts) == 1 and hosts[0] in LOOPBACK
