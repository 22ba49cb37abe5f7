"""A flow that fails until it is mended, and its store, as tests damage and recover it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sequent import api, container, item, outer, step
from sequent.dsl.specification.definitions import definition_of
from sequent.errors import StoreError, UnknownRunError
from sequent.model.status import RunStatus, Status
from sequent.runtime.store import open_store

LEDGER: list[str] = []
MENDED: list[bool] = []


def draws() -> Iterator[str]:
    yield from ("eu", "us", "asia")


@container(task_construct="invoke", max_concurrent=1)
class flips:
    """A bit of everything; ``send`` fails until it is mended."""

    @step
    def fetch(self) -> list[int]:
        LEDGER.append("fetch")
        return [3, 4, 5]

    @container(repeats=fetch.result)
    class grid:
        number: int = item()

        @step
        def cell(self) -> str:
            LEDGER.append(f"cell {self.number}")
            return f"cell of {self.number}"

        @container
        class inner:
            number: int = outer.number

            @step
            def deep(self) -> int:
                LEDGER.append(f"deep {self.number}")
                return self.number * 11

        result = cell

    @step(repeats=draws)
    def each(self, region: str = item()) -> str:
        LEDGER.append(f"each {region}")
        return region.upper()

    @step
    def send(self, cells: list[str] = grid.result, regions: list[str] = each.result) -> str:
        LEDGER.append("send")
        if not MENDED:
            raise ValueError("the receiver is away")
        return f"{cells} {regions}"

    @step
    def report(self, sent: str = send.result) -> str:
        LEDGER.append("report")
        return f"sent {sent}"

    result = report


RIGHT = "sent ['cell of 3', 'cell of 4', 'cell of 5'] ['EU', 'US', 'ASIA']"
BEGUN = ["fetch", "cell 3", "deep 3", "cell 4", "deep 4", "cell 5", "deep 5", "each eu", "each us", "each asia", "send"]


def make_failed(directory: Path) -> Path:
    """Make a store with a run that has failed, after another one that has succeeded; give its directory."""
    for mended in (True, False):
        MENDED[:] = [True] * mended
        LEDGER.clear()
        outcome = flips().run(store=str(directory / "s.db"))
        assert outcome.status is (RunStatus.SUCCESS if mended else RunStatus.FAILURE)
    assert sorted(LEDGER) == sorted(BEGUN)
    return directory


def recovered(path: Path) -> str:
    """Recover the latest run of a store: how that ended."""
    LEDGER.clear()
    MENDED[:] = [True]
    try:
        with closing(open_store(str(path))) as store:
            outcome = api.recover(definition_of(flips), store.find("latest"), store=store)
    except (StoreError, UnknownRunError) as error:
        # What is not needed before is not read before; what had succeeded never runs again.
        assert {*LEDGER} <= {"send", "report"}
        return f"refused: {error}"
    assert outcome.status is RunStatus.SUCCESS, outcome
    assert LEDGER == ["send", "report"]
    assert outcome.result == RIGHT
    assert outcome.counts == {Status.SUCCESS: len(BEGUN) + 1}
    return "right"


def copied(directory: Path, to: Path) -> Path:
    """Another store with the same runs, in the place of an earlier copy."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(directory, to)
    return to / "s.db"
