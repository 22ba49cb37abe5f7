"""Hosts: the names that steps give, and the settings of each."""

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
"""The host of a step that names none: the machine on which the flow was started."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names by which every machine knows itself."""
_NAME = re.compile(r"(?:[\w.+-]+@)?(?:[\w.-]+|\[?(?:[\dA-Fa-f]*:){2,7}[\dA-Fa-f.]*(?:%[\w.-]+)?\]?)")
_LONGEST = 255
_LIST = "give a list of names: hosts=['edge1', 'edge2']"
_FORM = "give a name as ssh takes it: 'edge1', 'user@edge1' or an address; its port belongs in the SSH configuration"


@frozen(kw_only=True, eq=False, repr=False)
class HostSettings(ByFields):
    """The settings of one host, by the name that steps give it."""

    name: str
    address: tuple[str, ...]
    """The SSH destinations of the host, of which the first that answers is used; none: this machine."""
    python: str = ""
    """The host's interpreter; '': ``python3`` of the login environment."""
    command: str = ""
    """The host's agent; '': ``sequent-agent``."""
    cwd: str = ""
    """The directory of its steps; '': the home directory."""
    env: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """The variables that are added to the environment of its steps."""
    max_concurrent: int | None = None
    """The number of tasks that may run there at once; None: the number of processors; below 1: no limit."""
    ship: bool = False
    """Whether the package and the flow's own modules are sent to the host."""
    connect: str | tuple[str, ...] = ""
    """``ssh``, ``paramiko``, or the words of a command that reaches it; '': as the user's configuration allows."""
    ssh_config: str = ""
    """The SSH configuration; '': the user's own."""

    @property
    def config_file(self) -> str:
        """The file of the SSH configuration, for hints."""
        return self.ssh_config or "~/.ssh/config"


def read_hosts(value: object, name: str, place: Place) -> list[str]:
    """Return the names of hosts; an empty list means this machine.

    Raises:
        DefinitionError: the value is not a list of names, or contains one twice.
    """
    if value is None:
        return []
    if isinstance(value, str):
        raise option_error(
            f"{quoted(name)} is {repr_of(value)}, which is a string, not a list", place, f"write hosts=[{value!r}]"
        )
    if not isinstance(value, list | tuple):
        raise option_error(f"{quoted(name)} is {kind_of(value)}", place, _LIST)
    names = [read_host(each, name, place) for each in cast("Sequence[Any]", value)]
    for number, host in enumerate(names):
        if host in names[:number]:
            raise option_error(f"{quoted(name)} has {host!r} twice", place, "name each host once")
    return names


def read_host(value: object, name: str, place: Place) -> str:
    """Return the name of one host.

    Raises:
        DefinitionError: no host can have this name.
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
    """Return the settings of a host in words, without the values of its environment."""
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
    """Return the hosts of a step in words."""
    return f"on {', '.join(hosts)}"


def hosts_in(text: str) -> list[str]:
    """Return the names of hosts that were written as a literal, from its wire text."""
    names: list[str] = json.loads(text)
    return names


def names_no_other(text: str) -> bool:
    """Return whether hosts written as a literal all name this machine, by a name that every machine has."""
    hosts = hosts_in(text)
    return len(hosts) == 1 and hosts[0] in LOOPBACK
