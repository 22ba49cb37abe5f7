"""Mistakes that are built into the production code on purpose, to show that the simulation finds them.

The first nine are those that every system of this kind can have. The others were made here once, or nearly: each undoes
what a commit of this repository put right. Their seeds change with every change of the simulation's own choices;
``python -m tests.simulation --mistakes`` finds them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from attrs import frozen

from sequent.engine import start_queue
from sequent.engine.pools import give_back
from sequent.model.facts import TimerEnded
from sequent.model.scope import host_in
from sequent.runtime.driver.desks.attempts import AttemptDesk
from sequent.runtime.driver.desks.earlier_attempts import EarlierAttempts
from sequent.runtime.driver.desks.interventions import InterventionDesk
from sequent.runtime.driver.desks.revisions import RevisionDesk
from sequent.runtime.driver.desks.waits import WaitDesk
from sequent.runtime.driver.loop import Driver
from sequent.runtime.executors.remote.outcome_reports import OutcomeReports
from sequent.runtime.executors.remote.remote_attempts import RemoteAttempts
from sequent.runtime.executors.remote.remote_executor import RemoteExecutor
from sequent.runtime.host_agent.active_orders import ActiveOrders, HeldOrders
from sequent.runtime.host_agent.hosted_attempts import HostedAttempts
from sequent.runtime.host_agent.outcome_spool import OutcomeSpool
from sequent.runtime.host_agent.seen_tokens import SeenTokens
from sequent.runtime.host_agent.serving import HostAgent
from sequent.runtime.hosts.protocol.messages import OutcomeThere
from sequent.runtime.orders import AttemptLost, AttemptTakenBack
from sequent.runtime.rows import Batch
from sequent.runtime.runs.drive import Drive
from sequent.runtime.store.sql import hosted_holds, shared_pools
from sequent.runtime.store.sql.run_list import seal_run
from sequent.runtime.store.sql.run_taking import RunTaking
from sequent.runtime.store.sql.run_writer import SqlRun
from tests.simulation.simulation import simulate_seed
from tests.simulation.store import Claims

Patch = tuple[object, str, object]
"""An object, the name of an attribute of it, and what stands there while the mistake is built in."""

MOST_SEEDS = 200
"""The seeds within which each mistake must be found."""


@frozen
class Mistake:
    """A mistake, the promise that it breaks, and a seed below ``MOST_SEEDS`` that finds it: its test."""

    name: str
    patches: Callable[[], list[Patch]]
    promise: str
    seed: int

    def found(self, seed: int) -> str:
        """Return how the promise is broken in a seed while the mistake is built in; '' if it is kept.

        Nothing else counts: a mistake that does not fit the code any more fails too.
        """
        with self.built_in():
            violation = simulate_seed(seed).violation
        return violation if violation.startswith(f"{self.promise}:") else ""

    @contextmanager
    def built_in(self) -> Generator[None]:
        """Build the mistake in for a while."""
        with ExitStack() as stack:
            for owner, name, instead in self.patches():
                stack.enter_context(mock.patch.object(owner, name, instead))
            yield


# -- those of every such system


def _no_fence() -> list[Patch]:
    def keep_out(self: Any) -> None:
        ((epoch, owner),) = self._own.ask("SELECT epoch, owner FROM run WHERE number = ?", self._run)
        self._own.execute("guard", self._tally.text(), self._guard.number, epoch, owner)

    return [(SqlRun, "_keep_out", keep_out)]


def _epoch_stays() -> list[Patch]:
    before = RunTaking._raise_epoch

    def keep_epoch(self: Any, row: Any, owner: str, **how: bool) -> int:
        before(self, row, owner, **how)
        with self._session.transaction():
            self._session.connection.execute("UPDATE run SET epoch = ? WHERE number = ?", (row.epoch, row.number))
            seal_run(self._session, row.number)
        return row.epoch

    return [(RunTaking, "_raise_epoch", keep_epoch)]


def _epochs_are_forgotten() -> list[Patch]:
    return [(SeenTokens, "meet", lambda self, contact: True)]


def _tokens_are_forgotten() -> list[Patch]:
    return [(SeenTokens, "__contains__", lambda self, token: False)]


def _nothing_is_joined_again() -> list[Patch]:
    return [(Drive, "_not_lost", lambda self, handed_over: ())]


def _starts_come_before_the_commit() -> list[Patch]:
    before = Driver._flush

    def flush(self: Any) -> bool:
        self._turn.let_out()
        return before(self)

    return [(Driver, "_flush", flush)]


def _acknowledged_before_the_commit() -> list[Patch]:
    before = AttemptDesk._pop

    def pop(self: Any, frame: int, node: int, attempt: int) -> Any:
        found = before(self, frame, node, attempt)
        if found is not None and (host := host_in(found[0].scope.sequence)):
            self._executors.acknowledge(host, (frame, node, attempt))
            self._executors.send()
        return found

    return [(AttemptDesk, "_pop", pop)]


def _lost_with_the_connection() -> list[Patch]:
    before = RemoteExecutor.lost

    def lost(self: Any, error: Any) -> None:
        self._reports += [AttemptLost(*attempt.key, "no connection") for attempt in self._attempts.ordered]
        self._attempts.leave()
        before(self, error)

    return [(RemoteExecutor, "lost", lost)]


def _holds_end_at_the_start() -> list[Patch]:
    before = start_queue._start

    def start(run: Any, frame: Any, position: int) -> None:
        before(run, frame, position)
        give_back(run, frame, position)

    return [(start_queue, "_start", start)]


# -- those of this code base


def _held_orders_begin_at_once() -> list[Patch]:
    return [(HeldOrders, "hold", lambda self, order: False)]


def _power_cuts_take_tokens() -> list[Patch]:
    return [(SeenTokens, "include", lambda self, tokens: None)]


def _one_forgotten_outcome_empties_the_file() -> list[Patch]:
    def forget(self: Any, tokens: Collection[str]) -> None:
        for token in tokens:
            name = self._file_of.pop(token, None)
            if name is not None:
                for other in self._in_file.pop(name, set()):
                    self._file_of.pop(other, None)
                    self._unflushed.pop(other, None)
                self._empty(name)

    return [(OutcomeSpool, "forget", forget)]


def _a_refused_batch_is_dropped() -> list[Patch]:
    before = Driver._flush

    def flush(self: Any) -> bool:
        is_done = before(self)
        if not is_done:
            self._turn.batch = Batch()
        return is_done

    return [(Driver, "_flush", flush)]


def _delays_follow_the_wall_clock() -> list[Patch]:
    def wait(self: Any, order: Any, wait: Any) -> None:
        self._by_wall.add(wait.due, TimerEnded(order.scope.id, order.node, order.attempt))

    return [(WaitDesk, "_wait", wait), (WaitDesk, "_left_of", lambda self, wait: wait.due - self._clock.now())]


def _workers_of_a_dead_driver_are_not_awaited() -> list[Patch]:
    before = Claims.claim

    def claim(self: Any, driver: Any, **how: bool) -> Any:
        self.tree_gone_at = 0.0
        return before(self, driver, **how)

    return [(Claims, "claim", claim)]


def _unknown_attempts_are_not_sent_again() -> list[Patch]:
    def meet(self: Any, known: Collection[str]) -> None:
        there = self._known_there = set(known)
        self._reported = {key: token for key, token in self._reported.items() if token in there}

    return [(RemoteAttempts, "meet", meet)]


def _outcomes_bear_the_number_of_their_host() -> list[Patch]:
    before = OutcomeReports.of

    def of(self: Any, attempt: Any, outcome: OutcomeThere, log: Any) -> Iterator[Any]:
        ended = getattr(outcome, "ended", None)
        yield from (ended,) if ended is not None else before(self, attempt, outcome, log)

    return [(OutcomeReports, "of", of)]


def _outcomes_without_room_are_dropped() -> list[Patch]:
    before = HostedAttempts._keep_outcomes

    def keep(self: Any, outcomes: Any) -> None:
        before(self, outcomes)
        self._unwritten = []

    return [(HostedAttempts, "_keep_outcomes", keep)]


def _left_attempts_count_as_taken_back() -> list[Patch]:
    def leave(self: Any) -> None:
        self._ends_by = None
        self._reports += [AttemptTakenBack(*attempt.key) for attempt in self._attempts.leave()]

    return [(RemoteExecutor, "_leave_rest", leave)]


def _ending_workers_get_the_next_drivers_orders() -> list[Patch]:
    before = HostedAttempts.open

    def open_(self: Any, setup: Any, epoch: int) -> None:
        if self._executor is None or not self._executor.is_ending:
            before(self, setup, epoch)

    return [(HostedAttempts, "open", open_)]


def _amounts_of_attempts_on_hosts_are_free() -> list[Patch]:
    return [(EarlierAttempts, "reserved", property(lambda self: {}))]


def _shared_amounts_of_attempts_on_hosts_are_free() -> list[Patch]:
    return [(module, "places_held", lambda session, run: set()) for module in (hosted_holds, shared_pools)]


def _shared_amounts_are_free_once_the_driver_is_dead() -> list[Patch]:
    return [(shared_pools.Sharing, "_holds", shared_pools.Sharing._waits)]


def _sessions_of_earlier_drivers_go_on() -> list[Patch]:
    before = HostAgent._attach

    def attach(self: Any, link: Any, wish: Any) -> None:
        self._driver = None
        before(self, link, wish)

    return [(HostAgent, "_attach", attach)]


def _holds_end_with_their_driver() -> list[Patch]:
    return [(InterventionDesk, "_hold_again", lambda self, asked: None)]


def _stops_are_for_any_driver() -> list[Patch]:
    def end_run(self: Any, asked: Any) -> None:
        self._decide(asked)
        self._stopping.stop()

    return [(InterventionDesk, "_end_run", end_run)]


def _answers_are_decided_before_they_count() -> list[Patch]:
    before = InterventionDesk._mark

    def mark(self: Any, asked: Any) -> None:
        before(self, asked)
        if asked.number in self._marks:
            self._decide(asked)

    return [(InterventionDesk, "_mark", mark)]


def _what_runs_again_is_not_written() -> list[Patch]:
    return [(RevisionDesk, "revise", lambda self, effect: None)]


def _amounts_of_attempts_without_tasks_are_free() -> list[Patch]:
    return [(hosted_holds.Orphaning, "keep_amounts", lambda self: None)]


def _numbers_of_drivers_name_attempts() -> list[Patch]:
    before = ActiveOrders.add

    def add(self: Any, order: Any) -> Any:
        self._frames = iter((order.frame,))
        return before(self, order)

    return [(ActiveOrders, "add", add)]


MISTAKES = (
    Mistake("no fence", _no_fence, "I7", 1),
    Mistake("the epoch stays", _epoch_stays, "I7", 0),
    Mistake("a host forgets epochs", _epochs_are_forgotten, "I8", 113),
    Mistake("a host forgets tokens", _tokens_are_forgotten, "I5", 0),
    Mistake("nothing is joined again", _nothing_is_joined_again, "I8", 1),
    Mistake("starts come before the commit", _starts_come_before_the_commit, "I5", 1),
    Mistake("acknowledged before the commit", _acknowledged_before_the_commit, "I8", 8),
    Mistake("lost with the connection, in the same epoch", _lost_with_the_connection, "I8", 27),
    Mistake("holds end as the step starts", _holds_end_at_the_start, "I4", 3),
    Mistake("held orders begin beside the attempt that is being ended", _held_orders_begin_at_once, "I1", 197),
    Mistake("a power cut takes the tokens of kept outcomes", _power_cuts_take_tokens, "I5", 72),
    Mistake("one forgotten outcome empties the file", _one_forgotten_outcome_empties_the_file, "I8", 49),
    Mistake("a refused batch is dropped", _a_refused_batch_is_dropped, "I5", 6),
    Mistake("delays follow the wall clock", _delays_follow_the_wall_clock, "I9", 36),
    Mistake("workers of a dead driver are not awaited", _workers_of_a_dead_driver_are_not_awaited, "I1", 8),
    Mistake("attempts that an agent does not know are not sent again", _unknown_attempts_are_not_sent_again, "I9", 49),
    Mistake("outcomes bear the number that their host knows", _outcomes_bear_the_number_of_their_host, "I9", 0),
    Mistake("outcomes without room are dropped", _outcomes_without_room_are_dropped, "I8", 10),
    Mistake("attempts that are left count as taken back", _left_attempts_count_as_taken_back, "I6", 96),
    Mistake("ending workers get the next driver's orders", _ending_workers_get_the_next_drivers_orders, "I17", 96),
    Mistake("amounts of attempts that go on on hosts are free", _amounts_of_attempts_on_hosts_are_free, "I9", 24),
    Mistake("shared amounts of attempts on hosts are free", _shared_amounts_of_attempts_on_hosts_are_free, "I4", 50),
    Mistake(
        "shared amounts are free once a driver is dead", _shared_amounts_are_free_once_the_driver_is_dead, "I4", 130
    ),
    Mistake("sessions of earlier drivers go on", _sessions_of_earlier_drivers_go_on, "I9", 33),
    Mistake("holds end with their driver", _holds_end_with_their_driver, "I15", 4),
    Mistake("stops are for any driver", _stops_are_for_any_driver, "I15", 4),
    Mistake("answers are decided before they count", _answers_are_decided_before_they_count, "I15", 3),
    Mistake("what runs again is not written", _what_runs_again_is_not_written, "I16", 1),
    Mistake("numbers of drivers name attempts on hosts", _numbers_of_drivers_name_attempts, "I1", 197),
)
"""``python -m tests.simulation --mistakes`` searches the first seed for each."""
RARE_MISTAKES = (
    Mistake("amounts of attempts without tasks are free", _amounts_of_attempts_without_tasks_are_free, "I4", 1186),
)
"""Mistakes that only the 2,000 seeds of ``./check`` find."""
