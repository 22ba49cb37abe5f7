"""Makes the executors of a run's other hosts, and waits for their first answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from selectors import BaseSelector

from msgspec.structs import replace

from sequent.errors import UnreachableHostsError, UsageError
from sequent.model.hosts import HostSettings, hosts_in
from sequent.model.inputs import ItemsLiteralPlan
from sequent.model.plan import ContainerPlan, Plan
from sequent.model.run_target import Target
from sequent.model.spec import Definition
from sequent.runtime.executors.remote.host_records import recorded_hosts
from sequent.runtime.executors.remote.remote_executor import RemoteExecutor
from sequent.runtime.executors.remote.remote_run import RemoteRun, key_of
from sequent.runtime.executors.workers import MOST_WORKERS
from sequent.runtime.hosts.protocol.messages import HostSetup
from sequent.runtime.hosts.shipping.agent_sessions import open_agent_session
from sequent.runtime.hosts.shipping.bundle import flow_root, make_bundle
from sequent.runtime.hosts.transports.transport import Connection
from sequent.runtime.loading.sources import sources_of
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.records import RunRecord
from sequent.runtime.rows import AttemptOnHost

_CONNECTING = 30.0
"""The seconds that each address of a host has to accept us."""
_LEAVING = 5.0
"""The seconds that hosts have to answer after the run has succeeded."""


class HostExecutors:
    """The executors of all hosts, each made once.

    Args:
        definition: the flow.
        target: the place from which it is loaded.
        run: the run.
        setup: the setup of its workers on this machine.
        selector: wakes the driver.
        monotonic: the clock, in seconds.
    """

    def __init__(
        self,
        definition: Definition,
        target: Target,
        run: RunRecord,
        setup: WorkerSetup,
        selector: BaseSelector,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._definition = definition
        self._target = target
        self._run = run
        self._setup = setup
        self._selector = selector
        self._monotonic = monotonic
        self._handed_over: Sequence[AttemptOnHost] = ()
        self._executors: dict[str, RemoteExecutor] = {}

    def expect(self, handed_over: Sequence[AttemptOnHost]) -> None:
        """Ask hosts for attempts that an earlier driver handed over, without a written outcome."""
        self._handed_over = handed_over

    @staticmethod
    def named_in(plan: Plan) -> Iterator[str]:
        """Yield the hosts that a plan names; those that only a run computes are not among them."""
        for node in plan.nodes:
            if isinstance(node, ContainerPlan) and node.is_copied and isinstance(node.repeats, ItemsLiteralPlan):
                yield from hosts_in(node.repeats.text)

    def of(self, host: str) -> RemoteExecutor:
        """Return the executor of a host, and begin to connect to it.

        Raises:
            UsageError: another machine cannot load this flow.
        """
        executor = self._executors.get(host)
        if executor is None:
            executor = self._executors[host] = RemoteExecutor(self._run_on(host))
            executor.open(self._selector)
        return executor

    def reach(self, hosts: Iterable[str]) -> None:
        """Connect to all of these hosts, and wait until each has answered and loaded the flow.

        Raises:
            HostError, UnreachableHostsError: one or several cannot be reached; nothing has run.
        """
        executors = [self.of(host) for host in hosts]
        while pending := [each for each in executors if not (each.is_ready or each.trouble)]:
            left = min((seconds for each in pending if (seconds := each.seconds_left()) is not None), default=None)
            for key, _ in self._selector.select(left):
                key.data()
            for each in pending:
                each.contact.look()
        troubles = [each.trouble for each in executors if each.trouble is not None]
        if len(troubles) == 1:
            raise troubles[0]
        if troubles:
            raise UnreachableHostsError(troubles, len(executors))

    def leave(self, *, has_succeeded: bool = False) -> None:
        """Leave all hosts, as the run has ended; those without open attempts forget it."""
        if has_succeeded:
            self._reach_rest()
        for executor in self._executors.values():
            executor.leave()

    def _reach_rest(self) -> None:
        """Reach also the hosts of which this driver needed nothing: the run has succeeded, and they are to forget it.

        Attempts that no task has asked for again end there.

        A host that cannot be reached now keeps its files of the run; its agent ends by itself.
        """
        executors = [self.of(host) for host in recorded_hosts(self._directory)]
        for each in executors:
            each.expect_nothing()
        before = {each.host: each.trouble for each in executors}
        for each in executors:
            each.contact.begin()
        deadline = self._monotonic() + _LEAVING
        while [each for each in executors if not each.contact.is_attached and each.trouble is before[each.host]]:
            left = deadline - self._monotonic()
            if left <= 0:
                return
            for key, _ in self._selector.select(left):
                key.data()
            for each in executors:
                each.contact.look()

    def close(self) -> None:
        """Close all connections; the hosts keep their files of the run."""
        for executor in self._executors.values():
            executor.close()

    # -- the setup of a host

    def _run_on(self, host: str) -> RemoteRun:
        settings = self._definition.spec.config.host(host)
        module, attribute = self._flow_for_others(host)
        most = settings.max_concurrent
        setup = replace(
            self._setup,
            directory="",
            target=Target(flow=self._target.flow, module=module, attribute=attribute, cwd=settings.cwd),
            sys_path=(),
            is_new=False,
            around="",
            store_options="",
            host=host,
            variables=dict(settings.env),
            sources=sources_of(self._definition, module),
            pickle_key="",
        )
        shipped = make_bundle(module, self._definition.spec.origin.file).digest if settings.ship else ""
        return RemoteRun(
            host=host,
            key=key_of(self._run, host),
            epoch=self._run.epoch,
            directory=self._directory,
            setup=HostSetup(
                workers=setup,
                host=host,
                most_workers=0 if most is None else MOST_WORKERS if most < 1 else min(most, MOST_WORKERS),
                shipped=shipped,
            ),
            root=flow_root(module, self._definition.spec.origin.file) if settings.ship else "",
            connect=lambda key, door: self._connect(settings, key, module, door),
            open_tokens=tuple(each.token.hex() for each in self._handed_over if each.host == host),
        )

    @property
    def _directory(self) -> str:
        return self._setup.directory

    def _flow_for_others(self, host: str) -> tuple[str, str]:
        """Return the module and the name by which another machine imports the flow."""
        origin = self._definition.spec.origin
        attribute = self._target.attribute or origin.attribute
        module = self._target.module or os.path.splitext(os.path.basename(origin.file))[0]
        if attribute and not module.replace(".", "_").isidentifier():
            raise UsageError(
                f"host {host!r} cannot import {os.path.basename(origin.file)!r}: {module!r} is not a module name",
                code="host-flow",
                hint="rename the file: letters, digits and underscores, as in my_flow.py",
            )
        if not attribute:
            raise UsageError(
                f"host {host!r} cannot load the flow {self._target.flow!r}, which is not at the top of a module",
                code="host-flow",
                hint="put it at the top level of a module, and run it by its name: sequent run module:flow",
            )
        return module, attribute

    def _connect(self, settings: HostSettings, key: str, module: str, door: str) -> Connection:
        """Open a session with the agent of the run; called in a thread."""
        bundle = make_bundle(module, self._definition.spec.origin.file) if settings.ship else None
        return open_agent_session(settings, ["--attach", key], _CONNECTING, bundle=bundle, door=door)
