"""Runs on hosts that are driven by hand."""

from __future__ import annotations

import selectors
from pathlib import Path

from attrs import evolve

from sequent.dsl.specification.definitions import definition_of
from sequent.model.hosts import HostSettings
from sequent.model.run_target import Target
from sequent.model.status import RunStatus
from sequent.runtime.executors.remote.host_executors import HostExecutors
from sequent.runtime.loading.flows import load_flow
from sequent.runtime.orders import WorkerSetup
from sequent.runtime.records import RunRecord
from tests.runtime.driving import Driving
from tests.runtime.hosts.sessions import STEPS


def record(run_id="r1", epoch=1):
    return RunRecord(
        number=1,
        id=run_id,
        target=Target(flow="flow"),
        status=RunStatus.RUNNING,
        recovery=0,
        params={},
        created=1.5,
        ended=None,
        owner=None,
        counts={},
        description=(),
        fingerprints={},
        epoch=epoch,
    )


_made: list[Hosts] = []


def close_hosts() -> None:
    """Close the connections of all that there are."""
    while _made:
        hosts = _made.pop()
        hosts.executors.close()
        hosts.selector.close()


class Hosts:
    """Executors of hosts that are stand-ins on this machine."""

    def __init__(
        self, directory: Path, settings: list[HostSettings], target: str = f"{STEPS}:flow", epoch: int = 1
    ) -> None:
        loaded = load_flow(target)
        definition = definition_of(loaded.flow)
        config = type(definition.spec.config)(
            hosts={each.name: each for each in settings}, ssh_config=settings[0].ssh_config
        )
        definition = evolve(definition, spec=evolve(definition.spec, config=config))
        self.selector = selectors.DefaultSelector()
        self.directory = directory / "run"
        self.directory.mkdir(exist_ok=True)
        setup = WorkerSetup(run_id="r1", directory=str(self.directory), target=loaded.target)
        self.executors = HostExecutors(definition, loaded.target, record(epoch=epoch), setup, self.selector)
        _made.append(self)

    def driving(self, host: str) -> Driving:
        return Driving(self.executors.of(host), self.directory, self.selector)
