"""The executors: in worker processes, and in the driver's own."""
