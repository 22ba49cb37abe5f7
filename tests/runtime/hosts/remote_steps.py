"""A flow whose steps are executed on a stand-in for another host, with values that the test gives in its orders."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sequent import command, container, context, step
from tests.patience import PATIENCE


def _append(file: Path, word: str) -> None:
    with file.open("a") as opened:
        opened.write(f"{word}\n")


@container
class flow:
    @step
    def source(self) -> object: ...

    @step
    def hello(self) -> str:
        print("hello from there")
        return "hello"

    @step
    def tell(self, size: int = source.result) -> str:
        """Leave a note, and an artifact of that size, twice."""
        context().note("three **rows**")
        Path("chart.txt").write_text("x" * size)
        for title in ("Rows", "Rows again"):
            context().artifact("chart.txt", title=title)
        return "told"

    @step
    def tell_and_fail(self) -> None:
        context().note("before the end")
        raise ValueError("as it should")

    @step
    def tell_and_die(self) -> None:
        context().note("never heard")
        os.kill(os.getpid(), 9)

    @step
    def silent(self) -> None:
        pass

    @step
    def add(self, first: int = source.result, second: int = source.result) -> int:
        return first + second

    @step
    def length(self, values: list[int] = source.result) -> int:
        return len(values)

    @step
    def text(self, size: int = source.result) -> str:
        return "é" * size

    @step
    def fail(self) -> None:
        print("about to fail")
        raise ValueError("as it should")

    @step
    def die(self) -> None:
        print("about to die")
        os.kill(os.getpid(), 9)

    @step
    def where(self) -> list[object]:
        found = context()
        nice = os.getpriority(os.PRIO_PROCESS, 0)
        return [str(Path.cwd()), os.environ.get("FAR_AWAY"), found.attempt, nice, os.environ["SEQUENT_ATTEMPT_TOKEN"]]

    @step
    def sleepy(self) -> None:
        time.sleep(PATIENCE)

    @step
    def gated(self, directory: str = source.result) -> str:
        """Say that it has begun, then wait until it may go on; note both ends beside the directory."""
        _append(Path(directory, "begun"), str(os.getpid()))
        _append(Path(directory).with_name("course"), "begun")
        try:
            print("first line", flush=True)
            deadline = time.monotonic() + PATIENCE
            while not Path(directory, "go").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            print("last line")
            return "gone through"
        finally:
            if not Path(directory, "go").exists():
                # A step that is ended cleans up, which takes a while.
                time.sleep(0.5)
            _append(Path(directory).with_name("course"), "ended")

    @step
    def flood(self) -> None:
        for _ in range(24):
            sys.stdout.write("x" * 1024 * 1024)
        print("the end")

    listing = command("echo", source.result)
    shelled = command(shell="echo from a shell")  # noqa: S604 - it is refused where that is not allowed
