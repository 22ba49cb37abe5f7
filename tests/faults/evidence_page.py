"""Writes docs/evidence.md from the matrix and the record of its runs."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from pathlib import Path
from typing import Any

from tests.faults.matrix import LONG, MATRIX, Row, file_of
from tests.faults.record import Record, read_record
from tests.simulation.faults import Fault
from tests.simulation.mistakes import MISTAKES, RARE_MISTAKES

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "evidence.md"
FOUND = Path(__file__).with_name("found.md")

BEGINNING = """\
# Evidence

Every promise of [What is promised](promises.md) is tried by tests that cause faults: processes are killed, calls fail,
disks are full, the power goes. This page is written by that suite, from its own counts: it tells what was done, how
often, on what, and what was found. A test fails if it is not what the suite has recorded.

Most tests keep a ledger: each step writes a line as it begins and as it ends. After the recovery the ledger and the
store are compared: each success has ended once, nothing that was on disk has run again, no two attempts of a task were
alive together, nothing began before what it waits for, pools never gave more than they have, results are right, and no
process, hold or lock is left.

The long run is as long as there is time for it. Where calls are tried one after another, *points* are all that there
are: a search that was ended earlier has tried as many of them as it says, drawn at random.

"""
SIMULATED = """\
In the simulation whole lives of a run take place: with drivers, hosts, a network, people, and faults. A seed decides
all of it. [Its decision record](decisions/0029-the-simulation.md) lists the promises that it checks. `./check`
simulates the seeds 0 to 1,999.
"""
PLANTED = """
To show that it finds mistakes, these are built into the code one at a time. Beside each are the promise that it breaks
and a seed that finds it, which `./check` tries.
"""
LASTING = """\
Each is checked at its end: every task has succeeded once, and nothing ran after its success.
"""
TESTED = """
The code is named by the first digits of a digest of all files of the package.
`python -m tests.faults.tested_code` prints that of a copy. The earliest runs are older than these digests."""
REPEATING = """\

## Run it yourself

```sh
python -m tests.faults.suite                       # as in ./check
python -m tests.faults.suite --long                # the long run: hours
python -m tests.faults.suite --long --rows 2 4     # of some rows
python -m tests.simulation --seeds 200000 --record # simulated runs, after those recorded; --minutes 60 ends it earlier
python -m tests.endurance tasks --record           # long and large runs; --help names the others
```

Tests mount small disks, start process namespaces and play other users, so they want root. A C compiler builds
`tests/faults/shim.c`, which stands between a run and the C library. The power is cut by undoing, in the order of the
calls, what no flush had put on the disk.
"""


def page() -> str:
    """The whole text."""
    record = read_record()
    lines = [BEGINNING, "## What was done\n", *table(record), "\n## What must hold\n"]
    lines += [f"{row.number}. {row.holds[0].upper()}{row.holds[1:]}." for row in MATRIX]
    lines += ["\n## Simulated runs\n", SIMULATED, *simulated(record), PLANTED, *planted()]
    lines += ["\n## Long and large runs\n", LASTING, *lasting(record)] if "endurance" in record else []
    lines += ["\n## On what\n", *machines(record), TESTED]
    missing = [f"- Row {row.number}: {row.missing}" for row in MATRIX if row.missing]
    lines += ["\n## What is not tried\n", *missing] if missing else []
    lines += ["\n" + FOUND.read_text().strip(), REPEATING]
    return "\n".join(lines)


def table(record: Record) -> list[str]:
    """A line for each row of the matrix."""
    lines = ["| | fault | database | in `./check` | long run | failed |", "|---|---|---|---|---|---|"]
    for row in MATRIX:
        check, long = (entries_of(row, record[column]) for column in ("check", "long"))
        failed = sum(entry["failed"] for entry in (*check.values(), *long.values()))
        cells = (
            str(row.number),
            row.fault,
            ", ".join(row.databases),
            told(row, check),
            told(row, long) if any(file_of(test) in LONG for test in row.tests) else "the same",
            str(failed),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def entries_of(row: Row, entries: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the record has of a row's files."""
    files = dict.fromkeys(file_of(test) for test in row.tests)
    return {file: entries[file] for file in files if file in entries}


