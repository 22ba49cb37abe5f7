"""One run of a small flow that meets one fault, its recoveries, and what is asked of it afterwards."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

from sequent.model.status import Status
from sequent.model.story import Note
from sequent.runtime.store import open_store
from tests.faults import evidence, ledger, swept_flows, tolls
from tests.faults.copied_drivers import CopiedDriver, CopiedDrivers
from tests.faults.ledger import Entry
from tests.faults.shim import Action, Shim
from tests.faults.swept_flows import Swept

RECOVERIES = 4
"""So many are enough for one fault."""


_NUMBERS = count()


class SweptRun:
    """It has a directory of its own, in the place of an earlier one; ``end()`` it.

    Args:
        drivers: of which its drivers are copies.
        directory: in which that stands.
        flow: what runs.
        makes_store: whether the run makes the store.
        url: of a database, for a store in PostgreSQL; each run has a schema of its own.
    """

    def __init__(
        self, drivers: CopiedDrivers, directory: Path, flow: Swept, *, makes_store: bool = True, url: str = ""
    ) -> None:
        self._drivers, self.flow = drivers, flow
        self.directory = directory / "run"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(mode=0o700)
        self.place = self.directory / "store"
        self.place.mkdir(mode=0o700)
        schema = f"swept{next(_NUMBERS)}"
        self.store: Path | str = f"{url}?schema={schema}" if url else self.place / "store.db"
        self.ledger = self.place.with_name("ledger")
        self.shims: list[Shim] = []
        if not makes_store:
            open_store(str(self.store)).close()

    def shim(self, **words: object) -> Shim:
        """A shim for one command, all of whose processes end with this run."""
        words = {"skipped": str(self.ledger), **words}
        self.shims.append(Shim(self._drivers.library, self.directory / f"shim-{len(self.shims)}", **words))
        return self.shims[-1]

    def end(self) -> None:
        """End all processes that are left."""
        for shim in self.shims:
            shim.end_all()
            shim.close()
        self.shims.clear()

    def start(self, shim: Shim, *, recovers: bool = False) -> CopiedDriver:
        """Start a run, or recover it."""
        name = f"tests.faults.swept_flows:{self.flow.name}"
        return self._drivers.start(str(self.store), self.ledger, name, shim.environment, recovers=recovers)

    def run(self, shim: Shim) -> tuple[int, str]:
        """Run to the end; give the exit code, and what was said."""
        return self.start(shim).wait()

    def recover(self) -> None:
        """Recover until it has succeeded, or run it if it was never written down."""
        done = tolls.succeeded(self.store)
        for _ in range(RECOVERIES):
            code, output = self.start(self.shim(), recovers=tolls.has_run(self.store)).wait()
            now = tolls.succeeded(self.store)
            assert done <= now, f"an outcome was lost: {output}"
            done = now
            if code == 0:
                return
            assert tolls.LOST in output or tolls.TOO_QUICK in output, (code, output)
        raise AssertionError(f"it does not end: {output}")

    def check(self, faults: int = 1) -> None:
        """All is as it must be once the run has succeeded, with so many faults on the way."""
        flow, entries = self.flow, ledger.read(self.ledger)
        tolls.check_once(self.store, entries, faults * swept_flows.SLOTS, flow.again)
        found = {(task[1], task[2]): tried[-1].status for task, tried in tolls.attempts_in(self.store).items()}
        assert found == dict.fromkeys(flow.tasks, Status.SUCCESS) | dict.fromkeys(flow.failing, Status.FAILURE)
        assert {entry.event for entry in entries if "=" in entry.event} == flow.values
        for path, before in flow.after.items():
            began = min(entry.at for entry in entries if entry.path == path and entry.event == "start")
            late = [entry for entry in entries if entry.path in before and entry.at > began]
            # A recovery runs a failure again, and then its handler.
            assert all(entry.path in flow.again and entry.attempt > 1 for entry in late), (path, late)
        assert tolls.most_at_once(held(entries)) <= swept_flows.ROOM_SIZE
        tolls.check_no_hold_is_left(self.store)
        for shim in self.shims:
            tolls.check_no_process_is_left(shim.living)
        self._check_stories()
        with closing(open_store(str(self.store))) as opened:
            assert [*opened.problems()] == []

    def _check_stories(self) -> None:
        """Each success has all that its attempt has left, once; and no attempt has anything of another's."""
        with closing(open_store(str(self.store))) as opened:
            record = opened.find("latest")
            left: dict[tuple[str, str, int], list[str]] = {}
            for each in opened.story(record):
                place = left.setdefault((each.path, each.sequence, each.attempt), [])
                is_note = isinstance(each.part, Note)
                place.append(each.part.text if is_note else opened.artifact(record, each.part.digest).decode())
            assert all(parts == [f"{sequence} {attempt}"] * 2 for (_, sequence, attempt), parts in left.items()), left
            successes = [each for each in opened.attempts(record) if each.status is Status.SUCCESS]
            leaving = {(it.path, it.sequence, it.attempt) for it in successes if it.path in self.flow.leaving}
            assert leaving <= left.keys()

    def check_that_recovering_again_does_nothing(self) -> None:
        """Nothing runs."""
        before = self.ledger.read_text()
        _, output = self.start(self.shim(), recovers=True).wait()
        assert self.ledger.read_text() == before, output


def held(entries: list[Entry]) -> list[tolls.Span]:
    """What the ledger shows to have been held of the pool."""
    found = tolls.spans((entry for entry in entries if entry.path in ("keep", "delayed", "left")), 1)
    kept, given = (tolls.last_ends(entries, path).get("1") for path in ("keep", "give"))
    return [*found, tolls.Span(kept, given, 1)] if kept and given else found


def points(total: int, count: int) -> list[tuple[int, Action]]:
    """So many calls, spread evenly; or all, before and after each, in any order."""
    kills = (Action.KILL_BEFORE, Action.KILL_AFTER)
    if count < total:
        return [(1 + (total - 1) * part // max(1, count - 1), kills[part % 2]) for part in range(count)]
    every = [(number, action) for number in range(1, total + 1) for action in kills]
    return random.Random(total).sample(every, len(every))


def sweep(
    make: Callable[[], SweptRun],
    shim: Callable[[SweptRun, int, Action], Shim],
    check: Callable[[SweptRun, Shim], None],
    most: int,
) -> tuple[int, list[str]]:
    """Run without a fault, then once for each call, with a fault there, but for at most so many calls.

    Args:
        make: makes a run.
        shim: makes the shim of its first command, for a fault at the call with that number.
        check: runs and recovers it, and checks it.
        most: the number of calls.

    Returns:
        the number of calls with a fault, and the errors.
    """
    wrong: list[str] = []

    def run(number: int, action: Action) -> int:
        """Run, and recover; give how many calls were counted."""
        swept = make()
        one = shim(swept, number, action)
        try:
            check(swept, one)
        except AssertionError as error:
            call = one.calls()[number - 1] if one.victim else None
            wrong.append(f"{action.name} at call {number} of {swept.flow.name}, {call}: {error}")
            return 0
        else:
            return one.count
        finally:
            swept.end()

    total = run(0, Action.NOTHING)
    assert total > 5, wrong
    every = points(total, most)
    for number, action in evidence.in_time(every):
        run(number, action)
    return len(every), wrong
