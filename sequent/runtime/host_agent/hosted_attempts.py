"""Executes the attempts of a run on this host: each at most once; outcomes are in a file before they are sent."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator

from msgspec.structs import replace

from sequent.model.outcome import Problem
from sequent.runtime import artifact_files
from sequent.runtime.disk_room import NO_ROOM
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.host_agent.active_orders import ActiveOrders, HeldOrders
from sequent.runtime.host_agent.agent_ports import AgentPorts, HostWorkers
from sequent.runtime.host_agent.log_streams import Place
from sequent.runtime.host_agent.outcome_spool import OutcomeSpool
from sequent.runtime.host_agent.received_files import ReceivedFiles
from sequent.runtime.host_agent.seen_tokens import SeenTokens
from sequent.runtime.host_agent.unwanted_attempts import UnwantedAttempts
from sequent.runtime.hosts.protocol.messages import (
    BegunThere,
    EndedThere,
    EndedWithStory,
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
    StoryTold,
    WorkerSetup,
)

_RETRY = 1.0
"""The seconds until outcomes that found no room are written again."""


class HostedAttempts:
    """The attempts of a run on this host, and their outcomes.

    Args:
        directory: the agent's own directory for the run.
        place: a descriptor of that directory.
        ports: the world around the agent.
        say: sends a message to the driver, if there is one.
        deliver: sends it an outcome that is kept.
    """

    def __init__(
        self,
        directory: str,
        place: int,
        ports: AgentPorts,
        say: Callable[[Message], None],
        deliver: Callable[[OutcomeThere], None],
    ) -> None:
        self._directory = directory
        self._ports = ports
        self._say = say
        self._deliver = deliver
        self.seen = SeenTokens(place)
        self.spool = OutcomeSpool(place, ports.monotonic)
        self.seen.include(self.spool.tokens)
        self.files = ReceivedFiles(os.path.join(directory, "received"))
        self._executor: HostWorkers | None = None
        self._told: tuple[WorkerSetup, int] | None = None
        """The setup of the workers, and the epoch of the driver that sent it."""
        self._active = ActiveOrders()
        self._held = HeldOrders()
        self._unwanted = UnwantedAttempts()
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
        return self._active.token_at(place)

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
            ended = [*self._active, *self._held.clear()]
            self._keep_outcomes([LostThere(order.token, "it was being ended") for order in ended])
            self._remove_files(ended)
            self._active.clear()
            self._unwanted.clear()
        self._has_told_loading = False
        if self._executor is None:
            most = setup.most_workers or os.cpu_count() or 1
            self._executor = self._ports.make_workers(workers, min(most, MOST_WORKERS))
            artifact_files.remove_unfinished(self._directory)
            self._executor.open(self._ports.selector)
        elif (workers, epoch) != self._told:
            self._executor.renew(workers)
        self._told = (workers, epoch)

    def keep(self, wanted: Collection[str]) -> list[str]:
        """Keep only these of the earlier attempts; return those that are known here.

        Attempts that were active when the agent or the machine ended are lost.
        """
        kept = self._unwanted.wanted = set(wanted)
        self.spool.forget([token for token in self.spool.tokens if token not in kept])
        self._unwritten = [outcome for outcome in self._unwritten if outcome.token in kept]
        self._remove_files(self._held.keep(kept))
        for order in self._active:
            if order.token not in kept:
                self._unwanted.add(order.token)
                self._executor_here.end_attempt(*_key(order))
        known = [token for token in wanted if token in self.seen]
        reason = "the agent on its host ended, or the host was restarted"
        self._keep_outcomes([LostThere(token, reason) for token in known if not self._is_kept(token)])
        return known

    def _is_kept(self, token: str) -> bool:
        """Return whether an attempt is active or will be, or its outcome is kept."""
        unwritten = any(outcome.token == token for outcome in self._unwritten)
        return unwritten or token in self._active or token in self._held or token in self.spool

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
        try:
            self.seen.add(order.token)
        except OSError:
            self.files.remove(order)
            raise
        if not self._held.hold(order):
            self._begin(order)

    def _begin(self, order: AttemptOrder) -> None:
        self._executor_here.start(self._active.add(order))

    def withdraw(self, token: str) -> None:
        """Take an attempt back, if it has not begun; if its order arrives later, it never begins."""
        order = self._active.get(token)
        held = self._held.take_back(token)
        if order is not None:
            self._executor_here.take_back(*_key(order))
        elif held is not None or token not in self.seen:
            if held is None:
                self.seen.withdraw(token)
            else:
                self.files.remove(held)
            self._keep_outcomes([WithdrawnThere(token)])

    def end(self, token: str) -> None:
        """End an attempt that no driver needs; its outcome follows, as that of any other."""
        order = self._active.get(token)
        if order is None:
            self.withdraw(token)
        else:
            self._executor_here.end_attempt(*_key(order))

    def end_all(self, *, at_once: bool) -> None:
        """End all active attempts."""
        held = self._held.keep(())
        self._remove_files(held)
        self._keep_outcomes([WithdrawnThere(order.token) for order in held])
        self._executor_here.end_tasks(at_once=at_once)

    # -- reports

    def take_reports(self) -> None:
        """Handle the workers' reports: keep the outcomes, and send them."""
        if self._executor is None:
            return
        ended = [outcome for report in self._executor.reports() if (outcome := self._heard(report)) is not None]
        if ended or (self._unwritten and self._ports.monotonic() >= self._write_at):
            self._keep_outcomes(ended)
        if not self._has_told_loading and (loaded := self._executor.loaded):
            self._has_told_loading = True
            self._say(LoadedThere(loaded.message if isinstance(loaded, Problem) else ""))

    def _heard(self, report: Report) -> OutcomeThere | None:
        match report:
            case AttemptBegan():
                self._say(BegunThere(self._active.token_of(report.frame)))
            case Notice(text):
                self._say(NoticeThere(text))
            case StoryTold():
                self._active.tell(report.frame, report.parts)
            case AttemptEnded():
                if parts := self._active.story_of(report.frame):
                    return self._over(report, lambda token: EndedWithStory(token, report, parts))
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
        order = self._active.pop(report.frame)
        self._remove_files([order])
        if (held := self._held.release(order)) is not None:
            self._begin(held)
        return self._unwanted.outcome_of(report, outcome(order.token))

    def _remove_files(self, orders: Iterable[AttemptOrder]) -> None:
        for order in orders:
            self.files.remove(order)

    def _keep_outcomes(self, outcomes: list[OutcomeThere]) -> None:
        """Write outcomes, and then send them; if there is no room, try again later."""
        outcomes = self._unwritten + outcomes
        if not outcomes:
            return
        try:
            self.spool.put(outcomes)
        except OSError as error:
            self._put_off(outcomes, error)
            return
        self._unwritten = []
        for outcome in outcomes:
            self._deliver(outcome)

    def _put_off(self, outcomes: list[OutcomeThere], error: OSError) -> None:
        """Write these later, unless there is another reason than a full disk."""
        if error.errno not in NO_ROOM:
            raise error
        if not self._unwritten:
            self._say(NoticeThere(f"outcomes cannot be written on the host: {os.strerror(errno.ENOSPC)}"))
        self._unwritten = outcomes
        self._write_at = self._ports.monotonic() + _RETRY

    def flush(self, *, is_due: bool) -> None:
        """Flush the kept outcomes to the disk, if that is due: the driver does not confirm them in time."""
        if is_due or self.spool.seconds_left() == 0:
            try:
                self.spool.flush()
            except OSError as error:
                self._put_off(self.spool.take_unflushed() + self._unwritten, error)

    def forget(self, tokens: Collection[str]) -> None:
        """Keep the outcomes of these no more: the driver has written them."""
        self.spool.forget(tokens)
        self.seen.forget(tokens)
        if self._unwritten:
            self._unwritten = [outcome for outcome in self._unwritten if outcome.token not in tokens]

    def seconds_left(self) -> float | None:
        """Return the seconds until reports must be taken, or outcomes flushed, even if nothing wakes the agent."""
        left = [self.spool.seconds_left()]
        if self._executor is not None:
            left.append(self._executor.seconds_left())
        if self._unwritten:
            left.append(max(0.0, self._write_at - self._ports.monotonic()))
        return min((seconds for seconds in left if seconds is not None), default=None)

    @property
    def _executor_here(self) -> HostWorkers:
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
        for name in ("logs", "received", artifact_files.DIRECTORY):
            shutil.rmtree(os.path.join(self._directory, name), ignore_errors=True)


def _key(order: AttemptOrder) -> AttemptKey:
    return order.frame, order.node, order.attempt
