"""Executes attempts: what happens in a worker process, and for ``invoke`` in the driver's own."""
