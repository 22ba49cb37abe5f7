"""Removes old runs and everything they left behind; where it was killed, the next one that prunes ends the work."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator

from sequent.errors import StoreError
from sequent.model.status import RunStatus
from sequent.runtime import left_processes, ownership
from sequent.runtime.pruning import OldRun, Pruned, PrunedRun, PruneRule, old_runs
from sequent.runtime.store.sqlite import prune_statements, run_queries
from sequent.runtime.store.sqlite.commits import commits_file
from sequent.runtime.store.sqlite.listing import Listing
from sequent.runtime.store.sqlite.reader import Reader
from sequent.runtime.store.sqlite.records import read_run_status

_AT_ONCE = 20_000
"""Rows that are removed in one transaction: other runs write in between."""


class Pruning:
    """The old runs of a store.

    A run that is to go is first marked in its row, and from then on there is no such run for anybody. Then its files
    go, then its rows, then its own row. So no run is ever seen of which a part is gone, and nothing is left for good,
    but for the row of the highest number until there is a higher one: no number, and so no id and no key of an attempt,
    is used twice.
    """

    def __init__(
        self,
        reader: Reader,
        listing: Listing,
        now: Callable[[], float],
    ) -> None:
        self._reader = reader
        self._listing = listing
        self._now = now

    def prune(self, rule: PruneRule) -> Pruned:
        """Remove what the rule says, and what an earlier one has not ended; or only say so.

        Raises:
            StoreError: the store cannot be read or written.
        """
        before = self._free()
        if not rule.is_dry:
            for (number,) in self._reader.rows(run_queries.pruned()):
                self._remove(number)
        runs: list[PrunedRun] = []
        busy: list[str] = []
        for run in old_runs(self._runs(), rule, self._now()):
            size = self._prune(run, is_dry=rule.is_dry)
            if size is None:
                busy.append(run.id)
            else:
                status = RunStatus.INTERRUPTED if run.status is RunStatus.RUNNING else run.status
                runs.append(PrunedRun(id=run.id, flow=run.flow, status=status, ended=run.ended, size=size))
        files = sum(run.size for run in runs)
        return Pruned(runs=tuple(runs), size=files + self._free() - before, busy=tuple(busy))

    def _free(self) -> int:
        """Bytes within the file that nothing is in."""
        return int(self._reader.row("PRAGMA freelist_count")[0]) * int(self._reader.row("PRAGMA page_size")[0])

    def _runs(self) -> Iterator[OldRun]:
        """All runs, latest first, but for those that cannot be read: somebody is to look at them."""
        for number, id_, flow, text, created, ended in self._reader.unchecked(run_queries.ages()):
            with contextlib.suppress(StoreError, TypeError, ValueError, OSError):
                seen = float(created) if ended is None else float(ended)
                if ended is None:
                    with contextlib.suppress(FileNotFoundError):
                        seen = max(seen, os.stat(commits_file(self._listing.directory(number))).st_mtime)
                yield OldRun(number=int(number), id=str(id_), flow=str(flow), status=read_run_status(text), ended=seen)

    def _prune(self, run: OldRun, *, is_dry: bool) -> int | None:
        """Remove a run; the bytes of its files, or None where something of it is alive."""
        directory = self._listing.directory(run.number)
        lock = None
        if os.path.isdir(directory):
            owner = '{"pruned": true}'
            lock = None if is_dry else ownership.try_lock(self._listing.lock_path(run.number), owner)
            if (lock is None and not is_dry) or self._is_alive(run.number, has_lock=lock is not None):
                if lock is not None:
                    lock.release()
                return None
        try:
            size = sum(map(_size_of, self._directories(run)))
            if not is_dry:
                with self._reader.transaction() as execute:
                    if execute(prune_statements.mark_pruned(), (run.number, run.status.value)).rowcount != 1:
                        return None
                self._remove(run.number)
            return size
        finally:
            if lock is not None:
                lock.release()

    def _is_alive(self, number: int, *, has_lock: bool) -> bool:
        if has_lock:
            directory = self._listing.directory(number)
            has_agent = ownership.lock_holder(ownership.agent_lock(directory)) is not None
            return has_agent or left_processes.has_leftovers(directory)
        return self._listing.is_alive(number)

    def _directories(self, run: OldRun) -> list[str]:
        """The run's own directory, and those elsewhere to which links in it lead."""
        directory = self._listing.directory(run.number)
        found = [directory]
        for name in ("logs", "scratch"):
            target = os.path.realpath(os.path.join(directory, name))
            is_ours = os.path.basename(target).startswith(f"{run.flow}-{run.id}")
            if os.path.islink(os.path.join(directory, name)) and is_ours and _is_own_directory(target):
                found.insert(0, target)
        return found

    def _remove(self, number: int) -> None:
        """Remove the files and rows of a run that was marked."""
        flow, id_ = self._reader.row(run_queries.name_of(), number)
        run = OldRun(number=number, id=id_, flow=flow, status=RunStatus.SUCCESS, ended=0.0)
        for directory in self._directories(run):
            if os.path.lexists(directory):
                _remove_tree(directory)
        for statement in prune_statements.drop_rows():
            count = _AT_ONCE
            while count == _AT_ONCE:
                with self._reader.transaction() as execute:
                    count = execute(statement, (number, _AT_ONCE)).rowcount
        with self._reader.transaction() as execute:
            execute(prune_statements.drop_request(), (number,))
            execute(prune_statements.free_ids(), (number,))
            execute(prune_statements.drop_runs(), ())
            for statement in prune_statements.drop_unused_definitions():
                execute(statement, ())


def _is_own_directory(path: str) -> bool:
    try:
        info = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid()


def _remove_tree(path: str) -> None:
    """Remove a directory; links in it are removed, and not followed."""

    def make_writable(function: Callable[[str], object], name: str, _: object) -> None:
        # A step may have taken its own rights away from what it wrote.
        os.chmod(os.path.dirname(name), 0o700)
        function(name)

    try:
        shutil.rmtree(path, onerror=make_writable)
    except OSError as error:
        raise StoreError(
            f"'{error.filename or path}' cannot be removed: {error.strerror}",
            code="prune",
            hint="remove it yourself, then prune again: its run is removed already, but for what is left there",
        ) from error


def _size_of(directory: str) -> int:
    """Bytes on the disk of all that is in a directory."""
    total = 0
    for path, _, files in os.walk(directory):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
    return total
