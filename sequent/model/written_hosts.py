"""Finds the hosts that a flow names, and refuses others."""

from __future__ import annotations

from collections.abc import Container

from sequent.errors import UsageError
from sequent.model.description import KeptDescription, Part, SourceKind
from sequent.model.hosts import hosts_in
from sequent.model.wording import guess


def written_hosts(description: KeptDescription, path: str) -> tuple[str, ...] | None:
    """Return the hosts of the copies that a step or container has, or is in; none if it has no copies.

    None if they are known only once the copies begin, since the flow takes them from a reference.
    """
    names = path.split(".")
    for length in range(1, len(names) + 1):
        part = description.get(".".join(names[:length]))
        if not isinstance(part, Part):
            return None
        if (hosts := part.options.get("hosts")) is not None:
            return tuple(hosts_in(hosts.text)) if hosts.kind is SourceKind.LITERAL else None
    return ()


def refuse_other_host(description: KeptDescription, path: str, host: str, begun: Container[str] = ()) -> None:
    """Refuse a host on which a step or container has no copy, and never will.

    Args:
        description: the flow.
        path: the step or container.
        host: the host, as it was typed; '' for none.
        begun: hosts whose copies have begun: a flow that was changed may name them no longer.

    Raises:
        UsageError: there is no such copy.
    """
    hosts = written_hosts(description, path)
    if not host or hosts is None or host in hosts or host in begun:
        return
    if not hosts:
        raise UsageError(f"{path!r} has no copies on hosts", code="unknown-host", hint=f"write {path}", path=path)
    raise UsageError(
        f"{path!r} has no copy on host {host!r}",
        code="unknown-host",
        hint=f"{guess(host, hosts)}it has copies on {', '.join(hosts)}",
        path=path,
    )
