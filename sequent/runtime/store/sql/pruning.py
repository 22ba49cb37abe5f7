"""Removes old runs with all their files; the next prune finishes the work of one that was killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator

from sequent.errors import StoreError
from sequent.model.status import RunStatus
from sequent.runtime.pruning import OldRun, Pruned, PrunedRun, PruneRule, old_runs
from sequent.runtime.store.sql.records import read_run_status
from sequent.runtime.store.sql.session import Session

_AT_ONCE = 20_000
"""Rows that are removed in one transaction, so that other runs can write in between."""


_OF_RUN = ("attempt", "frame", "repeat", "wait", "hold", "ticket", "pool", "intervention", "note")
"""The tables with rows of runs."""


class Pruning:
    """The old runs of a store.

    A run to be removed is first marked in its row, and from then on no command finds it. Then its files
    go, then its rows, then its own row. So no command sees a run that is partly removed. Nothing stays for good
    but the row of the highest number, until there is a higher one: so no number, no id and no key of an attempt
    is used twice.
    """

    def __init__(self, session: Session, now: Callable[[], float]) -> None:
        self._session = session
        self._database = session.database
        self._now = now

    def prune(self, rule: PruneRule) -> Pruned:
        """Remove the runs that the rule selects, and those that an earlier prune has left; or only report them.

        Raises:
            StoreError: the store cannot be read or written.
        """
        before = self._database.free_bytes(self._session)
        if not rule.is_dry:
            for (number,) in self._session.rows("pruned"):
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
        freed = self._database.free_bytes(self._session) - before
        return Pruned(runs=tuple(runs), size=sum(run.size for run in runs) + freed, busy=tuple(busy))

    def _runs(self) -> Iterator[OldRun]:
        """Yield all runs, latest first, except those that cannot be read: a person should look at them."""
        for number, id_, flow, text, created, ended in self._session.unchecked("ages"):
            with contextlib.suppress(StoreError, TypeError, ValueError, OSError):
                seen = float(created) if ended is None else float(ended)
                if ended is None:
                    seen = max(seen, self._database.last_written(number) or 0.0)
                yield OldRun(number=int(number), id=str(id_), flow=str(flow), status=read_run_status(text), ended=seen)

    def _prune(self, run: OldRun, *, is_dry: bool) -> int | None:
        """Remove a run; return the bytes of its files, or None if any process of it is alive."""
        claim = None
        # In a file, a run without a directory has no process; on a server, it may be driven by another machine.
        if os.path.isdir(self._database.directory(run.number)) or not self._database.begins_locked:
            claim = None if is_dry else self._database.claim_dead(run.number)
            if self._database.is_alive(run.number) if is_dry else claim is None:
                return None
        try:
            size = sum(map(_size_of, self._directories(run)))
            if not is_dry:
                with self._session.transaction():
                    is_marked = self._session.execute("mark_pruned", run.number, run.status.value) == 1
                if not is_marked:
                    return None
                self._remove(run.number)
            return size
        finally:
            if claim is not None:
                claim.release()

    def _directories(self, run: OldRun) -> list[str]:
        """Return the run's own directory, and the directories elsewhere to which links in it lead."""
        directory = self._database.directory(run.number)
        directories = [directory]
        for name in ("logs", "scratch"):
            target = os.path.realpath(os.path.join(directory, name))
            is_ours = os.path.basename(target).startswith(f"{run.flow}-{run.id}")
            if os.path.islink(os.path.join(directory, name)) and is_ours and _is_own_directory(target):
                directories.insert(0, target)
        return directories

    def _remove(self, number: int) -> None:
        """Remove the files and rows of a marked run."""
        flow, id_ = self._session.row("name_of", number)
        run = OldRun(number=number, id=id_, flow=flow, status=RunStatus.SUCCESS, ended=0.0)
        for directory in self._directories(run):
            if os.path.lexists(directory):
                _remove_tree(directory)
        for table in (*_OF_RUN, *self._database.tables_of_runs):
            count = _AT_ONCE
            while count == _AT_ONCE:
                with self._session.transaction():
                    count = self._session.execute(f"prune_{table}", number, _AT_ONCE)
        with self._session.transaction():
            self._session.execute("drop_request", number)
            self._session.execute("free_ids", number)
            for name in ("drop_runs", "drop_unused_nodes", "drop_unused_definitions"):
                self._session.execute(name)


def _is_own_directory(path: str) -> bool:
    try:
        info = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.geteuid()


def _remove_tree(path: str) -> None:
    """Remove a directory; links in it are removed, but not followed."""

    def make_writable(function: Callable[[str], object], name: str, _: object) -> None:
        # A step may have taken the rights to its own files away.
        os.chmod(os.path.dirname(name), 0o700)
        function(name)

    try:
        shutil.rmtree(path, onerror=make_writable)
    except OSError as error:
        raise StoreError(
            f"'{error.filename or path}' cannot be removed: {error.strerror}",
            code="prune",
            hint="remove it yourself, then prune again: its run is removed already, except for the files left there",
        ) from error


def _size_of(directory: str) -> int:
    """Return the bytes on the disk of all files in a directory."""
    total = 0
    for path, _, files in os.walk(directory):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
    return total
