"""What the page costs: `python -m benchmarks.page`.

The first page of a run with many tasks beside one with few, asked for in turn; and the processor time of a driver with
and without somebody who watches its run, beside that of the server.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
FEW, MANY = 1_000, int(os.environ.get("BENCHMARK_MANY", "100000"))
ROUNDS = int(os.environ.get("BENCHMARK_ROUNDS", "5"))
CHAIN = os.environ.get("BENCHMARK_CHAIN", "2000")
_TICKS = os.sysconf("SC_CLK_TCK")


def environment(directory: Path, count: object) -> dict[str, str]:
    """The environment of a run with so many tasks."""
    return {**os.environ, "SEQUENT_STORE": str(directory / "runs.db"), "BENCHMARK_COUNT": str(count)}


def started(directory: Path, flow: str, count: object, name: str) -> subprocess.Popen[bytes]:
    """Start a run of a flow of this folder, such as ``flows:chain``."""
    command = [sys.executable, "-m", "sequent", "run", f"benchmarks.{flow}", "-q", "--run-id", name]
    return subprocess.Popen(command, cwd=ROOT, env=environment(directory, count), stdout=subprocess.DEVNULL)


def run(directory: Path, flow: str, count: object, name: str) -> float:
    """Run a flow; return its processor time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if started(directory, flow, count, name).wait():
        raise RuntimeError(f"the run of {flow} failed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class Server:
    """The server as a process, and a browser's requests to it."""

    def __init__(self, directory: Path) -> None:
        command = [sys.executable, "-m", "sequent", "ui", "--no-open"]
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(directory, 0),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = (self._process.stdout or sys.stdin).readline().strip()
        """With the token."""
        self.base = self.address.partition("/?")[0]
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        self.opener.open(self.address).read()

    def spent(self) -> float:
        """The processor time of the server so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def get(self, path: str) -> int:
        """Ask for a page; return its length."""
        return len(self.opener.open(self.base + path).read())

    def wait_for(self, run_id: str) -> None:
        """Wait until a run has begun."""
        while True:
            try:
                self.get(f"/runs/{run_id}")
            except OSError:
                time.sleep(0.05)
            else:
                return

    def cost(self, path: str, times: int) -> float:
        """The milliseconds of the server's processor time for a page, the average of so many."""
        before = self.spent()
        for _ in range(times):
            self.get(path)
        return (self.spent() - before) / times * 1000

    def watch(self, run_id: str) -> threading.Thread:
        """Watch a run as a browser does: load its page with all news, until it ends."""

        def follow() -> None:
            self.wait_for(run_id)
            with self.opener.open(f"{self.base}/runs/{run_id}/events") as events:
                for line in events:
                    if line == b"event: news\n":
                        self.get(f"/runs/{run_id}")

        thread = threading.Thread(target=follow)
        thread.start()
        return thread

    def end(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait()


def first_page(directory: Path, server: Server) -> list[str]:
    """The cost of the first page for few and for many tasks."""
    run(directory, "flows:chain_inside", FEW, "few")
    run(directory, "flows:chain_inside", MANY, "many")
    cold = {name: server.cost(f"/runs/{name}", 1) for name in ("few", "many")}
    pairs = [(server.cost("/runs/few", 40), server.cost("/runs/many", 40)) for _ in range(ROUNDS)]
    few, many = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    sizes = [server.get(f"/runs/{name}") for name in ("few", "many")]
    return [
        f"first page, {FEW:,} tasks: {few:.1f} ms, {sizes[0]:,} bytes",
        f"first page, {MANY:,} tasks: {many:.1f} ms, {sizes[1]:,} bytes; {ratio:.2f} times",
        f"the very first look at a run that has changed: {cold['few']:.0f} and {cold['many']:.0f} ms",
    ]


def watched(directory: Path, server: Server) -> list[str]:
    """The processor time of a driver with and without a watcher, and that of the server."""
    ratios, shares = [], []
    for at in range(ROUNDS):
        alone = run(directory, "flows:chain", CHAIN, f"alone{at}")
        before, watcher = server.spent(), server.watch(f"seen{at}")
        seen = run(directory, "flows:chain", CHAIN, f"seen{at}")
        watcher.join()
        ratios.append(seen / alone)
        shares.append((server.spent() - before) / seen)
    return [
        f"a watched driver, beside one that is alone: {statistics.median(ratios):.3f} times its processor time",
        f"the server, beside the driver that it watches: {statistics.median(shares):.3f} of its processor time",
    ]


def main() -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        run(directory, "flows:chain_inside", 1, "one")
        server = Server(directory)
        try:
            for line in (*first_page(directory, server), *watched(directory, server)):
                print(line)
        finally:
            server.end()


if __name__ == "__main__":
    main()
