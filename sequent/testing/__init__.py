"""For authors of flows: simulate a flow without running a step of it, and try it in a store of its own.

Everything is loaded when it is first used: pytest imports this package in every project that has Sequent installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sequent.runtime.store.sqlite.temporary import MemoryStore
    from sequent.testing.clock import FakeClock
    from sequent.testing.events import Event, Kind
    from sequent.testing.failing import SimulatedError
    from sequent.testing.hosts import Host
    from sequent.testing.simulation import Simulation
    from sequent.testing.task import Task
    from sequent.testing.world import simulate

__all__ = ["Event", "FakeClock", "Host", "Kind", "MemoryStore", "SimulatedError", "Simulation", "Task", "simulate"]

_HOMES = {
    "Event": "sequent.testing.events",
    "FakeClock": "sequent.testing.clock",
    "Host": "sequent.testing.hosts",
    "Kind": "sequent.testing.events",
    "MemoryStore": "sequent.runtime.store.sqlite.temporary",
    "SimulatedError": "sequent.testing.failing",
    "Simulation": "sequent.testing.simulation",
    "Task": "sequent.testing.task",
    "simulate": "sequent.testing.world",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sequent.testing' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
