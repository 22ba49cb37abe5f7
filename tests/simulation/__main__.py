"""``python -m tests.simulation SEED --trace`` replays a seed; ``--seeds N`` simulates many."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.faults.evidence_page import PAGE, page
from tests.faults.record import keep, read_record
from tests.faults.tested_code import circumstances
from tests.simulation.faults import Fault
from tests.simulation.many import simulated
from tests.simulation.mistakes import MISTAKES, MOST_SEEDS
from tests.simulation.simulation import simulate_seed


def main() -> int:
    """Simulate what the arguments say; return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Simulate runs with faults.")
    parser.add_argument("seed", nargs="?", type=int, help="replay this seed")
    parser.add_argument("--trace", action="store_true", help="print the events of the seed")
    parser.add_argument("--seeds", type=int, default=0, help="simulate so many seeds")
    parser.add_argument(
        "--first", type=int, help="the first of them; by default 0, or the one after all recorded seeds"
    )
    parser.add_argument("--minutes", type=float, help="after which no more seeds are simulated")
    parser.add_argument("--record", action="store_true", help="write what was simulated into docs/evidence.md")
    parser.add_argument("--processes", type=int, default=2, help="how many work at once")
    parser.add_argument("--mistakes", action="store_true", help="find the first seed for each mistake that is built in")
    options = parser.parse_args()
    if options.seed is not None:
        seen = simulate_seed(options.seed, keeps_trace=options.trace)
        print(*seen.lines, sep="\n")
        print(f"seed {seen.seed}: {seen.violation or 'all promises kept'}; digest {seen.digest}")
        return bool(seen.violation)
    if options.mistakes:
        return search(options.processes)
    return many(options)


def search(processes: int) -> int:
    """Find the first seed for each mistake; return 1 if one is not found."""
    with ProcessPoolExecutor(processes) as pool:
        is_missed = False
        for mistake, (seed, violation) in zip(MISTAKES, pool.map(first_seed, range(len(MISTAKES))), strict=True):
            print(
                f"{mistake.name}: {f'seed {seed}: {violation}' if violation else f'not found in {seed} seeds'}",
                flush=True,
            )
            is_missed |= not violation
    return is_missed


def first_seed(number: int) -> tuple[int, str]:
    """Return the first seed that finds a mistake, and the broken promise; '' if there is none."""
    for seed in range(MOST_SEEDS):
        if violation := MISTAKES[number].found(seed):
            return seed, violation
    return MOST_SEEDS, ""


def many(options: argparse.Namespace) -> int:
    """Simulate many seeds, as long as there is time; return 1 if a promise was broken in any."""
    tested = circumstances()
    first = options.first if options.first is not None else first_unrecorded() if options.record else 0
    began = time.monotonic()
    counts: Counter[str] = Counter()
    broken: list[int] = []
    done = 0
    # Ctrl-C ends the search early: what was simulated counts.
    with contextlib.suppress(KeyboardInterrupt):
        for seen in simulated(range(first, first + options.seeds), options.processes):
            done += 1
            counts += seen.counts
            if seen.violation:
                broken.append(seen.seed)
                print(f"seed {seen.seed}: {seen.violation}", flush=True)
            if options.minutes and time.monotonic() - began > 60 * options.minutes:
                break
    for kind in [*Fault, *sorted(set(counts) - set(Fault))]:
        print(f"{counts[kind]:10,}  {kind}")
    seconds = round(time.monotonic() - began)
    print(f"{done:,} seeds in {seconds} s, {len(broken)} with a broken promise")
    if options.record:
        numbers = {"first": first, "seeds": done, "seconds": seconds, "broken": broken}
        keep("simulation", f"from seed {first}", {**numbers, "counts": {**counts}, **tested})
        PAGE.write_text(page(), encoding="utf-8")
    return bool(broken)


def first_unrecorded() -> int:
    """Return the seed after all that the record has."""
    return max((entry["first"] + entry["seeds"] for entry in read_record().get("simulation", {}).values()), default=0)


if __name__ == "__main__":
    sys.exit(main())
