"""The attempts that a host was given, by their tokens: what is known of each, here and there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from attrs import define

from sequent.runtime.hosts.protocol.messages import OutcomeThere
from sequent.runtime.orders import AttemptKey, AttemptOrder


@define(eq=False)
class RemoteAttempt:
    """An attempt from its order until its outcome is reported."""

    order: AttemptOrder
    is_known: bool = False
    """Whether the agent may have been told of it."""
    is_unwanted: bool = False
    """Whether it is to be taken back."""

    @property
    def token(self) -> str:
        """By which it is known on both sides."""
        return self.order.token

    @property
    def key(self) -> AttemptKey:
        """By which the driver knows it; in a recovery, it may have another number than there."""
        return self.order.frame, self.order.node, self.order.attempt


class RemoteAttempts:
    """Orders without a reported outcome, and reported outcomes that are not written yet.

    Args:
        expected: the attempts that an earlier driver has handed over, and of which nothing is written: they are ordered
            again by and by, with the same tokens.
    """

    def __init__(self, expected: Iterable[str]) -> None:
        self._ordered: dict[str, RemoteAttempt] = {}
        self._expected = set(expected)
        self._early: dict[str, OutcomeThere] = {}
        """What became of those that were not ordered again yet."""
        self._known_there: set[str] | None = None
        """The attempts that the agent knew as it began to serve us; None before any has."""
        self._reported: dict[AttemptKey, str] = {}
        self._written: list[str] = []

    # -- orders

    def add(self, order: AttemptOrder) -> tuple[RemoteAttempt, OutcomeThere | None]:
        """Note an order; give what became of it, where an earlier driver had handed it over and that is known."""
        attempt = self._ordered[order.token] = RemoteAttempt(order)
        if order.token in self._expected:
            self._expected.discard(order.token)
            # Unless an agent has said that it does not know it.
            attempt.is_known = self._known_there is None or order.token in self._known_there
        return attempt, self._early.pop(order.token, None)

    def of_token(self, token: str) -> RemoteAttempt | None:
        """The attempt with that token, if it has no reported outcome."""
        return self._ordered.get(token)

    def of_key(self, key: AttemptKey) -> RemoteAttempt | None:
        """The attempt that the driver knows by that, if it has no reported outcome."""
        return next((attempt for attempt in self._ordered.values() if attempt.key == key), None)

    def drop(self, attempt: RemoteAttempt) -> None:
        """Forget an attempt that no agent was told of."""
        del self._ordered[attempt.token]

    @property
    def ordered(self) -> list[RemoteAttempt]:
        """The attempts without a reported outcome."""
        return [*self._ordered.values()]

    @property
    def has_open(self) -> bool:
        """Whether an agent is still to be asked for something."""
        return bool(self._ordered or self._expected or self._reported)

    # -- contact

    @property
    def unsettled(self) -> list[str]:
        """The attempts that an agent may know, and of which nothing was reported."""
        return [*(attempt.token for attempt in self._ordered.values() if attempt.is_known), *self._expected]

    @property
    def wanted(self) -> list[str]:
        """The attempts of which an agent must keep what it knows."""
        return [*self.unsettled, *self._reported.values()]

    def meet(self, known: Collection[str]) -> None:
        """An agent is there, which knows these of the wanted attempts; what it does not know has not begun."""
        there = self._known_there = set(known)
        for attempt in self._ordered.values():
            attempt.is_known = attempt.token in there
        self._reported = {key: token for key, token in self._reported.items() if token in there}

    # -- outcomes

    def settle(self, outcome: OutcomeThere) -> RemoteAttempt | None:
        """Note an outcome; give its attempt, if that is to be reported now."""
        token = outcome.token
        if token in self._expected:
            self._early[token] = outcome
            return None
        attempt = self._ordered.pop(token, None)
        if attempt is not None:
            self._reported[attempt.key] = token
        elif token not in self._reported.values():
            # It was written, but the agent has not heard of that.
            self._written.append(token)
        return attempt

    def write(self, key: AttemptKey) -> None:
        """Note that an outcome is written."""
        token = self._reported.pop(key, None)
        if token is not None:
            self._written.append(token)

    def take_written(self) -> tuple[str, ...]:
        """The attempts whose outcomes the agent need not keep any more; told once."""
        written, self._written = self._written, []
        return tuple(written)

    def leave(self) -> list[RemoteAttempt]:
        """Expect nothing more of what is under way; give it."""
        left = [*self._ordered.values()]
        self._expected.update(self._ordered)
        self._ordered.clear()
        return left
