"""The messages between a driver and the agent on a host, and their form in a stream of bytes."""
