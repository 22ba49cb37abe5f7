"""Processes of a run: identifying them, the lock of its driver, and the processes that a dead driver has left."""
