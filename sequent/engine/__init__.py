"""Facts in, effects out: decides what starts, and knows nothing of the world."""

from sequent.engine.scheduler import Scheduler

__all__ = ["Scheduler"]
