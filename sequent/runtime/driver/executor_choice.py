"""The executor of each attempt: by its way of execution here, and by its host elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from selectors import BaseSelector

from sequent.model.status import Construct
from sequent.runtime.driver.adapters import Adapters, HostExecutor
from sequent.runtime.orders import AttemptKey
from sequent.runtime.ports import Executor


class ExecutorChoice:
    """The executors of this machine, and those of other hosts; each of these is made when its host is first needed."""

    def __init__(self, adapters: Adapters) -> None:
        self._here = adapters.executors
        self._is_here = adapters.is_here
        self._make = adapters.host_executor
        self._selector: BaseSelector | None = None
        self._all = list(adapters.executors.values())
        self._by_host: dict[str, HostExecutor] = {}

    def __iter__(self) -> Iterator[Executor]:
        return iter(self._all)

    def open(self, selector: BaseSelector) -> None:
        """Let executors wake the driver that waits with the selector, also those that are made later."""
        self._selector = selector
        for executor in self._all:
            executor.open(selector)

    def is_here(self, host: str) -> bool:
        """Return whether a host is this machine."""
        return self._is_here(host)

    def can_reach(self, host: str) -> bool:
        """Return whether there can be an executor on a host."""
        return self._is_here(host) or self._make is not None

    def reach(self, host: str) -> None:
        """Make the executor of another host, unless there is one."""
        if host in self._by_host or self._make is None or self._selector is None:
            return
        executor = self._by_host[host] = self._make(host)
        self._all.append(executor)
        executor.open(self._selector)

    def of(self, construct: Construct, host: str) -> Executor:
        """Return the executor of an attempt on a host."""
        return self._here[construct] if self._is_here(host) else self._by_host[host]

    def acknowledge(self, host: str, key: AttemptKey) -> None:
        """Let a host forget an attempt: its end is written."""
        executor = self._by_host.get(host)
        if executor is not None:
            executor.acknowledge(*key)

    def end_earlier(self, host: str, token: str) -> None:
        """End an attempt of an earlier driver on a host."""
        executor = self._by_host.get(host)
        if executor is not None:
            executor.end_earlier(token)

    def send(self) -> None:
        """Send each host its orders, together."""
        for executor in self._by_host.values():
            executor.send()
