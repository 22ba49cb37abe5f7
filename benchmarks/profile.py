"""Where the driver's time for a step goes, by room: ``python -m benchmarks profile [FLOW]``."""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
COUNT = 2000
CHILD = """
import cProfile, sys
from benchmarks import flows
flow = getattr(flows, sys.argv[1])
flow().run(store=sys.argv[2])
profile = cProfile.Profile()
profile.runcall(flow().run, store=sys.argv[2])
profile.dump_stats(sys.argv[3])
"""


def profile(flow: str = "chain") -> str:
    """A table of the microseconds that the driver spends on each step in each room, profiled, the largest first."""
    count = int(os.environ.get("BENCHMARK_COUNT", COUNT))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "profile"
        environment = {**os.environ, "BENCHMARK_COUNT": str(count), "LOGURU_LEVEL": "ERROR"}
        words = [sys.executable, "-c", CHILD, flow, str(Path(name) / "store.db"), str(file)]
        subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
        rooms = times_by_room(pstats.Stats(str(file)))
    lines = [f"{flow}, {count:,} steps: microseconds of the driver for a step, as the profiler sees it", ""]
    lines += [f"{1e6 * seconds / count:8.1f}  {room}" for room, seconds in rooms.most_common(25)]
    return "\n".join([*lines, f"{1e6 * rooms.total() / count:8.1f}  in all"])


def times_by_room(stats: pstats.Stats) -> Counter[str]:
    """The seconds within the functions of each room; waiting for the kernel is a room of its own."""
    rooms: Counter[str] = Counter()
    for (file, _, name), (_, _, seconds, _, _) in stats.stats.items():  # type: ignore[attr-defined]
        rooms[room_of(file, name)] += seconds
    return rooms


def room_of(file: str, function: str) -> str:
    """The room of a function: a folder of the package, a library, or a built-in function by its own name."""
    parts = Path(file).parts
    if "sequent" in parts and file.endswith(".py"):
        inner = parts[len(parts) - parts[::-1].index("sequent") :]
        return ".".join(("sequent", *inner[:-1])) if len(inner) > 1 else f"sequent.{Path(file).stem}"
    return function if file == "~" else f"library: {parts[-2] if len(parts) > 1 else file}"
