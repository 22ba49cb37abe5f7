"""The promises about the start of a step, checked as each execution begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sequent.model.plan import Plan, StepPlan
from sequent.model.references import OuterName, dotted
from sequent.model.requirements import AllOf, Atom, Requirement
from sequent.model.spec import FlowSpec, StepSpec
from sequent.model.status import Claim, Status
from sequent.runtime.hosts.protocol.messages import EndedThere
from sequent.runtime.rows import TaskKey
from tests.simulation.committed_rows import CommittedRows
from tests.simulation.executions import Execution, Ledger
from tests.simulation.hosts import SimulatedHost
from tests.simulation.pool_use import PoolUse, PoolUser
from tests.simulation.store import Claims
from tests.simulation.workload import Workload, parts_of
from tests.simulation.world import World

_AGAIN = {Claim.FAILURE, Claim.COMPLETE, Claim.DONE}
"""The claims by which a step that succeeded runs again once its cause comes about again."""


class StartChecks:
    """Watches the executions of a run.

    Args:
        world: the world.
        workload: the flow of the run.
        ledger: its executions.
        claims: the process that may drive it.
        hosts: its hosts.
        committed: its rows.
        pools: the pools of all runs.
        violated: called for a broken promise, by its number.
    """

    def __init__(
        self,
        world: World,
        workload: Workload,
        ledger: Ledger,
        claims: Claims,
        hosts: Mapping[str, SimulatedHost],
        committed: CommittedRows,
        pools: PoolUse,
        violated: Callable[[str, str], None],
    ) -> None:
        self._world = world
        self._plan: Plan = workload.plan
        self._ledger = ledger
        self._claims = claims
        self._hosts = hosts
        self._committed = committed
        self._pools = pools
        self._violated = violated
        self._begun: set[str] = set()
        self.is_over = False
        """Whether the run has succeeded."""
        self._again = {dotted(path) for path in _reacting(workload.spec)}
        self._required = dict(_required(workload.spec))
        self._user = PoolUser(workload.plan, ledger, self._counts, lambda: not claims.has_lapsed)
        pools.users.append(self._user)
        ledger.watchers.append(self.starts)
        for host in hosts.values():
            host.on_forget = partial(self._forgets, host.name)

    def has_begun(self, token: str) -> bool:
        """Return whether an attempt has begun, as far as its host can know."""
        return token in self._begun and token not in self._ledger.lost_tokens

    def starts(self, execution: Execution) -> None:
        """Check an execution that is about to begin."""
        order = execution.order
        name = f"{order.located}/{order.sequence}"
        key = self._committed.place_of.get(order.token)
        if key is None:
            self._violated("I5", f"{name} begins, and no order of it was committed")
            return
        self._check_alone(execution, name)
        self._check_token(execution, name)
        self._check_success(key[0], execution, name)
        self._check_requirement(key[0], name)
        self._check_outcomes(key[0], order.token, name)
        self._check_time(key, order.token, name)
        self._check_amounts(execution)

    def _check_alone(self, execution: Execution, name: str) -> None:
        """I1: no two executions of a task at once."""
        for other in self._ledger.running:
            if other.task != execution.task:
                continue
            if self._may_overlap(other) or self._may_overlap(execution):
                self._world.trace.count("overlap with a step of a driver that lost its lease")
            else:
                self._violated("I1", f"{name} begins on {execution.place}, and runs on {other.place}")

    def _may_overlap(self, execution: Execution) -> bool:
        """Return whether it is a local step of a driver that lost the run while it lived (decision 25)."""
        return not execution.is_remote and execution.place in self._claims.losers

    def _counts(self, execution: Execution) -> bool:
        """Return whether an execution counts for pools.

        None on a host counts that is said to be gone, or that has lost its task in a run which has succeeded since.
        """
        token = execution.order.token
        is_left = token in self._committed.assumed_lost or (self.is_over and token in self._committed.given_up)
        return not (self._may_overlap(execution) or is_left)

    def _check_token(self, execution: Execution, name: str) -> None:
        """I5: an attempt begins once; again only if a power cut has made its host forget it, or a person gave it up."""
        token = execution.order.token
        if self.has_begun(token) and token not in self._committed.given_up:
            self._violated("I5", f"{name} begins twice with the same token")
        self._ledger.lost_tokens.discard(token)
        self._begun.add(token)

    def _check_success(self, key: TaskKey, execution: Execution, name: str) -> None:
        """I2: no start after a committed success."""
        if self._may_overlap(execution):
            return
        # An order that is under way to a host can come before a decision that passes the task over.
        if any(row.is_success and row.was_executed for row in self._committed.of(key)):
            path = dotted(self._plan.nodes[key.node].path)
            if not any(path == again or path.startswith(f"{again}.") for again in self._again):
                self._violated("I2", f"{name} begins, and has succeeded")

    def _check_requirement(self, key: TaskKey, name: str) -> None:
        """I3: what a step requires of steps beside it was committed before it starts."""
        node = self._plan.nodes[key.node]
        requires = self._required.get(node.path)
        if requires is not None and self._holds_now(requires, node.path, key) is False:
            self._violated("I3", f"{name} begins, and its requirement is not committed")

    def _holds_now(self, part: Requirement, path: tuple[str, ...], key: TaskKey) -> bool | None:
        """Return whether a requirement holds by the committed rows; None if these do not show it."""
        if isinstance(part, Atom):
            return self._claim_holds(part, path, key)
        values = [self._holds_now(inner, path, key) for inner in part.parts]
        if isinstance(part, AllOf):
            return False if False in values else None if None in values else True
        return True if True in values else None if None in values else False

    def _claim_holds(self, atom: Atom, path: tuple[str, ...], key: TaskKey) -> bool | None:
        if isinstance(atom.target, OuterName) or atom.target[:-1] != path[:-1]:
            return None
        node = self._plan.node_at(atom.target)
        if not isinstance(node, StepPlan) or self._plan.container(node.parent).path != path[:-1]:
            return None
        own = self._plan.nodes[key.node]
        if own.parent != node.parent or key.iteration:
            return None
        statuses = {row.status for row in self._committed.of(TaskKey(key.frame, node.index, 0))}
        match atom.claim:
            case Claim.SUCCESS:
                return Status.SUCCESS in statuses
            case Claim.FAILURE:
                return None if Status.SUCCESS in statuses else Status.FAILURE in statuses
            case Claim.COMPLETE:
                return bool(statuses & {Status.SUCCESS, Status.FAILURE})
            case _:
                return None

    def _check_outcomes(self, key: TaskKey, token: str, name: str) -> None:
        """I8: an outcome that was on a host's disk is committed before its task runs again."""
        for number, row in self._committed.numbered(key):
            is_known = row.token == token or not row.counts or row.token in self._committed.given_up
            if is_known or not row.was_executed or self._committed.has_ended(row.token):
                continue
            if (host := self.with_outcome(row.token)) is not None:
                self._violated("I8", f"{name} runs again, and the outcome of attempt {number} is on {host}")

    def with_outcome(self, token: str) -> str | None:
        """Return the host that has the outcome of an attempt, or had it in memory and lost it there."""
        for host in self._hosts.values():
            if isinstance(host.kept.get(token), EndedThere) or token in host.mislaid:
                return host.name
        return None

    def _forgets(self, host: str, token: str) -> None:
        """I8: no host forgets an outcome that is not committed, unless the run has succeeded without it."""
        if not (self.is_over or token in self._committed.given_up or self._committed.has_ended(token)):
            self._violated("I8", f"{host} forgets the outcome of {token[:6]}, which is not committed")

    def _check_time(self, key: tuple[TaskKey, int], token: str, name: str) -> None:
        """I14: no delay is shorter than asked for."""
        if token in self._committed.given_up:
            # It was under way to its host after its own delay; that of its task has begun anew.
            return
        due = [self._committed.due.get(key), self._committed.due.get((key[0], 0))]
        late = max((moment for moment in due if moment is not None), default=0.0)
        if self._world.now < late - 1e-6:
            self._violated("I14", f"{name} begins {late - self._world.now:.3f} s too early")

    def _check_amounts(self, execution: Execution) -> None:
        """I4: what is really executed never takes more than there is."""
        if (excess := self._pools.excess(self._user, execution)) is not None:
            pool, taken, capacity = excess
            self._violated("I4", f"steps that take {taken} of the pool {pool} are executed, of {capacity}")


def _claims_in(part: Requirement | None) -> Iterator[Claim]:
    if isinstance(part, Atom):
        yield part.claim
    elif part is not None:
        for inner in part.parts:
            yield from _claims_in(inner)


def _reacting(spec: FlowSpec) -> Iterator[tuple[str, ...]]:
    """Yield the steps and containers that may run again after a success: their causes may come about again."""
    for path, node in parts_of(spec.root):
        if _AGAIN & set(_claims_in(node.requires)):
            yield path


def _required(spec: FlowSpec) -> Iterator[tuple[tuple[str, ...], Requirement]]:
    for path, node in parts_of(spec.root):
        if isinstance(node, StepSpec) and node.requires is not None and not node.repeats and "hosts" not in node.values:
            yield path, node.requires