def told(row: Row, entries: dict[str, dict[str, Any]]) -> str:
    """What was counted of a row: its faults, or else its tests."""
    if not entries:
        return "not run"
    counts: Counter[tuple[str, str]] = Counter()
    for entry in entries.values():
        for database, numbers in entry["counts"].get(str(row.number), {}).items():
            for name, count in numbers.items():
                counts[name, database if len(row.databases) > 1 else ""] += count
    silent = sum(entry["tests"] for entry in entries.values() if str(row.number) not in entry["counts"])
    words = [
        f"{count:,} {_noun(name, count)}{f' ({where})' if where else ''}" for (name, where), count in counts.items()
    ]
    return "; ".join([*words, *([f"{silent} tests"] if silent else [])])


def _noun(name: str, count: int) -> str:
    noun = name.replace("_", " ")
    return noun.removesuffix("es" if noun.endswith("shes") else "s") if count == 1 else noun


def simulated(record: Record) -> list[str]:
    """The simulated runs: their seeds, what came about in them, and what was broken."""
    lines = []
    entries = sorted(record.get("simulation", {}).values(), key=itemgetter("first"))
    for entry in entries:
        counts = entry["counts"]
        faults = sum(counts.get(fault, 0) for fault in Fault)
        drivers = counts.get("start", 0) + counts.get("takeover", 0)
        last = entry["first"] + entry["seeds"] - 1
        lines.append(
            f"- Seeds {entry['first']:,} to {last:,}, {entry['seconds'] // 60:,} minutes, {entry['date']}, "
            f"code {entry['code']}: {drivers:,} drivers, {counts.get('execution', 0):,} executions of steps, "
            f"{counts.get('commit', 0):,} commits, {faults:,} faults. "
            f"Seeds that broke a promise: {', '.join(map(str, entry['broken'])) or 'none'}."
        )
    if len(entries) > 1:
        seeds = sum(entry["seeds"] for entry in entries)
        lines.append(f"\nIn all, {seeds:,} seeds. Those that broke a promise are tests of `./check` now, and keep all.")
    return lines


def planted() -> list[str]:
    """The mistakes that are built in on purpose."""
    lines = [f"| {mistake.name} | {mistake.promise} | {mistake.seed} |" for mistake in (*MISTAKES, *RARE_MISTAKES)]
    return ["| mistake | promise | seed |", "|---|---|---|", *lines]


def lasting(record: Record) -> list[str]:
    """The long and large runs, each with its outcome."""
    return [
        f"- {name}: {entry['told']}. {entry['date']}, code {entry['code']}; {entry['machine']}."
        for name, entry in sorted(record.get("endurance", {}).items())
    ]


def machines(record: Record) -> list[str]:
    """Where and when, and which code."""
    lines = []
    for column, title in (("check", "As in `./check`"), ("long", "Long run")):
        entries = record[column].values()
        places = sorted({entry["machine"] for entry in entries})
        dates = sorted({entry["date"] for entry in entries})
        codes = sorted({entry["code"] for entry in entries if entry["code"]})
        unknown = sum(not entry["code"] for entry in entries)
        seconds = sum(entry["seconds"] for entry in entries)
        if entries:
            when = " to ".join(dict.fromkeys((dates[0], dates[-1])))
            code = [f"code {', '.join(codes)}"] if codes else []
            code += [f"{unknown} of them before digests were kept"] if unknown else []
            what = f"{len(entries)} files of tests in {seconds // 60:,} minutes, {when}, {', '.join(code)}"
            lines.append(f"- {title}: {what}; {'; '.join(places)}.")
    return lines
