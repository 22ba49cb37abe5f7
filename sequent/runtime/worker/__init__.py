"""Executes attempts, in a worker process, and for ``invoke`` in the driver's own."""
