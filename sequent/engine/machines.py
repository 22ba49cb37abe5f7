"""The machines on which steps execute: each has slots and a queue of its own, and other hosts may be out of reach."""

from __future__ import annotations

from sequent.engine.frames import Machine
from sequent.engine.run_state import RunState
from sequent.model.facts import HostLost, HostReached
from sequent.model.hosts import HERE
from sequent.model.status import Status


def machine_of(run: RunState, host: str) -> Machine:
    """Return the machine that a host is; a host that has not been reached yet has no slots."""
    machine = run.machines.get(host)
    if machine is None:
        machine = run.machines[host] = Machine(0)
        machine.is_reachable = False
    return machine


def reach(run: RunState, fact: HostReached) -> None:
    """Take in that a host can be reached: its tasks may start."""
    if fact.slots is None:
        run.machines[fact.host] = run.machines[HERE]
        return
    machine = machine_of(run, fact.host)
    machine.is_reachable = True
    machine.slots = fact.slots


def lose(run: RunState, fact: HostLost) -> None:
    """Take in that a host cannot be reached: no task starts there, and those that run there may end unnoticed."""
    machine_of(run, fact.host).is_reachable = False


def out_of_reach(run: RunState) -> int:
    """Return how many tasks run on hosts that cannot be reached."""
    return sum(machine.running for machine in run.machines.values() if not machine.is_reachable)


def waits_for_host(run: RunState) -> bool:
    """Return whether a task waits until its host can be reached."""
    return any(
        frame.statuses[position] is Status.READY
        for machine in run.machines.values()
        if not machine.is_reachable
        for _, _, frame, position in machine.steps
    )
