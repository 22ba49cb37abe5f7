"""Facts in, effects out: decides what starts, without knowledge of the world."""

from sequent.engine.scheduler import Scheduler

__all__ = ["Scheduler"]
