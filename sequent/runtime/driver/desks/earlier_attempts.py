"""The desk for attempts that an earlier driver handed to hosts: they keep their amounts until their end is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial

from sequent.model.facts import ReservationEnded
from sequent.model.saved_state import StoredPlace
from sequent.runtime.driver.adapters import Adapters
from sequent.runtime.driver.desks.hosts import HostDesk
from sequent.runtime.driver.turn_record import Turn
from sequent.runtime.orders import EarlierGone
from sequent.runtime.rows import AttemptOnHost, Batch, TaskKey


class EarlierAttempts:
    """The attempts on hosts of an earlier driver.

    Each may be executed still. So the amounts of its task, and of the containers around it, are reserved from the
    beginning: until the task is ordered again with the same token, or the host has said that the attempt is over.
    Orphans, which have no task any more, are ended.
    """

    def __init__(self, adapters: Adapters, turn: Turn, hosts: HostDesk) -> None:
        self._turn = turn
        self._hosts = hosts
        self._attempts = adapters.handed_over
        self._tokens = {each.key: each.token for each in self._attempts if each.key is not None}
        """Those that are not ordered again yet, by task."""
        self._living = {each.token.hex(): each for each in self._attempts}
        """Those that may be executed still, and are not ordered again."""
        self._needed = Counter(hold.key for each in self._attempts for hold in each.holds)
        """By task or container, the number of its holds that living attempts need."""

    @property
    def reserved(self) -> Mapping[StoredPlace, Mapping[str, int]]:
        """The amounts that are held for them, by task or container."""
        reserved: dict[StoredPlace, dict[str, int]] = {}
        for hold in (hold for each in self._attempts for hold in each.holds):
            if hold.key is not None:
                reserved.setdefault(_place(hold.key), {})[hold.pool] = hold.amount
        return reserved

    def ask(self) -> None:
        """Ask their hosts for them, also for those whose tasks this recovery does not order again."""
        for host in sorted({each.host for each in self._attempts}):
            self._hosts.need(host)
        self._end(each for each in self._attempts if each.key is None)

    @property
    def has_living(self) -> bool:
        """Whether one may go on without this driver."""
        return bool(self._living)

    def join(self, key: TaskKey) -> bytes | None:
        """Return the token of a task's earlier attempt, under which it is ordered again; None if it has none."""
        token = self._tokens.pop(key, None)
        if token is not None:
            self._settle(token.hex())
        return token

    def end_orphans(self, batch: Batch) -> None:
        """End the attempts whose tasks a batch takes away, once it is written: no task joins them."""
        marked, superseded = (intent.key for intent, _ in batch.marked), (key for key, _ in batch.superseded)
        settled = {*(passing.key for passing in batch.passed), *marked, *superseded}
        renewed = {(frame, node) for frame, *nodes in batch.renewed for node in nodes}
        orphans: list[AttemptOnHost] = []
        for each in self._living.values():
            if each.key in self._tokens and (each.key in settled or not renewed.isdisjoint(each.places)):
                del self._tokens[each.key]
                orphans.append(each)
        if orphans:
            self._turn.orders.append(partial(self._end, orphans))

    def gone(self, report: EarlierGone) -> None:
        """Take in that one is over; its amounts are free, unless its task has taken them."""
        if report.token in self._living:
            self._turn.batch.gone.append(bytes.fromhex(report.token))
        self._settle(report.token)

    def _end(self, orphans: Iterable[AttemptOnHost]) -> None:
        for each in orphans:
            self._hosts.end_earlier(each.host, each.token.hex())

    def _settle(self, token: str) -> None:
        earlier = self._living.pop(token, None)
        for hold in () if earlier is None else earlier.holds:
            self._needed[hold.key] -= 1
            if hold.key is not None and not self._needed[hold.key]:
                self._turn.facts.append(ReservationEnded(_place(hold.key)))


def _place(key: TaskKey) -> StoredPlace:
    return key.frame, key.node, key.iteration
