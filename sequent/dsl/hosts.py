"""Hosts: this machine alone, as long as others are not supported."""

from __future__ import annotations

import os
from typing import cast

from sequent.dsl.source_lines import Site, option_place
from sequent.model.scalar_options import option_error

_HINT = "leave it out: steps run on this machine"


def is_here(hosts: object) -> bool:
    """Whether the hosts of a step or container are none, or this machine alone."""
    if hosts is None:
        return True
    if not isinstance(hosts, list | tuple):
        return False
    names = cast("list[object]", hosts)
    return not names or (len(names) == 1 and names[0] in _own_names())


def read_hosts(host: object, remotes: object, site: Site) -> None:
    """See that a flow runs on this machine and announces no other hosts.

    Raises:
        DefinitionError: it does not.
    """
    for option, value in (("host", [host] if host else None), ("remotes", remotes)):
        if not is_here(value):
            raise option_error(f"not supported yet: {option!r}", option_place(site, option), _HINT)


def _own_names() -> tuple[str, ...]:
    name = os.uname().nodename
    return "localhost", "127.0.0.1", "::1", name, name.partition(".")[0]
