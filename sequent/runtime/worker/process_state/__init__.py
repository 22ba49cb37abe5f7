"""The state of its process that a step may change, and how a change is noticed and undone."""
