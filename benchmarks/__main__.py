"""All figures, each as a ratio to a floor measured in the same run: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import sys
from collections.abc import Callable

from benchmarks import compile as compiling
from benchmarks import durable, gather, hosts, kills, recovery, startup
from benchmarks.peers import peers

FIGURES: dict[str, Callable[[], str]] = {
    "chain": durable.chain,
    "fan-out": durable.fan_out,
    "flat": durable.flat,
    "fold": durable.fold,
    "pages": durable.pages,
    "recover": recovery.recover,
    "gather": gather.gather,
    "startup": startup.startup,
    "compile": compiling.ratio,
    "kills": kills.kills,
    "chain-there": hosts.chain,
    "fan-out-there": hosts.fan_out,
}
OTHERS: dict[str, Callable[[], str]] = {"peers": peers}
"""Measured only where they are named: they install what they measure."""


def main(names: list[str]) -> int:
    """Measure the named figures, or all of our own."""
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
