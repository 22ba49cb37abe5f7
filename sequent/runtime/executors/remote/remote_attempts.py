"""Keeps the attempts that a host was given, by token, with their state on both sides."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from attrs import define

from sequent.runtime.hosts.protocol.messages import OutcomeThere
from sequent.runtime.orders import AttemptKey, AttemptOrder


@define(eq=False)
class RemoteAttempt:
    """An attempt, from its order until its outcome is reported."""

    order: AttemptOrder
    is_known: bool = False
    """Whether the agent may have received its order."""
    has_begun: bool = False
    """Whether its beginning has been reported."""
    is_unwanted: bool = False
    """Whether it is to be taken back."""

    @property
    def token(self) -> str:
        """The name of the attempt on both sides."""
        return self.order.token

    @property
    def key(self) -> AttemptKey:
        """The driver's key of the attempt; in a recovery, its number may differ from the one on the host."""
        return self.order.frame, self.order.node, self.order.attempt


class RemoteAttempts:
    """Orders without a reported outcome, and reported outcomes that are not written yet.

    Args:
        expected: attempts that an earlier driver handed over, without a written outcome: they are ordered
            again by and by, with the same tokens.
    """

    def __init__(self, expected: Iterable[str]) -> None:
        self._ordered: dict[str, RemoteAttempt] = {}
        self._expected = dict.fromkeys(expected)
        """A set in the order in which they were handed over: agents are asked for them in the same order each time."""
        self.orphans: dict[str, None] = {}
        """A set of the expected attempts that no task needs, in order: they are ended, and never ordered again."""
        self._early: dict[str, OutcomeThere] = {}
        """The outcomes of attempts that have not been ordered again yet."""
        self._gone: set[str] = set()
        """The expected attempts that are over, or never began, and are not reported as such."""
        self._known_there: set[str] | None = None
        """The attempts that the agent knew when it accepted us; None before the first time."""
        self._reported: dict[AttemptKey, str] = {}
        self._written: list[str] = []

    # -- orders

    def add(self, order: AttemptOrder) -> tuple[RemoteAttempt, OutcomeThere | None]:
        """Note an order; return the attempt, with the outcome of an earlier order if it is known."""
        attempt = self._ordered[order.token] = RemoteAttempt(order)
        if order.token in self._expected:
            del self._expected[order.token]
            # Unless an agent has said that it does not know the attempt.
            attempt.is_known = self._known_there is None or order.token in self._known_there
        return attempt, self._early.pop(order.token, None)

    def of_token(self, token: str) -> RemoteAttempt | None:
        """Return the attempt with this token, if it has no reported outcome."""
        return self._ordered.get(token)

    def of_key(self, key: AttemptKey) -> RemoteAttempt | None:
        """Return the attempt with this key of the driver, if it has no reported outcome."""
        return next((attempt for attempt in self._ordered.values() if attempt.key == key), None)

    def is_open(self, token: str) -> bool:
        """Return whether the host was given an attempt whose outcome is not written."""
        return token in self._ordered or token in self._expected or token in self._reported.values()

    def awaits(self, token: str) -> bool:
        """Return whether the outcome of an attempt is still to be reported."""
        return token in self._ordered or token in self._expected

    def drop(self, attempt: RemoteAttempt) -> None:
        """Forget an attempt that no agent has received."""
        del self._ordered[attempt.token]

    @property
    def ordered(self) -> list[RemoteAttempt]:
        """The attempts without a reported outcome."""
        return [*self._ordered.values()]

    @property
    def has_open(self) -> bool:
        """Whether an attempt or an outcome still concerns the agent."""
        return bool(self._ordered or self._expected or self._reported)

    def expect_nothing(self) -> None:
        """Need no attempt of an earlier driver any more."""
        self._expected.clear()

    # -- contact

    @property
    def unsettled(self) -> list[str]:
        """The attempts that an agent may know, without a reported outcome."""
        return [*(attempt.token for attempt in self._ordered.values() if attempt.is_known), *self._expected]

    @property
    def wanted(self) -> list[str]:
        """The attempts whose state an agent must keep."""
        return [*self.unsettled, *self._reported.values()]

    def meet(self, known: Collection[str]) -> None:
        """Note that an agent knows these of the wanted attempts; the others have not begun."""
        there = self._known_there = set(known) & set(self.wanted)
        self._gone |= self._expected.keys() - there
        for attempt in self._ordered.values():
            attempt.is_known = attempt.token in there
        self._reported = {key: token for key, token in self._reported.items() if token in there}

    # -- outcomes

    def settle(self, outcome: OutcomeThere) -> RemoteAttempt | None:
        """Note an outcome; return its attempt, if the outcome is to be reported now."""
        token = outcome.token
        if token in self._expected:
            self._early[token] = outcome
            self._gone.add(token)
            return None
        attempt = self._ordered.pop(token, None)
        if attempt is not None:
            self._reported[attempt.key] = token
        elif token not in self._reported.values():
            # The outcome was written, but the agent does not know that yet.
            self._written.append(token)
        return attempt

    def take_gone(self) -> list[str]:
        """Return the expected attempts of which it has become known that none is executed any more."""
        gone, self._gone = self._gone & self._expected.keys(), set()
        return sorted(gone)

    def write(self, key: AttemptKey) -> None:
        """Note that an outcome is written."""
        token = self._reported.pop(key, None)
        if token is not None:
            self._written.append(token)

    def take_written(self) -> tuple[str, ...]:
        """Return the attempts whose outcomes the agent need not keep any more, each once."""
        written, self._written = self._written, []
        return tuple(written)

    def leave(self) -> list[RemoteAttempt]:
        """Return the active attempts, and expect nothing more of them."""
        left = [*self._ordered.values()]
        self._expected.update(dict.fromkeys(self._ordered))
        self._ordered.clear()
        return left
