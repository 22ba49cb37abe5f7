"""The executors: one for worker processes, and two for the driver's own process."""
