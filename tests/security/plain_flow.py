"""A flow with a row in most tables: repeats, an item, a failure, a wait, a pool, a large and a small result."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sequent import Pool, container, context, item, step

Path("loaded").touch()


def draws() -> Iterator[str]:
    yield from ("eu", "us")


@container(task_construct="invoke")
class plain:
    """Succeeds."""

    @step
    def fetch(self) -> list[int]:
        return [1, 2]

    result = fetch


@container(task_construct="invoke", stop_on_exception=False)
class rich:
    """Fails until ``MENDED`` is set."""

    @step
    def fetch(self) -> list[int]:
        print("fetched")
        context().note("fetched")
        return [1, 2]

    @container(repeats=fetch.result)
    class grid:
        number: int = item()

        @step
        def cell(self) -> int:
            return self.number

    @container(repeats=draws)
    class region:
        name: str = item()

        @step(delay=0.01, acquires={Pool("db", 2): 1}, releases=[])
        def send(self) -> str:
            return self.name

    @step
    def fail(self) -> None:
        if "MENDED" not in os.environ:
            raise ValueError("not yet")
