"""What pages cost in Chromium at sizes that users of other tools complain about: `python -m benchmarks.browser`.

Each line names such a report. It needs Chromium.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from benchmarks.page import Server, run, started

ROUNDS = 5
RUNS = 30
_MEASURES = """() => {
    const [entry] = performance.getEntriesByType("navigation");
    return [entry.loadEventEnd, document.querySelectorAll("*").length, entry.decodedBodySize];
}"""


class Loaded(NamedTuple):
    """A page that has been loaded."""

    milliseconds: float
    """From the click to the end of loading; the median of several times."""
    elements: int
    size: int
    """In bytes."""

    def __str__(self) -> str:
        return f"{self.milliseconds:.0f} ms, {self.elements:,} elements, {self.size / 1000:.0f} kB"


def load(tab: Page, address: str) -> Loaded:
    """Load a page several times."""
    found: list[list[float]] = []
    for _ in range(ROUNDS):
        tab.goto(address)
        tab.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        found.append(tab.evaluate(_MEASURES))
    milliseconds, elements, size = (statistics.median(column) for column in zip(*found, strict=True))
    return Loaded(milliseconds, int(elements), int(size))


def many_tasks(tab: Page, server: Server, directory: Path) -> Iterator[str]:
    """One step with thousands of tasks: the browser freezes or crashes."""
    for count in (5_000, 100_000):
        run(directory, "flows:chain_inside", count, f"many{count}")
        told = load(tab, f"{server.base}/runs/many{count}")
        yield f"a run of {count:,} tasks (PrefectHQ/prefect#8934: 5,000 tasks crash the tab): {told}"


def many_definitions(tab: Page, server: Server, directory: Path) -> Iterator[str]:
    """Thousands of steps in nested containers: the page takes minutes."""
    run(directory, "large_flows:groups", 5_000, "groups")
    told = load(tab, f"{server.base}/runs/groups")
    yield f"a flow of 5,000 steps in 100 containers (apache/airflow#56968: minutes): {told}"


def many_runs(tab: Page, server: Server, directory: Path) -> Iterator[str]:
    """Many runs of 200 steps: the page becomes unresponsive."""
    for number in range(RUNS):
        run(directory, "large_flows:groups", 200, f"daily{number}")
    for name, path in (
        ("list", "/"),
        ("latest run", f"/runs/daily{RUNS - 1}"),
        ("comparison", f"/runs/daily{RUNS - 1}/compare"),
    ):
        told = load(tab, f"{server.base}{path}")
        yield f"{RUNS} runs of 200 steps, {name} (apache/airflow#56554: 30 s, #57776: unresponsive): {told}"


def left_open(tab: Page, server: Server, directory: Path) -> Iterator[str]:
    """A page that is left open while 800 tasks are executed: its memory grows."""
    running = started(directory, "large_flows:at_once", 800, "open")
    session = tab.context.new_cdp_session(tab)

    def heap() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    server.wait_for("open")
    tab.goto(f"{server.base}/runs/open")
    time.sleep(3)
    sizes = [heap()]
    while running.poll() is None:
        time.sleep(3)
        sizes.append(heap())
    yield (
        f"left open while 800 tasks run at once (kestra-io/kestra#4510, #5534: memory grows): "
        f"{sizes[0]:.1f} MB at first, {sizes[-1]:.1f} MB at the end, {max(sizes):.1f} MB at most"
    )


def active_log(tab: Page, server: Server, directory: Path) -> Iterator[str]:
    """The log of a step that is being executed, with 100 MB before the page is opened."""
    running = started(directory, "large_flows:loud", 100, "loud")
    try:
        while not (directory / "written").exists():
            time.sleep(0.1)
        address = f"{server.base}/runs/loud/log?path=talk&sequence=1"
        told = load(tab, f"{address}&line=1")
        is_there = "megabyte 0" in tab.content()
        yield (
            "the log of a step that runs and has written 100 MB (actions/runner#2131: earlier lines are not shown): "
            f"{told}; its first line is {'shown' if is_there else 'missing'}"
        )
    finally:
        running.kill()
        running.wait()


COMPLAINTS: tuple[Callable[[Page, Server, Path], Iterator[str]], ...] = (
    many_tasks,
    many_definitions,
    many_runs,
    left_open,
    active_log,
)


@contextmanager
def opened(server: Server) -> Iterator[Page]:
    """A tab that has been let in."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = chromium.new_page()
        tab.goto(server.address)
        yield tab
        chromium.close()


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        run(directory, "flows:chain_inside", 1, "one")
        server = Server(directory)
        try:
            with opened(server) as tab:
                for complaint in COMPLAINTS:
                    for line in complaint(tab, server, directory):
                        print(line, flush=True)
        finally:
            server.end()


if __name__ == "__main__":
    main()
