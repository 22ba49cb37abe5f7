"""The names of this machine, and the hosts of a whole flow."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache

from sequent.dsl.source_lines import Site, option_place
from sequent.errors import DefinitionError, InvalidFlowError
from sequent.model.hosts import LOOPBACK, HostSettings, hosts_in, read_host, read_hosts
from sequent.model.references import Literal
from sequent.model.spec import ContainerSpec, Definition, FlowSpec, StepSpec


@lru_cache(maxsize=1)
def own_names() -> frozenset[str]:
    """Return the names by which steps may call the machine where the flow is run."""
    name = os.uname().nodename
    return LOOPBACK | {name, name.partition(".")[0]}


def is_here(host: str, configured: Mapping[str, HostSettings]) -> bool:
    """Return whether a host is this machine: no name, one of its own, or the one that the flow gives it."""
    return not host or host in own_names() or (host in configured and not configured[host].address)


def hosts_of_flow(host: object, remotes: object, site: Site) -> tuple[dict[str, HostSettings], tuple[str, ...]]:
    """Return the name that a flow gives this machine, as in the original, and the hosts that it announces.

    Raises:
        DefinitionError: one of them is not the name of a host.
    """
    here = read_host(host, "host", option_place(site, "host")) if host else ""
    own = {here: HostSettings(name=here, address=())} if here else {}
    return own, tuple(read_hosts(remotes, "remotes", option_place(site, "remotes")) if remotes is not None else ())


def found_elsewhere(definition: Definition) -> Definition:
    """Return a flow that other hosts, if its steps name any, can find.

    Raises:
        InvalidFlowError: they cannot; the error has each step and container on another host.
    """
    spec = definition.spec
    is_script = spec.origin.module in ("", "__main__")
    if is_script or not spec.origin.attribute:
        problems = tuple(_unfound(spec, "a script" if is_script else "a function"))
        if problems:
            raise InvalidFlowError(problems)
    return definition


def _unfound(spec: FlowSpec, where: str) -> Iterator[DefinitionError]:
    pending: list[tuple[StepSpec | ContainerSpec, str]] = [(spec.root, "")]
    while pending:
        node, path = pending.pop()
        hosts = node.values.get("hosts")
        named = hosts_in(hosts.text) if isinstance(hosts, Literal) else []
        away = [host for host in named if not is_here(host, spec.config.hosts)]
        if away:
            yield DefinitionError(
                f"{path!r} runs on host {away[0]!r}, where its flow cannot be found: it is defined in {where}",
                code="host-module",
                hint="define the flow at the top of a module, and run it from there: sequent run MODULE:FLOW",
                place=node.option_places.get("hosts", node.place),
                path=path,
            )
        if isinstance(node, ContainerSpec):
            pending.extend((child, f"{path}.{child.name}" if path else child.name) for child in reversed(node.children))
