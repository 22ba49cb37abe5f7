"""Processes of a run: who they are, the lock that a driver holds, and what a dead driver has left."""
