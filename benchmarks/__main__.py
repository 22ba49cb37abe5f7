"""All figures, each as a ratio to a floor measured in the same run: ``python -m benchmarks [NAME ...]``.

``python -m benchmarks profile [FLOW]`` prints instead where the driver's time for a step goes, and ``python -m
benchmarks startup [--pairs N] [--busy]`` how long whole commands take.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import compile as compiling
from benchmarks import (
    durable,
    first_there,
    gather,
    hosts,
    kills,
    memory,
    profile,
    recovery,
    servers,
    settled,
    startup,
    stopped_host,
    together,
    until_first_line,
)
from benchmarks.peers import on_server, peers

FIGURES: dict[str, Callable[[], str]] = {
    "chain": durable.chain,
    "fan-out": durable.fan_out,
    "processor": durable.processor,
    "flat": durable.flat,
    "fold": durable.fold,
    "pages": durable.pages,
    "recover": recovery.recover,
    "gather": gather.gather,
    "first-line": until_first_line.until_first_line,
    "compile": compiling.ratio,
    "kills": kills.kills,
    "memory": memory.memory,
    "chain-there": hosts.chain,
    "fan-out-there": hosts.fan_out,
    "processor-there": hosts.processor,
    "first-there": first_there.first,
    "stopped-host": stopped_host.stopped,
    "chain-server": servers.chain,
    "fan-out-server": servers.fan_out,
    "recover-server": settled.recover_server,
    "together": together.together,
}
OTHERS: dict[str, Callable[[], str]] = {
    "peers": peers,
    "peers-server": on_server.peers_on_server,
    "many-there": hosts.many,
}
"""Measured only if they are named: the first two install what they measure, the last takes a quarter of an hour."""


def main(names: list[str]) -> int:
    """Measure the named figures, or all of our own."""
    if names[:1] == ["profile"]:
        print(profile.profile(*names[1:2]))
        return 0
    if names[:1] == ["startup"]:
        print(startup.startup(names[1:]))
        return 0
    known = FIGURES | OTHERS
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no figure {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or FIGURES:
        print(f"{name:8}  {known[name]()}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
