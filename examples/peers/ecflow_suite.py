"""A suite of families and tasks, made by calls: repeats, a limit of licences, events and triggers.

The peer: ecFlow's suites. It needs a server with a definition and a script for each task, `repeat date`, `limit` and
`inlimit`, `event` and a child command in the script that sets it, and triggers written as texts.

Try it: `python examples/peers/ecflow_suite.py`
"""

from datetime import date, timedelta
from pathlib import Path

import sequent
from sequent import STEP_FAILURE, STEP_SUCCESS, Pool, item

DAYS = [date(2026, 3, 1) + timedelta(days=number) for number in range(3)]
licences = Pool("licences", 2)


def fetch(day: date) -> list[str]:
    """Fetch a day's observations. Gives the day with them."""
    return [f"{day:%d}", Path(f"{day}.obs").read_text().strip()]


def analyse(fetched: list[str], region: str) -> str:
    """Analyse a region of them."""
    day, observed = fetched
    return f"{day} {region} {observed.count(region[0])}"


def archive(lines: list[str]) -> None:
    """Keep a day's analyses."""
    with Path("archive.txt").open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def note(day: date, name: str) -> None:
    """Write a day down."""
    with Path(name).open("a") as file:
        file.write(f"{day}\n")


flow = sequent.Sequent("suite")

# `repeat date`: one day after the other.
day = flow.add_step("day", repeats=DAYS)
fetched = day.add_step("fetch", func=fetch, kwargs={"day": item()})

# `event`: a name for something that others wait for.
arrived = day.add_event(((fetched, STEP_SUCCESS),))
lost = day.add_event(((fetched, STEP_FAILURE),))
day.add_step("index", func=note, kwargs={"day": item(), "name": "index.txt"}, requires=(arrived,))
day.add_step("missing", func=note, kwargs={"day": item(), "name": "missing.txt"}, requires=(lost,))

# `inlimit`: three regions want a licence each, and two are there.
regions = day.add_step("regions", repeats=["north", "south", "tropics"], parallel=0, requires=(arrived,))
regions.result = regions.add_step(
    "analyse",
    func=analyse,
    kwargs={"fetched": sequent.outer.fetch.result, "region": item()},
    acquires={licences: 1},
)

# A trigger: to take a result is to wait for it.
day.add_step("archive", func=archive, kwargs={"lines": regions.result})

if __name__ == "__main__":
    print(flow.run().status)
