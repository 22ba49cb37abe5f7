"""Runs in the memory of one process."""

from sequent.runtime.store.memory.runs import MemoryStore

__all__ = ["MemoryStore"]
