"""Executes the attempts of a run on this host: each at most once; outcomes are on disk before they are sent."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from selectors import BaseSelector

from msgspec.structs import replace

from sequent.model.outcome import Problem
from sequent.runtime.disk_room import NO_ROOM
from sequent.runtime.executors.agents import launch_agent
from sequent.runtime.executors.process_executor import ProcessExecutor
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.host_agent.log_streams import Place
from sequent.runtime.host_agent.outcome_spool import OutcomeSpool
from sequent.runtime.host_agent.received_files import ReceivedFiles
from sequent.runtime.host_agent.seen_tokens import SeenTokens
from sequent.runtime.hosts.protocol.messages import (
    BegunThere,
    EndedThere,
    HostSetup,
    LoadedThere,
    LostThere,
    NoticeThere,
    OutcomeThere,
    WithdrawnThere,
)
from sequent.runtime.orders import (
    AttemptBegan,
    AttemptEnded,
    AttemptKey,
    AttemptLost,
    AttemptOrder,
    AttemptTakenBack,
    Message,
    Notice,
    Report,
    WorkerSetup,
)
from sequent.runtime.processes import left_processes

_RETRY = 1.0
"""The seconds until outcomes that found no room are written again."""


class HostedAttempts:
    """The attempts of a run on this host, and their outcomes.

    Args:
        directory: the agent's own directory for the run.
        place: a descriptor of that directory.
        selector: the selector with which the agent waits.
        say: sends a message to the driver, if there is one.
        deliver: sends it an outcome that is on disk.
    """

    def __init__(
        self,
        directory: str,
        place: int,
        selector: BaseSelector,
        say: Callable[[Message], None],
        deliver: Callable[[OutcomeThere], None],
    ) -> None:
        self._directory = directory
        self._selector = selector
        self._say = say
        self._deliver = deliver
        self.seen = SeenTokens(place)
        self.spool = OutcomeSpool(place)
        self.seen.include(self.spool.tokens)
        self.files = ReceivedFiles(os.path.join(directory, "received"))
        self._executor: ProcessExecutor | None = None
        self._told: tuple[WorkerSetup, int] | None = None
        """The setup of the workers, and the epoch of the driver that sent it."""
        self._active: dict[str, AttemptOrder] = {}
        """The orders without an end, by token."""
        self._tokens: dict[AttemptKey, str] = {}
        self._places: dict[Place, str] = {}
        self._unwanted: set[str] = set()
        """The attempts that are being ended, since no driver wants their outcomes."""
        self._held: list[AttemptOrder] = []
        """The orders of tasks with an unwanted attempt that has not ended yet."""
        self._unwritten: list[OutcomeThere] = []
        """The outcomes for which there was no room on the disk."""
        self._write_at = 0.0
        self._has_told_loading = False

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do; the outcomes on the disk are also there for the next agent."""
        return not (self._active or self._held or self._unwritten)

    def token_of(self, place: Place) -> str:
        """Return the token of the attempt at a place; '' if there is none."""
        return self._places.get(place, "")

    # -- drivers

    def open(self, setup: HostSetup, epoch: int) -> None:
        """Execute the following orders with the setup of this driver; a new driver's code may differ.

        Raises:
            OSError: there is no room for an agent of the workers.
            BusyError: processes that an earlier agent started do not end.
        """
        workers = replace(setup.workers, directory=self._directory)
        if self._executor is not None and self._executor.is_ending:
            self.take_reports()
            self.close()
            self._keep_outcomes([LostThere(token, "it was being ended") for token in self._active])
            self._active.clear()
            self._tokens.clear()
            self._places.clear()
            self._unwanted.clear()
        self._has_told_loading = False
        if self._executor is None:
            left_processes.end_leftovers(self._directory)
            most = setup.most_workers or os.cpu_count() or 1
            self._executor = ProcessExecutor(launch_agent(), workers, most_workers=min(most, MOST_WORKERS))
            self._executor.open(self._selector)
        elif (workers, epoch) != self._told:
            self._executor.renew(workers)
        self._told = (workers, epoch)

    def keep(self, wanted: Collection[str]) -> list[str]:
        """Keep only these of the earlier attempts; return those that are known here.

        Attempts that were active when the agent or the machine ended are lost.
        """
        kept = set(wanted)
        self.spool.forget([token for token in self.spool.tokens if token not in kept])
        self._unwritten = [outcome for outcome in self._unwritten if outcome.token in kept]
        self._held = [order for order in self._held if order.token in kept]
        for token in [token for token in self._active if token not in kept]:
            self._unwanted.add(token)
            self._executor_here.end_attempt(*_key(self._active[token]))
        known = [token for token in wanted if token in self.seen]
        gone = [token for token in known if not self._is_kept(token)]
        reason = "the agent on its host ended, or the host was restarted"
        self._keep_outcomes([LostThere(token, reason) for token in gone])
        return known

    def _is_kept(self, token: str) -> bool:
        """Return whether an attempt is active or will be, or its outcome is kept."""
        rest = (*(outcome.token for outcome in self._unwritten), *(order.token for order in self._held))
        return token in self._active or token in self.spool or token in rest

    def outcomes(self, wanted: Collection[str]) -> Iterator[OutcomeThere]:
        """Yield the kept outcomes of these attempts."""
        return self.spool.take(wanted)

    # -- orders

    def start(self, order: AttemptOrder) -> None:
        """Execute an attempt, unless it was ordered before; one of which nothing is known any more is lost."""
        if order.token in self.seen:
            if not self._is_kept(order.token):
                self._keep_outcomes([LostThere(order.token, "it was handed over before, and is not begun twice")])
            return
        order = self.files.resolved(order)
        self.seen.add(order.token)
        if any((order.frame, order.node) == _key(self._active[token])[:2] for token in self._unwanted):
            self._held.append(order)
        else:
            self._begin(order)

    def _begin(self, order: AttemptOrder) -> None:
        self._active[order.token] = order
        self._tokens[_key(order)] = order.token
        self._places[order.located, order.sequence, order.attempt] = order.token
        self._executor_here.start(order)

    def withdraw(self, token: str) -> None:
        """Take an attempt back, if it has not begun; if its order arrives later, it never begins."""
        order = self._active.get(token)
        held = [order for order in self._held if order.token == token]
        if order is not None:
            self._executor_here.take_back(*_key(order))
        elif held or token not in self.seen:
            self._held = [order for order in self._held if order not in held]
            with contextlib.suppress(OSError):
                self.seen.add(token)
            self._keep_outcomes([WithdrawnThere(token)])

    def end_all(self, *, at_once: bool) -> None:
        """End all active attempts."""
        held, self._held = self._held, []
        self._keep_outcomes([WithdrawnThere(order.token) for order in held])
        self._executor_here.end_tasks(at_once=at_once)

    # -- reports

    def take_reports(self) -> None:
        """Handle the workers' reports: keep the outcomes, and send them."""
        if self._executor is None:
            return
        ended = [outcome for report in self._executor.reports() if (outcome := self._heard(report)) is not None]
        if ended or (self._unwritten and time.monotonic() >= self._write_at):
            self._keep_outcomes(ended)
        if not self._has_told_loading and (loaded := self._executor.loaded):
            self._has_told_loading = True
            self._say(LoadedThere(loaded.message if isinstance(loaded, Problem) else ""))

    def _heard(self, report: Report) -> OutcomeThere | None:
        match report:
            case AttemptBegan():
                self._say(BegunThere(self._tokens[report.frame, report.node, report.attempt]))
            case Notice(text):
                self._say(NoticeThere(text))
            case AttemptEnded():
                return self._over(report, lambda token: EndedThere(token, report))
            case AttemptLost():
                return self._over(report, lambda token: LostThere(token, report.reason))
            case AttemptTakenBack():
                return self._over(report, WithdrawnThere)
            case _:
                pass
        return None

    def _over(
        self, report: AttemptEnded | AttemptLost | AttemptTakenBack, outcome: Callable[[str], OutcomeThere]
    ) -> OutcomeThere | None:
        """Note the end of an attempt, and its outcome if a driver wants it."""
        token = self._tokens.pop((report.frame, report.node, report.attempt))
        order = self._active.pop(token)
        self._places.pop((order.located, order.sequence, order.attempt), None)
        self.files.remove(order)
        if token not in self._unwanted:
            return outcome(token)
        self._unwanted.remove(token)
        task = (order.frame, order.node)
        for held in [held for held in self._held if (held.frame, held.node) == task]:
            self._held.remove(held)
            self._begin(held)
        return None

    def _keep_outcomes(self, outcomes: list[OutcomeThere]) -> None:
        """Write outcomes, and then send them; if there is no room, try again later."""
        outcomes = self._unwritten + outcomes
        if not outcomes:
            return
        try:
            self.spool.put(outcomes)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            if not self._unwritten:
                self._say(NoticeThere(f"outcomes cannot be written on the host: {os.strerror(errno.ENOSPC)}"))
            self._unwritten = outcomes
            self._write_at = time.monotonic() + _RETRY
            return
        self._unwritten = []
        for outcome in outcomes:
            self._deliver(outcome)

    def seconds_left(self) -> float | None:
        """Return the seconds until ``take_reports`` must be called, even if nothing wakes the agent."""
        left = self._executor.seconds_left() if self._executor is not None else None
        if not self._unwritten:
            return left
        retry = max(0.0, self._write_at - time.monotonic())
        return retry if left is None else min(left, retry)

    @property
    def _executor_here(self) -> ProcessExecutor:
        if self._executor is None:
            raise AssertionError("no driver has been there")
        return self._executor

    def close(self) -> None:
        """End all processes."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None

    def clear(self) -> None:
        """Remove everything but the tokens: the run has ended."""
        self.close()
        self.spool.clear()
        for name in ("logs", "received"):
            shutil.rmtree(os.path.join(self._directory, name), ignore_errors=True)


def _key(order: AttemptOrder) -> AttemptKey:
    return order.frame, order.node, order.attempt
