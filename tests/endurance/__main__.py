"""Long and large runs, with kills on the way; each is checked at its end.

    python -m tests.endurance tasks                   1,000,000 tasks, 20 kills of the driver, SQLite
    python -m tests.endurance tasks --postgresql      the same, with a server of its own
    python -m tests.endurance iterations              10,000,000 iterations that do nothing, and the driver's memory
    python -m tests.endurance definitions             a flow of 10,000 definitions, killed and recovered
    python -m tests.endurance soak --minutes 1440     drawn flows with kills, one after another

``--count`` and ``--kills`` change the numbers, ``--seed`` repeats the moments of kills, and ``--record`` writes the
outcome into docs/evidence.md. TMPDIR names the directory of stores.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests import postgres
from tests.endurance.drawn_runs import drawn_runs
from tests.endurance.killed_runs import LongRun
from tests.faults.evidence_page import PAGE, page
from tests.faults.record import keep
from tests.faults.tested_code import circumstances


class Size(NamedTuple):
    """A long run as it is by default."""

    flow: str
    count: int
    kills: int
    has_marks: bool = True


SIZES = {
    "tasks": Size("tests.endurance.long_flows:tasks", 1_000_000, 20),
    "iterations": Size("tests.endurance.long_flows:iterations", 10_000_000, 0, has_marks=False),
    "definitions": Size("tests.endurance.long_definitions:flow", 10_000, 3),
}


def main() -> int:
    """Do the run that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__.partition("\n")[0])
    parser.add_argument("kind", choices=[*SIZES, "soak"])
    parser.add_argument("--count", type=int, help="the number of tasks, iterations or definitions")
    parser.add_argument("--kills", type=int, help="of the driver")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="for a soak: the minutes until it ends")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9), help="of all chances")
    parser.add_argument("--postgresql", action="store_true", help="in PostgreSQL, with a server of its own")
    parser.add_argument("--record", action="store_true", help="write the outcome into docs/evidence.md")
    words = parser.parse_args()
    print(f"seed {words.seed}", flush=True)
    tested = circumstances()
    name, told = soak(words) if words.kind == "soak" else long_run(words)
    print(f"{name}: {told}")
    if words.record:
        keep("endurance", name, {"told": told, **tested})
        PAGE.write_text(page(), encoding="utf-8")
    return 0


def soak(words: argparse.Namespace) -> tuple[str, str]:
    """Run drawn flows until time is up; return its name and its outcome."""
    runs, kills = drawn_runs(itertools.count(words.seed), time.monotonic() + 60 * words.minutes)
    return f"drawn flows from seed {words.seed} on", f"{runs:,} runs in {words.minutes:,.0f} minutes, {kills:,} kills"


def long_run(words: argparse.Namespace) -> tuple[str, str]:
    """Do one long run; return its name and its outcome."""
    size = SIZES[words.kind]
    count, kills = words.count or size.count, size.kills if words.kills is None else words.kills
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if words.postgresql:
            made = stack.enter_context(postgres.cluster())
            url = made.url(made.new_database(), schema="long")
        run = LongRun(size.flow, count, directory, url, has_marks=size.has_marks)
        course = run.drive(kills, random.Random(words.seed))
    return f"{count:,} {words.kind}, {'PostgreSQL' if url else 'SQLite'}", str(course)


if __name__ == "__main__":
    sys.exit(main())
